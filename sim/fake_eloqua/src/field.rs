//! Contact fields: the standard ones, custom ones, and how their internal names are made.

use crate::user::By;
use imbl::OrdMap;
use standin_model::Instant;
use std::sync::Arc;

/// The id of Email Address.
pub(crate) const EMAIL: u32 = 100_001;
/// The id of First Name.
pub(crate) const FIRST_NAME: u32 = 100_002;
/// The id of Last Name.
pub(crate) const LAST_NAME: u32 = 100_003;
/// The id of Company.
pub(crate) const COMPANY: u32 = 100_004;
/// The id of Business Phone.
pub(crate) const BUSINESS_PHONE: u32 = 100_013;
/// The id of Mobile Phone.
pub(crate) const MOBILE_PHONE: u32 = 100_014;
const FIRST_CUSTOM: u32 = 100_195;
/// How many custom fields one site may have.
pub(crate) const MOST_CUSTOM: usize = 250;

/// What a field holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Text,
    LargeText,
    Numeric,
    Date,
    Email,
}

impl Kind {
    /// The word of the REST API.
    pub(crate) fn rest(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::LargeText => "largeText",
            Self::Numeric => "numeric",
            Self::Date => "date",
            Self::Email => "emailAddress",
        }
    }

    /// The word of the Bulk API.
    pub(crate) fn bulk(self) -> &'static str {
        match self {
            Self::Text | Self::LargeText => "string",
            Self::Numeric => "number",
            Self::Date => "date",
            Self::Email => "emailAddress",
        }
    }

    /// From the word of the REST API, for new fields.
    pub(crate) fn from_rest(word: &str) -> Option<Self> {
        [Self::Text, Self::LargeText, Self::Numeric, Self::Date]
            .into_iter()
            .find(|kind| kind.rest().eq_ignore_ascii_case(word))
    }
}

/// A contact field.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Field {
    pub(crate) id: u32,
    pub(crate) name: String,
    pub(crate) internal: String,
    pub(crate) kind: Kind,
    pub(crate) read_only: bool,
    pub(crate) standard: bool,
    pub(crate) display_type: String,
    pub(crate) update_type: String,
    pub(crate) default: Option<String>,
    pub(crate) extras: Vec<(String, String)>,
    pub(crate) created: Option<Instant>,
    pub(crate) updated: Option<Instant>,
    pub(crate) by: By,
}

impl Field {
    /// A field that every site has.
    pub(crate) fn system(id: u32, name: &str, internal: &str, kind: Kind, read_only: bool) -> Self {
        Self {
            id,
            name: name.to_owned(),
            internal: internal.to_owned(),
            kind,
            read_only,
            standard: true,
            display_type: "text".to_owned(),
            update_type: "always".to_owned(),
            default: None,
            extras: Vec::new(),
            created: None,
            updated: None,
            by: By::default(),
        }
    }

    /// The statement by which the Bulk API names it.
    pub(crate) fn statement(&self) -> String {
        format!("{{{{Contact.Field({})}}}}", self.internal)
    }
}

/// What a new field is made from.
#[derive(Clone, Debug)]
pub(crate) struct NewField {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) display_type: String,
    pub(crate) update_type: String,
    pub(crate) default: Option<String>,
    pub(crate) extras: Vec<(String, String)>,
}

impl NewField {
    /// A plain text field.
    pub(crate) fn text(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            kind: Kind::Text,
            display_type: "text".to_owned(),
            update_type: "always".to_owned(),
            default: None,
            extras: Vec::new(),
        }
    }
}

impl NewField {
    /// The member that does not go with the others, if there is one.
    pub(crate) fn unfit(&self) -> Option<&'static str> {
        let select = ["singleSelect", "multiSelect"].contains(&self.display_type.as_str());
        if select && self.kind != Kind::Text {
            return Some("displayType");
        }
        self.default.as_ref().is_some_and(|default| !self.holds(default)).then_some("defaultValue")
    }

    /// Whether such a field could hold a value.
    fn holds(&self, value: &str) -> bool {
        match self.kind {
            Kind::Text if self.display_type == "multiSelect" => value.chars().count() <= 1000,
            Kind::Text => value.chars().count() <= 100,
            Kind::LargeText => value.chars().count() <= 32_000,
            Kind::Numeric => crate::value::number(value).is_some(),
            Kind::Date => crate::time::civil(value).is_some(),
            Kind::Email => crate::value::is_address(value),
        }
    }
}

/// All fields of a site.
#[derive(Clone, Debug)]
pub(crate) struct Fields {
    by_id: OrdMap<u32, Arc<Field>>,
    next: u32,
}

impl Fields {
    /// The fields that every site has.
    pub(crate) fn standard() -> Self {
        let made = |(id, name, internal, kind, access): &(u32, &str, &str, Kind, Access)| {
            let field = Field::system(*id, name, internal, *kind, *access == Access::ReadOnly);
            (*id, Arc::new(field))
        };
        Self { by_id: STANDARD.iter().map(made).collect(), next: FIRST_CUSTOM }
    }

