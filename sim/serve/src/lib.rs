//! Shells that put a surface on a socket: HTTP and SSH/SFTP.
