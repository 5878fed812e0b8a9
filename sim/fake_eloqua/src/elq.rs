//! The status codes of syncs.

/// How much an entry weighs: one warning makes a sync end in `warning`, one error in `error`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Severity {
    /// Nothing is wrong.
    Information,
    /// Finished, but something was left out.
    Warning,
    /// Not, or not wholly, processed.
    Error,
}

impl Severity {
    /// As logs write it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Information => "information",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// One status code.
#[derive(Clone, Copy, Debug)]
pub struct Code {
    /// The number, as in `ELQ-00004`.
    pub number: u32,
    /// Its weight.
    pub severity: Severity,
    /// The text of log entries, with its places in braces.
    pub text: &'static str,
}

impl Code {
    /// `ELQ-00004`.
    pub fn name(&self) -> String {
        format!("ELQ-{:05}", self.number)
    }
}

const fn code(number: u32, severity: Severity, text: &'static str) -> Code {
    Code { number, severity, text }
}

use Severity::{Error as E, Information as I, Warning as W};

/// All status codes in order of number. The texts are the vendor's table; the weights are deduced from the
/// logs of recorded syncs.
pub const CODES: &[Code] = &[
    code(1, I, "Total records processed."),
    code(2, W, "Invalid email addresses."),
    code(3, I, "Total records remaining after duplicates are rejected."),
    code(4, I, "Contacts created."),
    code(5, I, "Accounts created."),
    code(7, I, "CustomObject data created."),
    code(11, W, "Duplicate email addresses."),
    code(12, I, "CustomObject data updated."),
    code(13, I, "Contacts deleted."),
    code(14, I, "Accounts deleted."),
    code(16, I, "Contacts email marked as bounced."),
    code(17, I, "Contacts email marked as unsubscribed."),
    code(22, I, "Contacts updated."),
    code(23, I, "Accounts updated."),
    code(25, I, "CustomObject data linked."),
    code(26, W, "Duplicate identifier."),
    code(32, W, "Malformed records."),
    code(33, I, "Email addresses created."),
    code(34, W, "Total unmatched records."),
    code(35, I, "Email addresses updated."),
    code(39, W, "Invalid opportunity stage."),
    code(40, W, "Invalid field values."),
    code(48, W, "Contact already exists."),
    code(49, I, "Total new records."),
    code(55, W, "Campaign not found."),
    code(59, W, "Empty records."),
    code(60, W, "Total rejected records."),
    code(61, W, "Rejected records (missing fields)."),
    code(62, W, "Duplicate account linkage."),
    code(67, I, "CustomObject data deleted."),
    code(68, I, "Assets created."),
    code(69, I, "Activities created."),
    code(70, W, "Activity Type not found."),
    code(71, I, ""),
    code(72, W, "Asset Type not found."),
    code(77, I, "Event data created."),
    code(78, I, "Event data linked."),
    code(79, I, "Event data updated."),
    code(80, I, "Event data deleted."),
    code(81, W, "Event data rejected."),
    code(82, I, "Added members to program canvas step {stepId}."),
    code(84, W, "Opportunity does not exist."),
    code(85, W, "Contact does not exist."),
    code(101, I, "Sync processed for sync {syncId}, resulting in {status} status."),
    code(102, I, "Successfully exported members to csv file."),
    code(103, I, "Membership snapshot for export."),
    code(104, I, "Successfully converted file {file} ({kbUsed} kb) with {converter} converter."),
    code(105, E, "Error processing import staging file {file} on sync {syncId} for user {userId}."),
    code(106, I, "Successfully converted csv file to sqlite, taking {kbUsed} kb."),
    code(107, E, "There was an error processing the {type}."),
    code(
        109,
        E,
        "Unable to convert file {file} with {converter} converter. File will remain locked and will NOT be processed.",
    ),
    code(
        110,
        I,
        "Trying to unlock file {file} on import {importId} for user {userId}. File has been {lockedState}.",
    ),
    code(111, W, "Field {field} is not part of import definition, and will be ignored."),
    code(112, E, "identifierFieldName ({field}) must be contained within Fields, if specified."),
    code(114, I, "Added members to Account List {listId}."),
    code(115, I, "Subscribed members to Email Group {groupId}."),
    code(116, I, "Unsubscribed members from Email Group {groupId}."),
    code(117, I, "Removed members from Account List {listId}."),
    code(118, I, "Removed members from Contact List {listId}."),
    code(119, I, "Added members to Contact List {listId}."),
    code(120, I, "Updated members status to {status} in Cloud Connector Instance {instanceId}."),
    code(121, I, "Field {field} is part of import definition, but not included in file {file}."),
    code(122, E, "Validation errors found on sync {syncId} for user {userId}. Sync will NOT proceed."),
    code(123, W, "identifierField will be ignored since Activities are never updated."),
    code(124, W, "There was no data available to process."),
    code(125, E, "Constraint failed."),
    code(126, E, "There are no fields to process in the file {file}."),
    code(127, E, "There are no mapped fields in the file {file}."),
    code(128, I, "Updated members status to {status} in service instance {instanceML}."),
    code(129, I, "Initialized internal staging for data transfer."),
    code(130, I, "Total records staged for import."),
    code(131, I, "Deleted internal staging for data transfer."),
    code(132, W, "Campaign not active."),
    code(133, E, "Unable to lock file."),
    code(134, I, "Successfully locked file."),
    code(135, W, "Multiple matched record limit exceeded."),
    code(136, E, "Staging area storage limit exceeded."),
    code(137, I, "Ready for data import processing."),
    code(138, I, "Contacts email marked as subscribed."),
    code(139, E, "Error staging data for sync actions."),
    code(140, I, "Records staged for sync actions."),
    code(141, E, "Error when exporting members to csv file."),
    code(142, W, "Error when exporting members to csv file. Retrying."),
    code(
        143,
        E,
        "Sync Recovery Worker could not recover from sync error. {syncProductType} definition for id {syncReferenceId} has been deleted.",
    ),
    code(144, W, "Total records with rejected fields."),
    code(145, W, "The request failed and will be retried automatically in the specified time."),
    code(146, E, "The sync failed because of a temporary error."),
];

/// The entry of a number; every number used in this crate is in the list.
pub fn of(number: u32) -> &'static Code {
    CODES.iter().find(|code| code.number == number).unwrap_or(&CODES[0])
}