    /// In order of id.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<Field>> {
        self.by_id.values()
    }

    /// By id.
    pub(crate) fn get(&self, id: u32) -> Option<&Arc<Field>> {
        self.by_id.get(&id)
    }

    /// By internal name, in any case.
    pub(crate) fn internal(&self, name: &str) -> Option<&Arc<Field>> {
        self.iter().find(|field| field.internal.eq_ignore_ascii_case(name))
    }

    /// By display name, in any case.
    pub(crate) fn named(&self, name: &str) -> Option<&Arc<Field>> {
        self.iter().find(|field| field.name.eq_ignore_ascii_case(name))
    }

    /// How many are custom.
    pub(crate) fn custom(&self) -> usize {
        self.iter().filter(|field| !field.standard).count()
    }

    /// Makes a custom field; its internal name follows from its display name.
    pub(crate) fn add(&mut self, now: Instant, new: NewField) -> Arc<Field> {
        let internal = internal_name(&new.name, |name| self.internal(name).is_some());
        let field = Arc::new(Field {
            id: self.next,
            name: new.name,
            internal,
            kind: new.kind,
            read_only: false,
            standard: false,
            display_type: new.display_type,
            update_type: new.update_type,
            default: new.default,
            extras: new.extras,
            created: Some(now),
            updated: Some(now),
            by: By::default(),
        });
        self.next += 1;
        self.by_id.insert(field.id, Arc::clone(&field));
        field
    }

    /// Puts a changed field in place of the one with its id.
    pub(crate) fn replace(&mut self, field: Field) {
        self.by_id.insert(field.id, Arc::new(field));
    }

    /// Takes a field away.
    pub(crate) fn remove(&mut self, id: u32) {
        self.by_id.remove(&id);
    }
}

/// The internal name of a new field. What stands after `C_` is cut to 43 characters, and the digit that
/// follows is left off where it would make the name longer than 45, unless the name would not be unique.
pub(crate) fn internal_name(name: &str, taken: impl Fn(&str) -> bool) -> String {
    let body: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).take(43).collect();
    let bare = format!("C_{body}");
    let first = if bare.len() < 45 { format!("{bare}1") } else { bare };
    if !taken(&first) {
        return first;
    }
    (1u32..).map(|digit| format!("{first}{digit}")).find(|name| !taken(name)).unwrap_or(first)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Access {
    Writable,
    ReadOnly,
}

use Access::{ReadOnly as R, Writable as W};
use Kind::{Date as D, Email as E, Numeric as N, Text as T};

