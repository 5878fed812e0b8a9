//! Behaviour that a user may set: what the sources leave open, and what a test wants to stage.

use standin_fake_kit::knobs::{Knob, Takes};
use standin_model::Evidence;

/// All knobs.
pub const KNOBS: &[Knob] = &[
    Knob {
        name: "eloqua.sync_pending",
        default: "1s",
        takes: Takes::Span,
        summary: "How long a sync stays pending.",
        evidence: Evidence::recorded("grouparoo recordings: 0.06 s to 2.4 s", "a_sync_moves_on_the_agenda"),
    },
    Knob {
        name: "eloqua.sync_active",
        default: "1s",
        takes: Takes::Span,
        summary: "How long a sync stays active.",
        evidence: Evidence::recorded("grouparoo recordings: 0.6 s to 5.4 s", "a_sync_moves_on_the_agenda"),
    },
    Knob {
        name: "eloqua.sync_trigger_default",
        default: "true",
        takes: Takes::Bool,
        summary: "Whether posting data starts a sync where the definition does not say.",
        evidence: Evidence::documented(
            "Bulk API import characteristics; several clients act as if it were false",
            "posting_data_may_start_a_sync",
        ),
    },
    Knob {
        name: "eloqua.missing_key",
        default: "keep",
        takes: Takes::Word(&["keep", "clear"]),
        summary: "What a key that a row lacks does to its field under an update rule that would clear it.",
        evidence: Evidence::decided("no recording settles it", "a_missing_key_follows_its_knob"),
    },
    Knob {
        name: "eloqua.repeated_identifier",
        default: "last",
        takes: Takes::Word(&["last", "first"]),
        summary: "Which of several rows with one identifier counts.",
        evidence: Evidence::decided("not documented", "repeated_identifiers_are_dropped"),
    },
    Knob {
        name: "eloqua.multiple_matches",
        default: "reject",
        takes: Takes::Word(&["reject", "lowest_id"]),
        summary: "What happens to a row that matches several contacts where only one may be updated.",
        evidence: Evidence::documented(
            "Contacts without an email address FAQ; the Bulk documentation differs",
            "several_matches_are_rejected",
        ),
    },
    Knob {
        name: "eloqua.address_in_use",
        default: "ELQ-00011",
        takes: Takes::Word(&["ELQ-00011", "ELQ-00048"]),
        summary: "The code of a row that would take another contact's address.",
        evidence: Evidence::decided("not documented", "an_address_in_use_is_rejected"),
    },
    Knob {
        name: "eloqua.absent_column",
        default: "information",
        takes: Takes::Word(&["information", "warning"]),
        summary: "The weight of a column that is defined and in no row.",
        evidence: Evidence::decided("no clean recording exists", "a_missing_key_follows_its_knob"),
    },
    Knob {
        name: "eloqua.unchanged_touches",
        default: "false",
        takes: Takes::Bool,
        summary: "Whether a row that changes nothing moves the contact's dates all the same.",
        evidence: Evidence::decided("not documented", "unchanged_rows_leave_dates_alone"),
    },
    Knob {
        name: "eloqua.most_matches",
        default: "1000",
        takes: Takes::Number,
        summary: "How many contacts one row may update; a row that matches more is refused with ELQ-00135.",
        evidence: Evidence::decided(
            "the code is documented, its number is not",
            "too_many_matches_are_refused",
        ),
    },
    Knob {
        name: "eloqua.licensed_contacts",
        default: "10000",
        takes: Takes::Number,
        summary: "How many contacts the site has bought; 50 KB may be staged for each, more is refused with 413.",
        evidence: Evidence::documented("Bulk API limits", "staging_has_its_bounds"),
    },
    Knob {
        name: "eloqua.staging",
        default: "keep",
        takes: Takes::Word(&["keep", "lose"]),
        summary: "Whether a sync finds what was staged for it.",
        evidence: Evidence::decided("a fault to stage: ELQ-00124", "syncs_end_as_they_are_told"),
    },
    Knob {
        name: "eloqua.sync_ends",
        default: "as_it_went",
        takes: Takes::Word(&["as_it_went", "warning", "error"]),
        summary: "How syncs end: as their log says, in warning without a reject, or in error with nothing done.",
        evidence: Evidence::decided("a fault to stage: ELQ-00145, ELQ-00146", "syncs_end_as_they_are_told"),
    },
    Knob {
        name: "eloqua.hourly_limit",
        default: "soft",
        takes: Takes::Word(&["soft", "hard"]),
        summary: "Whether syncs above the hour's number are refused with 429.",
        evidence: Evidence::documented("Bulk API limits call them soft", "the_hour_has_its_syncs"),
    },
    Knob {
        name: "eloqua.import_syncs_an_hour",
        default: "2000",
        takes: Takes::Number,
        summary: "How many syncs of imports an hour has room for.",
        evidence: Evidence::documented("Bulk API limits", "the_hour_has_its_syncs"),
    },
    Knob {
        name: "eloqua.export_syncs_an_hour",
        default: "2000",
        takes: Takes::Number,
        summary: "How many syncs of exports an hour has room for.",
        evidence: Evidence::documented("Bulk API limits", "the_hour_has_its_syncs"),
    },
    Knob {
        name: "eloqua.action_syncs_an_hour",
        default: "4000",
        takes: Takes::Number,
        summary: "How many syncs of sync actions an hour has room for.",
        evidence: Evidence::documented("Bulk API limits", "the_hour_has_its_syncs"),
    },
    Knob {
        name: "eloqua.duplicate_contact",
        default: "409",
        takes: Takes::Word(&["409", "400"]),
        summary: "How the REST API refuses a second contact of one address.",
        evidence: Evidence::inferred("go-eloqua's comments and the SOAP API", "a_second_contact_is_refused"),
    },
    Knob {
        name: "eloqua.put_omitted",
        default: "keep",
        takes: Takes::Word(&["keep", "blank"]),
        summary: "What a member that a PUT of a contact leaves out does to its value.",
        evidence: Evidence::decided(
            "the documentation says that omitted members may be blanked",
            "contacts_are_written_and_read",
        ),
    },
    Knob {
        name: "eloqua.flag_text",
        default: "True/False",
        takes: Takes::Word(&["True/False", "true/false", "1/0"]),
        summary: "How exports write whether an address is subscribed or bounced.",
        evidence: Evidence::inferred(
            "the SOAP API and .NET write booleans so",
            "exports_hold_what_contacts_hold",
        ),
    },
    Knob {
        name: "eloqua.settle",
        default: "0s",
        takes: Takes::Span,
        summary: "How long a file must have been left alone before an import takes it.",
        evidence: Evidence::decided("no source describes the poller", "files_that_are_left_alone"),
    },
];