/// What the rejects of a code say; singular where the log is plural.
pub(crate) fn reject_text(number: u32) -> &'static str {
    match number {
        2 => "Invalid email address.",
        11 => "Duplicate email address.",
        26 => "Multiple matches.",
        32 => "Malformed record.",
        34 => "Unmatched record.",
        40 => "Invalid field value.",
        48 => "Contact already exists.",
        61 => "Missing fields.",
        _ => of(number).text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_ascend() {
        for pair in CODES.windows(2) {
            assert!(pair[0].number < pair[1].number, "{}", pair[1].number);
        }
        assert_eq!(of(4).name(), "ELQ-00004");
        assert_eq!(of(26).severity, Severity::Warning);
    }

    #[test]
    fn weights_follow_the_guide() {
        let information = [
            1, 3, 4, 13, 16, 17, 22, 33, 35, 49, 101, 102, 103, 104, 106, 114, 115, 116, 117, 118, 119, 121,
            128, 129, 130, 131, 134, 137, 138, 140,
        ];
        let warning = [2, 11, 26, 32, 34, 40, 48, 59, 60, 61, 62, 70, 72, 111, 124, 135, 144];
        let error = [105, 107, 109, 112, 122, 125, 126, 127, 133, 136, 139, 141, 146];
        for (numbers, severity) in [
            (&information[..], Severity::Information),
            (&warning[..], Severity::Warning),
            (&error[..], Severity::Error),
        ] {
            for number in numbers {
                assert_eq!((of(*number).number, of(*number).severity), (*number, severity));
            }
        }
        assert_eq!(CODES.len(), 87, "the vendor's table, and the two codes that only clients know");
    }
}
