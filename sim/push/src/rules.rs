//! The mapping between a form and a profile, row by row.

use crate::payload::Reason;
use standin_model::mutant::mutated;
use standin_model::{Evidence, Gender, country};

/// One row of the mapping.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Its number.
    pub number: u8,
    /// The clauses that promise it.
    pub clauses: &'static [&'static str],
    /// The form's variable; `None` where the value does not come from the form.
    pub variable: Option<&'static str>,
    /// What records and journals call it.
    pub name: &'static str,
    /// Where the value lives in Gigya.
    pub path: &'static str,
    /// What happens to it.
    pub behaviour: Behaviour,
    /// Whether participants see it.
    pub shown: Shown,
    /// How we know.
    pub evidence: Evidence,
}

/// What a row does with a value.
#[derive(Clone, Copy, Debug)]
pub enum Behaviour {
    /// The value, as the function writes it, takes the place of the one in this member of the profile.
    Overwrite {
        /// The profile's member.
        member: &'static str,
        /// From the cleaned value to the one that is sent.
        write: fn(&str) -> Result<String, Reason>,
    },
    /// The value names the profile and is never written.
    Key,
    /// A telephone number, which takes the place of the others or joins them.
    Phone,
    /// A date in three members.
    Birthday,
    /// The campaign's language joins those already there.
    Languages,
    /// The value is kept and never sent.
    ReadOnly,
}

/// Whether participants see a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shown {
    /// In the form, and they may change it.
    InTheForm,
    /// Never.
    No,
    /// It is handled without them.
    InTheBackground,
}

/// The three members of a profile that hold a date of birth.
pub const BIRTH_MEMBERS: [&str; 3] = ["birthDay", "birthMonth", "birthYear"];

const ARTICLE: &str = "Qualifio help centre: How to integrate Gigya SSO with Qualifio?";

const fn overwrite(
    number: u8,
    clauses: &'static [&'static str],
    variable: &'static str,
    path: &'static str,
    member: &'static str,
    write: fn(&str) -> Result<String, Reason>,
    test: &'static str,
) -> Rule {
    Rule {
        number,
        clauses,
        variable: Some(variable),
        name: variable,
        path,
        behaviour: Behaviour::Overwrite { member, write },
        shown: Shown::InTheForm,
        evidence: Evidence::documented(ARTICLE, test),
    }
}

/// The thirteen rows. Nothing that is not in here is ever sent.
pub const RULES: &[Rule] = &[
    overwrite(1, &["QG-MAP-1"], "username", "profile.username", "username", verbatim, EACH_ROW),
    overwrite(2, &["QG-MAP-2"], "firstname", "profile.firstName", "firstName", verbatim, EACH_ROW),
    overwrite(3, &["QG-MAP-3"], "lastname", "profile.lastName", "lastName", verbatim, EACH_ROW),
    Rule {
        number: 4,
        clauses: &["QG-MAP-4"],
        variable: Some("email"),
        name: "email",
        path: "profile.email",
        behaviour: Behaviour::Key,
        shown: Shown::No,
        evidence: Evidence::documented(ARTICLE, "uid_and_email_are_never_sent"),
    },
    overwrite(5, &["QG-MAP-5"], "address", "profile.address", "address", verbatim, EACH_ROW),
    overwrite(6, &["QG-MAP-6"], "zipcode", "profile.zip", "zip", verbatim, EACH_ROW),
    overwrite(7, &["QG-MAP-7"], "locality", "profile.city", "city", verbatim, EACH_ROW),
    overwrite(8, &["QG-MAP-8"], "country", "profile.country", "country", english_country, "known_rows"),
    Rule {
        number: 9,
        clauses: &["QG-MAP-9a", "QG-MAP-9b", "QG-MAP-9c"],
        variable: Some("phone"),
        name: "phone",
        path: "profile.phones.number",
        behaviour: Behaviour::Phone,
        shown: Shown::InTheForm,
        evidence: Evidence::documented(ARTICLE, "both_phone_settings_with_both_stored_forms"),
    },
    Rule {
        number: 10,
        clauses: &["QG-MAP-10"],
        variable: Some("birthday"),
        name: "birthday",
        path: "profile.birthDay, profile.birthMonth, profile.birthYear",
        behaviour: Behaviour::Birthday,
        shown: Shown::InTheForm,
        evidence: Evidence::documented(ARTICLE, "birth_members_come_together_or_not_at_all"),
    },
    overwrite(11, &["QG-MAP-11"], "gender", "profile.gender", "gender", gender, "known_rows"),
    Rule {
        number: 12,
        clauses: &["QG-MAP-12"],
        variable: None,
        name: "languages",
        path: "profile.languages",
        behaviour: Behaviour::Languages,
        shown: Shown::InTheBackground,
        evidence: Evidence::documented(ARTICLE, "languages_lose_and_reorder_nothing"),
    },
    Rule {
        number: 13,
        clauses: &["QG-MAP-13"],
        variable: None,
        name: "UID",
        path: "UID",
        behaviour: Behaviour::ReadOnly,
        shown: Shown::InTheBackground,
        evidence: Evidence::documented(ARTICLE, "uid_and_email_are_never_sent"),
    },
];

