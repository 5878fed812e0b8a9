//! The drop: users, folders and files behind the files port.
