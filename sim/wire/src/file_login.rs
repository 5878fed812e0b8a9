//! Whichever a file server speaks.

use crate::{FtpLogin, SshLogin};
use standin_ports::{FileError, FileProtocol, Files, FilesTarget, Login};

/// Logs in over SSH or with FTP, as the target says.
#[derive(Clone)]
pub struct FileLogin {
    /// For SFTP.
    pub ssh: SshLogin,
    /// For FTP.
    pub ftp: FtpLogin,
}

#[async_trait::async_trait]
impl Login for FileLogin {
    async fn login(&self, target: &FilesTarget) -> Result<Box<dyn Files>, FileError> {
        match target.protocol {
            FileProtocol::Sftp => self.ssh.login(target).await,
            FileProtocol::Ftp => self.ftp.login(target).await,
        }
    }
}
