//! Operators with their roles, and websites.

use crate::problem::Problem;
use standin_fake_kit::Section;

/// What an operator may do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// Owner of the organisation above the account.
    OrganisationOwner,
    /// Administrator of the account.
    Admin,
    /// Creates campaigns and sees participants.
    Marketer,
    /// Creates campaigns.
    Editor,
    /// Somebody from outside with a few campaigns.
    ExternalUser,
    /// Looks at figures.
    Observer,
    /// Qualifio's own staff, who set what customers cannot.
    Expert,
}

impl Role {
    const NAMES: &'static [(&'static str, Self)] = &[
        ("Organisation Owner", Self::OrganisationOwner),
        ("Admin", Self::Admin),
        ("Marketer", Self::Marketer),
        ("Editor", Self::Editor),
        ("External user", Self::ExternalUser),
        ("Observer", Self::Observer),
        ("Qualifio expert", Self::Expert),
    ];

    /// The role's name in the back office.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, role)| *role == self).map_or("", |(name, _)| name)
    }

    /// The role of a name in a section.
    pub fn read(section: &Section<'_>) -> Result<Self, standin_fake_kit::SeedError> {
        let names: Vec<_> = Self::NAMES.iter().map(|(name, _)| *name).collect();
        let word = section.word(&names)?;
        Ok(Self::NAMES.iter().find(|(name, _)| *name == word).map_or(Self::Observer, |(_, role)| *role))
    }
}

/// Who may do a thing.
#[derive(Clone, Copy, Debug)]
pub struct Allowed {
    roles: &'static [Role],
    words: &'static str,
}

impl Allowed {
    /// Whoever reaches the API, signed in or not.
    pub const EVERYBODY: Self = Self { roles: &[], words: "nobody in particular" };
    /// The Gigya integration, websites.
    pub const ADMIN: Self = Self { roles: &[Role::Admin], words: "Admin" };
    /// What only Qualifio's own staff sets.
    pub const EXPERT: Self = Self { roles: &[Role::Expert], words: "Qualifio expert" };
    /// Campaigns and their form step.
    pub const CAMPAIGNS: Self =
        Self { roles: &[Role::Admin, Role::Marketer, Role::Editor], words: "Admin, Marketer or Editor" };
    /// Participants' data.
    pub const DATA: Self = Self { roles: &[Role::Admin, Role::Marketer], words: "Admin or Marketer" };
    /// What is not confidential.
    pub const ANYONE: Self = Self {
        roles: &[
            Role::OrganisationOwner,
            Role::Admin,
            Role::Marketer,
            Role::Editor,
            Role::ExternalUser,
            Role::Observer,
            Role::Expert,
        ],
        words: "any role",
    };

    /// Whether nobody is asked who they are.
    pub fn is_everybody(self) -> bool {
        self.roles.is_empty()
    }

    /// Refuses a role that is not among these.
    pub fn check(self, role: Role) -> Result<(), Problem> {
        if self.is_everybody() || self.roles.contains(&role) {
            return Ok(());
        }
        Err(Problem::Forbidden { role: role.name(), needed: self.words })
    }
}

/// A place where campaigns are published.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Website {
    /// Its number.
    pub id: u64,
    /// Its name.
    pub name: String,
    /// Host name only.
    pub domain: String,
    /// ISO alpha-2 country.
    pub country: String,
    /// Default language of its campaigns.
    pub language: String,
    /// IANA time zone.
    pub zone: String,
}