/// Holds every row that overwrites; what is peculiar to a row is held by `known_rows`.
const EACH_ROW: &str = "each_overwriting_row_writes_its_own_member";

impl Rule {
    /// The row that takes a form's variable.
    pub fn of_variable(variable: &str) -> Option<&'static Self> {
        RULES.iter().find(|rule| rule.variable == Some(variable))
    }

    /// The row that writes a profile's member.
    pub fn of_member(member: &str) -> Option<&'static Self> {
        RULES.iter().find(|rule| rule.members().contains(&member))
    }

    /// The profile's members that this row writes; none where it never writes.
    pub fn members(&self) -> &[&'static str] {
        match &self.behaviour {
            Behaviour::Overwrite { member, .. } => std::slice::from_ref(member),
            Behaviour::Phone => &["phones"],
            Behaviour::Birthday => &BIRTH_MEMBERS,
            Behaviour::Languages => &["languages"],
            Behaviour::Key | Behaviour::ReadOnly => &[],
        }
    }
}

fn verbatim(value: &str) -> Result<String, Reason> {
    if mutated("push.zip.loses-zeros") {
        return Ok(value.trim_start_matches('0').to_owned());
    }
    Ok(value.to_owned())
}

fn english_country(value: &str) -> Result<String, Reason> {
    Ok(if mutated("push.country.code") { value } else { country::name_or_self(value) }.to_owned())
}

fn gender(value: &str) -> Result<String, Reason> {
    if mutated("push.gender.as-typed") {
        return Ok(value.to_owned());
    }
    if mutated("push.gender.unknown-is-u") && value.parse::<Gender>().is_err() {
        return Ok("u".to_owned());
    }
    value.parse::<Gender>().map(|gender| gender.letter().to_owned()).map_err(|_| Reason::UnmappedValue)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thirteen_rows_in_order_without_overlap() {
        let numbers: Vec<u8> = RULES.iter().map(|rule| rule.number).collect();
        assert_eq!(numbers, (1..=13).collect::<Vec<u8>>());
        let mut members: Vec<&str> = RULES.iter().flat_map(|rule| rule.members().iter().copied()).collect();
        let count = members.len();
        members.sort_unstable();
        members.dedup();
        assert_eq!(members.len(), count);
        assert!(!members.contains(&"email") && !members.contains(&"UID"));
    }

    #[test]
    fn every_row_has_its_clause_and_its_members_below_its_path() {
        for rule in RULES {
            assert!(rule.clauses.iter().all(|clause| clause.starts_with(&format!("QG-MAP-{}", rule.number))));
            for member in rule.members() {
                assert!(rule.path.contains(&format!("profile.{member}")), "{member}");
            }
        }
    }

    #[test]
    fn every_row_is_held_by_a_test_that_exists() {
        let tests = include_str!("payload/tests.rs");
        for rule in RULES {
            assert!(tests.contains(&format!("fn {}(", rule.evidence.test)), "{}", rule.evidence.test);
        }
    }

    #[test]
    fn rows_are_found_from_both_ends() {
        for (variable, member) in
            [("zipcode", "zip"), ("phone", "phones"), ("birthday", "birthMonth"), ("locality", "city")]
        {
            let number = Rule::of_variable(variable).map(|rule| rule.number);
            assert_eq!(number, Rule::of_member(member).map(|rule| rule.number));
        }
        assert!(Rule::of_variable("shoe_size").is_none());
        assert!(Rule::of_member("email").is_none());
    }
}
