//! The fake Eloqua: contacts, fields, Bulk 2.0, its own SFTP jobs.
