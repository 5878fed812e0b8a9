//! What a login can do, as SFTP names it.

use crate::drop::Drop;
use standin_fake_kit::EndpointDoc;
use standin_model::Evidence;

const DRAFT: &str = "draft-ietf-secsh-filexfer-02, protocol version 3";
const OPENSSH: &str = "OpenSSH PROTOCOL, section 4";

const fn operation(name: &'static str, summary: &'static str, evidence: Evidence) -> EndpointDoc {
    EndpointDoc { name, summary, evidence }
}

/// Every operation, on both transports the same.
pub const OPERATIONS: &[EndpointDoc] = &[
    operation(
        "SSH_FXP_OPEN",
        "opens a file for reading or writing; the folder must be there",
        Evidence::documented(DRAFT, "files_are_opened_as_asked"),
    ),
    operation(
        "SSH_FXP_READ",
        "reads a piece of a file as it was when it was opened",
        Evidence::documented(DRAFT, "a_write_is_told_when_it_is_closed_and_a_read_when_it_is_whole"),
    ),
    operation(
        "SSH_FXP_WRITE",
        "writes a piece of a file, in any order",
        Evidence::documented(DRAFT, "a_write_is_told_when_it_is_closed_and_a_read_when_it_is_whole"),
    ),
    operation(
        "SSH_FXP_CLOSE",
        "says that a file is whole",
        Evidence::documented(DRAFT, "a_file_that_was_only_looked_at_is_not_told_as_written"),
    ),
    operation(
        "SSH_FXP_READDIR",
        "lists a folder in byte order",
        Evidence::documented(DRAFT, "folders_are_made_listed_and_removed"),
    ),
    operation(
        "SSH_FXP_RENAME",
        "gives another name that is not taken",
        Evidence::documented(DRAFT, "a_rename_replaces_only_where_it_may"),
    ),
    operation(
        "posix-rename@openssh.com",
        "gives another name in place of any file that has it",
        Evidence::documented(OPENSSH, "a_rename_replaces_only_where_it_may"),
    ),
    operation(
        "SSH_FXP_REMOVE",
        "removes a file",
        Evidence::documented(DRAFT, "a_rename_replaces_only_where_it_may"),
    ),
    operation(
        "SSH_FXP_MKDIR",
        "makes a folder in a folder that is there",
        Evidence::documented(DRAFT, "folders_are_made_listed_and_removed"),
    ),
    operation(
        "SSH_FXP_RMDIR",
        "removes an empty folder",
        Evidence::documented(DRAFT, "folders_are_made_listed_and_removed"),
    ),
    operation(
        "SSH_FXP_STAT",
        "tells size and time of a file or folder; there are no links",
        Evidence::documented(DRAFT, "time_is_the_clocks_until_it_is_set"),
    ),
    operation(
        "SSH_FXP_SETSTAT",
        "sets size and time; owners and permissions are accepted and change nothing",
        Evidence::documented(DRAFT, "time_is_the_clocks_until_it_is_set"),
    ),
    operation(
        "SSH_FXP_REALPATH",
        "tells the absolute path within the user's root",
        Evidence::documented(DRAFT, "folders_are_made_listed_and_removed"),
    ),
    operation(
        "RETR, STOR, APPE, REST, LIST, NLST, MLSD, RNFR, RNTO, DELE, MKD, RMD, SIZE, MDTM",
        "the same with FTP: reads, writes from any place, lists, renames in place of any file, makes and removes",
        Evidence::documented("RFC 959 and RFC 3659", "a_rename_replaces_only_where_it_may"),
    ),
];

impl Drop {
    /// What a login can do.
    pub fn endpoints() -> Vec<EndpointDoc> {
        OPERATIONS.to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drop::KNOBS;

    #[test]
    fn every_test_that_is_named_exists() {
        let sources = [include_str!("session/tests.rs"), include_str!("drop.rs")];
        let named = OPERATIONS.iter().map(|operation| operation.evidence.test);
        for test in named.chain(KNOBS.iter().map(|knob| knob.evidence.test)) {
            let definition = format!("fn {test}()");
            assert!(sources.iter().any(|source| source.contains(&definition)), "{test}");
        }
    }
}