const STANDARD: &[(u32, &str, &str, Kind, Access)] = &[
    (100_001, "Email Address", "C_EmailAddress", E, W),
    (100_002, "First Name", "C_FirstName", T, W),
    (100_003, "Last Name", "C_LastName", T, W),
    (100_004, "Company", "C_Company", T, W),
    (100_005, "Email Display Name", "C_EmailDisplayName", T, W),
    (100_006, "Address 1", "C_Address1", T, W),
    (100_007, "Address 2", "C_Address2", T, W),
    (100_008, "Address 3", "C_Address3", T, W),
    (100_009, "City", "C_City", T, W),
    (100_010, "State or Province", "C_State_Prov", T, W),
    (100_011, "Zip or Postal Code", "C_Zip_Postal", T, W),
    (100_012, "Country", "C_Country", T, W),
    (100_013, "Business Phone", "C_BusPhone", T, W),
    (100_014, "Mobile Phone", "C_MobilePhone", T, W),
    (100_015, "Fax", "C_Fax", T, W),
    (100_016, "Title", "C_Title", T, W),
    (100_017, "Salutation", "C_Salutation", T, W),
    (100_022, "Salesperson", "C_Salesperson", T, W),
    (100_023, "SFDC Contact ID", "C_SFDCContactID", T, W),
    (100_024, "SFDC Lead ID", "C_SFDCLeadID", T, W),
    (100_026, "Date Created", "C_DateCreated", D, R),
    (100_027, "Date Modified", "C_DateModified", D, R),
    (100_032, "Eloqua Contact ID", "ContactIDExt", T, R),
    (100_033, "SFDC Account ID", "C_SFDCAccountID", T, W),
    (100_034, "Last Modified by CRM System", "C_LastModifiedByExtIntegrateSystem", D, W),
    (100_035, "Last SFDC Campaign ID", "C_SFDCLastCampaignID", T, W),
    (100_036, "Last SFDC Campaign Status", "C_SFDCLastCampaignStatus", T, W),
    (100_041, "Company Revenue", "C_Company_Revenue1", T, W),
    (100_043, "SFDC Email Opt Out", "C_SFDC_EmailOptOut1", T, W),
    (100_044, "Lead Source - Most Recent", "C_Lead_Source___Most_Recent1", T, W),
    (100_045, "Lead Source - Original", "C_Lead_Source___Original1", T, W),
    (100_046, "Industry", "C_Industry1", T, W),
    (100_047, "Annual Revenue", "C_Annual_Revenue1", T, W),
    (100_048, "Lead Status", "C_Lead_Status1", T, W),
    (100_049, "Job Role", "C_Job_Role1", T, W),
    (100_051, "LS - High Value Website Content", "C_LS___High_Value_Website_Content1", N, W),
    (100_065, "Lead Score Date - Most Recent", "C_Lead_Score_Date___Most_Recent1", D, W),
    (
        100_066,
        "Integrated Marketing and Sales Funnel Stage",
        "C_Integrated_Marketing_and_Sales_Funnel_Stage",
        T,
        W,
    ),
    (100_068, "Product/Solution of Interest", "C_Product_Solution_of_Interest1", T, W),
    (100_069, "Region", "C_Region1", T, W),
    (100_072, "elqPURLName", "C_elqPURLName1", T, R),
    (100_081, "Lead Rating - Combined", "C_Lead_Rating___Combined1", T, W),
    (100_171, "Email Address Domain", "C_EmailAddressDomain", T, R),
    (100_172, "First and Last Name", "C_FirstAndLastName", T, R),
    (100_174, "Company Size", "C_Company_Size1", T, W),
    (100_175, "Lead Rating - Profile (Explicit)", "C_Lead_Rating___Profile__Explicit_1", T, W),
    (100_176, "Lead Rating - Engagement (Implicit)", "C_Lead_Rating___Engagement__Implicit_1", T, W),
    (100_177, "Lead Score - Profile (Explicit)", "C_Lead_Score___Profile__Explicit_1", N, W),
    (100_178, "Lead Score - Engagement (Implicit)", "C_Lead_Score___Engagement__Implicit_1", N, W),
    (100_179, "Lead Score - Last High Touch Event Date", "C_Lead_Score___Last_High_Touch_Event_Date1", D, W),
    (100_180, "Lead Score - Combined", "C_Lead_Score___Combined1", N, W),
    (100_184, "Employees", "C_Employees1", N, W),
    (100_187, "Territory", "C_Territory", T, W),
    (100_188, "MD5 Hashed Email Address", "C_MD5HashedEmailAddress", T, R),
    (100_189, "SHA256 Hashed Email Address", "C_SHA256HashedEmailAddress", T, R),
    (100_190, "MD5 Hashed Business Phone", "C_MD5HashedBusPhone", T, R),
    (100_191, "SHA256 Hashed Business Phone", "C_SHA256HashedBusPhone", T, R),
    (100_192, "MD5 Hashed Mobile Phone", "C_MD5HashedMobilePhone", T, R),
    (100_193, "SHA256 Hashed Mobile Phone", "C_SHA256HashedMobilePhone", T, R),
    (100_194, "PURL Name", "C_ElqPURLName", T, R),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn internal_names_follow_from_display_names() {
        for (name, expected) in [
            ("Gigya UID", "C_Gigya_UID1"),
            ("edm playlist name", "C_edm_playlist_name1"),
            ("Lead Source - Most Newest", "C_Lead_Source___Most_Newest1"),
            ("Product/Solution of Interests", "C_Product_Solution_of_Interests1"),
            ("Interested in Redskins Gold?", "C_Interested_in_Redskins_Gold_1"),
            ("SPC_CARD_REGI_DATE", "C_SPC_CARD_REGI_DATE1"),
            ("Adhoc Field 1", "C_Adhoc_Field_11"),
            ("Annual Revenue", "C_Annual_Revenue11"),
            ("Lead Source - Original", "C_Lead_Source___Original11"),
            ("Größe", "C_Gr__e1"),
            (&"x".repeat(42), &format!("C_{}1", "x".repeat(42))),
            (&"x".repeat(43), &format!("C_{}", "x".repeat(43))),
            (&"x".repeat(60), &format!("C_{}", "x".repeat(43))),
        ] {
            let fields = Fields::standard();
            assert_eq!(internal_name(name, |taken| fields.internal(taken).is_some()), expected, "{name}");
        }
    }

    #[test]
    fn standard_names_without_clash() {
        for (name, expected) in [
            ("Lead Source - Original", "C_Lead_Source___Original1"),
            ("Product/Solution of Interest", "C_Product_Solution_of_Interest1"),
            ("Annual Revenue", "C_Annual_Revenue1"),
        ] {
            assert_eq!(internal_name(name, |_| false), expected);
        }
    }

    #[test]
    fn custom_fields_start_after_the_standard_ones() {
        let mut fields = Fields::standard();
        let field = fields.add(Instant::START, NewField::text("Gigya UID"));
        assert_eq!((field.id, field.statement().as_str()), (100_195, "{{Contact.Field(C_Gigya_UID1)}}"));
    }
}
