//! What the vendors promise, most of it in two articles, cut into clauses that a scenario can hold.
//!
//! The ids are stable: reports, the coverage table and partners quote them. `QG` is the article on the Gigya
//! single sign-on in Qualifio, `GE` the one on Gigya and Eloqua through IdentitySync. `EL` is what Eloqua's own
//! documentation says of contacts and addresses. `GC` and `EC` are how Gigya and Eloqua answer, as a sandbox of theirs can
//! be asked, too.

/// One promise.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Clause {
    /// Its id.
    pub id: &'static str,
    /// The promise, in our words.
    pub says: &'static str,
}

const fn clause(id: &'static str, says: &'static str) -> Clause {
    Clause { id, says }
}

/// Every clause, in the order of the articles.
pub const CLAUSES: &[Clause] = &[
    clause(
        "QG-INT-1",
        "one switch turns the integration on and off; off keeps its values and brings the ordinary form back, without any push",
    ),
    clause("QG-INT-2", "nobody but an Admin sees or changes the integration"),
    clause("QG-INT-3", "a Gigya subscription that lacks single sign-on is turned away with the reason"),
    clause("QG-CFG-1", "a configuration carries a name"),
    clause("QG-CFG-2", "the global configuration says whether people log in by Redirect or by Screen-Set"),
    clause(
        "QG-CFG-3",
        "the three keys are kept, used towards Gigya, and never shown or logged in clear again",
    ),
    clause(
        "QG-CFG-4",
        "Redirect without a URL and Screen-Set without a name are refused, and the field is named",
    ),
    clause("QG-CFG-5", "each site inherits the global configuration or has its own; two sites may differ"),
    clause("QG-CFG-6", "a change counts once it is saved, and not earlier"),
    clause("QG-RED-1", "Redirect goes to the URL plus a percent-encoded destination that Qualifio makes"),
    clause(
        "QG-RED-2",
        "the parameter's name is the customer's choice; a URL that does not end in one is refused",
    ),
    clause("QG-RED-3", "after login or registration people are back where they left, signed in"),
    clause("QG-RED-4", "a login page that drops the destination is noticed and nobody runs in circles"),
    clause("QG-RED-5", "a foreign destination or a forged identity is refused on return"),
    clause("QG-SCR-1", "the named screen-set shows up inside the campaign"),
    clause("QG-SCR-2", "whoever is signed in already does not get to see it"),
    clause("QG-SCR-3", "logging in or registering in it carries the campaign on, in place"),
    clause(
        "QG-CMP-1",
        "single sign-on is a choice per campaign; others stay as they are, and one integration serves many",
    ),
    clause("QG-DAT-1", "the statistics keep the profile, with its UID"),
    clause("QG-DAT-2", "Gigya has the profile as soon as the form is accepted"),
    clause("QG-DAT-3", "with the push off the statistics fill and Gigya stays untouched"),
    clause("QG-MAP-1", "username overwrites profile.username"),
    clause("QG-MAP-2", "firstname overwrites profile.firstName"),
    clause("QG-MAP-3", "lastname overwrites profile.lastName"),
    clause("QG-MAP-4", "e-mail is the key: read, hidden from people, never written"),
    clause("QG-MAP-5", "address overwrites profile.address"),
    clause("QG-MAP-6", "zipcode overwrites profile.zip"),
    clause("QG-MAP-7", "locality overwrites profile.city"),
    clause("QG-MAP-8", "country overwrites profile.country"),
    clause("QG-MAP-9a", "phone on overwrite: exactly one number is left"),
    clause("QG-MAP-9b", "phone on append: the number joins those that are there"),
    clause("QG-MAP-9c", "both phone settings cope with one object and with a list"),
    clause("QG-MAP-10", "birthday overwrites day, month and year, all three at once"),
    clause("QG-MAP-11", "gender overwrites profile.gender with f, m or u"),
    clause("QG-MAP-12", "the campaign's language is added to profile.languages, unseen"),
    clause("QG-MAP-13", "the UID is kept in the statistics and never edited"),
    clause("QG-MAP-14", "nothing beyond these rows ever leaves Qualifio"),
    clause(
        "QG-DOM-1",
        "with a Custom API Domain Prefix a campaign on qualifioapp.com is refused, and one sees how it fails",
    ),
    clause("QG-DOM-2", "the same campaign works on the customer's own domain"),
    clause("QG-DOM-3", "without a prefix qualifioapp.com works"),
    clause("QG-MOB-1", "Screen-Set on a phone warns and recommends Redirect, without forbidding"),
    clause("QG-MOB-2", "Redirect works on a phone from end to end"),
    clause(
        "QW-SIG-1",
        "a delivery of Qualifio's webhook is signed over its bytes, so that a forged one is told and refused",
    ),
    clause("GE-OUT-1", "outbound makes the contacts that Eloqua lacks"),
    clause("GE-OUT-2", "outbound updates the contacts that Eloqua has"),
    clause(
        "GE-OUT-3",
        "an incremental run carries what changed since the last success; a full run carries all",
    ),
    clause("GE-IN-1", "inbound updates users that exist"),
    clause("GE-IN-2", "inbound makes no users: an unknown one is reported and left alone"),
    clause("GE-IN-3", "where creation is agreed, an import dataflow creates users, and nothing else does"),
    clause("GE-JOB-1", "the directions are two jobs with their own schedules and failures"),
    clause("GE-JOB-2", "a failed job moves nothing forward; the next one carries what it missed"),
    clause("GE-CSV-1", "both ways pass as CSV over SFTP"),
    clause("GE-CSV-2", "Eloqua's halves are Eloqua's own jobs, outside Gigya"),
    clause(
        "GE-CSV-3",
        "every value survives: separators, quotes, breaks, leading zeros and pluses, any script, empty against absent",
    ),
    clause("GE-CSV-4", "a file still on its way is never loaded half"),
    clause("GE-FLD-1", "the contact field \"Gigya UID\" gets its database name C_Gigya_UID1 on Save"),
    clause("GE-FLD-2", "mappings speak database names, not display names"),
    clause("GE-FLD-3", "with the UID on the contact the way back needs no look-up by e-mail: fewer calls"),
    clause("GE-UID-1", "keyed by UID, a changed e-mail address keeps one contact, with the new address"),
    clause("GE-UID-2", "keyed by e-mail the same change makes a second contact, and it is caught"),
    clause("GE-UID-3", "an inbound row with an old address and the right UID finds the right user"),
    clause("GE-SUB-1", "a subscription in a plain data field travels both ways, in and out"),
    clause("GE-SUB-2", "a subscription in Communication Preferences does the same"),
    clause("GE-SUB-3", "no later run with older data undoes an opt-out"),
    clause("GE-TPL-1", "a dataflow starts from the SFTP template, is customised through idx, then scheduled"),
    clause("GE-BLK-1", "a large transfer streams in bounded memory and its counts add up"),
    clause("GE-EX-1", "the contact as it stands in Eloqua afterwards, whole"),
    clause(
        "EL-ADR-1",
        "an address is one contact's, in whatever case it is written; a second contact of it is refused",
    ),
    clause(
        "EL-ADR-2",
        "a contact whose address changes keeps its ids, values and lists, whichever way the change comes",
    ),
    clause("EL-ADR-3", "an address in use is not taken over: the change is refused, and both contacts stay"),
    clause("EL-ADR-4", "keyed by e-mail, an address that changed at the source makes a second contact"),
    clause(
        "EL-OPT-1",
        "an opt-out belongs to the address: a new one is subscribed, the old one brings it back",
    ),
    clause("EL-OPT-2", "an opt-out is remembered of an address without a contact, and of a deleted one"),
    clause("EL-OPT-3", "a bounce belongs to the address as well"),
    clause(
        "EL-OPT-4",
        "e-mail groups are answered one by one, apart from the global opt-out, by the address",
    ),
    clause("EL-MRG-1", "rows of one import that share an identifier become one"),
    clause("EL-MRG-2", "a row whose identifier several contacts have is refused"),
    clause(
        "EL-MRG-3",
        "contacts without the key of an import are refused it, until one import by e-mail fills it in",
    ),
    clause("EL-DEL-1", "a deleted contact is gone for good; its address makes a new one, with another id"),
    clause("GC-ERR-1", "every call refuses an account that is not there, in the same words"),
    clause("GC-ERR-2", "a parameter that is missing or wrong is refused and named"),
    clause("GC-ERR-3", "a method that there is not is refused"),
    clause("GC-LOG-1", "a wrong password is refused as an unknown address is"),
    clause("GC-LOG-2", "an address that nobody has is available"),
    clause("GC-SEA-1", "a search tells how many accounts it found and refuses what is no query"),
    clause("GC-ACC-1", "an account is imported, changed, read and deleted by its UID"),
    clause("GC-REG-1", "somebody registers once, and not again with the same address or UID"),
    clause("GC-LOG-3", "a right password opens a session, a wrong one tells nothing"),
    clause("GC-IMP-1", "an import inserts or replaces by its policy, member by member"),
    clause("GC-IDN-1", "an account is found by its identifiers, and an address has one owner"),
    clause("GC-PWD-1", "a password is set anew by a token that goes once"),
    clause("GC-JWT-1", "a token about an account is signed, and the key that verifies it is told"),
    clause("GC-SCH-1", "the schema of the profile is told, and nothing beside it"),
    clause("GC-SEA-2", "a search counts, opens cursors and refuses what cannot be paged"),
    clause("EC-ERR-1", "what is not there is not found"),
    clause("EC-ERR-2", "an import or export that is described wrongly is refused with its failures"),
    clause("EC-FLD-1", "contact fields are listed in pages and found by their internal names"),
    clause("EC-BLK-1", "an import is described, read and deleted"),
    clause("EC-BLK-2", "rows are staged, synchronised and told of, good ones and rejected ones"),
    clause("EC-BLK-3", "an export is described, synchronised, read in pages and deleted"),
    clause("EC-CON-1", "a contact is made, found, changed and deleted over REST"),
    clause("EC-ERR-3", "an address that is none, or that another contact has, is refused by name"),
];

/// The clause of an id.
pub fn clause_of(id: &str) -> Option<&'static Clause> {
    CLAUSES.iter().find(|clause| clause.id == id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_unique() {
        let ids: std::collections::BTreeSet<_> = CLAUSES.iter().map(|clause| clause.id).collect();
        assert_eq!(ids.len(), CLAUSES.len());
    }
}
