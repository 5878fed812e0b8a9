//! Activities: their types, and what is known of each.

use crate::field::{Field, Kind};
use std::sync::Arc;

/// One type of activity.
pub(crate) struct Type {
    /// As filters and rows write it.
    pub(crate) name: &'static str,
    /// Internal names of the attributes beyond those that all have.
    pub(crate) own: &'static [&'static str],
}

/// All types that every site has.
pub(crate) const TYPES: [Type; 9] = [
    Type {
        name: "EmailOpen",
        own: &[
            "EmailAddress",
            "EmailRecipientId",
            "SubjectLine",
            "IpAddress",
            "EmailDeploymentId",
            "EmailSendType",
            "EmailWebLink",
            "AssetId",
            "AssetName",
            "AssetType",
            "ContactId",
            "CampaignId",
            "VisitorId",
            "VisitorExternalId",
        ],
    },
    Type {
        name: "EmailClickthrough",
        own: &[
            "EmailAddress",
            "EmailRecipientId",
            "SubjectLine",
            "IpAddress",
            "EmailDeploymentId",
            "EmailSendType",
            "EmailWebLink",
            "EmailClickedThruLink",
            "AssetId",
            "AssetName",
            "AssetType",
            "ContactId",
            "CampaignId",
            "VisitorId",
            "VisitorExternalId",
        ],
    },
    Type {
        name: "EmailSend",
        own: &[
            "EmailAddress",
            "EmailRecipientId",
            "SubjectLine",
            "EmailDeploymentId",
            "EmailSendType",
            "EmailWebLink",
            "AssetId",
            "AssetName",
            "AssetType",
            "ContactId",
            "CampaignId",
        ],
    },
    Type {
        name: "Subscribe",
        own: &["EmailAddress", "EmailRecipientId", "AssetId", "AssetName", "AssetType", "CampaignId"],
    },
    Type {
        name: "Unsubscribe",
        own: &["EmailAddress", "EmailRecipientId", "AssetId", "AssetName", "AssetType", "CampaignId"],
    },
    Type {
        name: "Bounceback",
        own: &[
            "EmailAddress",
            "EmailRecipientId",
            "SmtpErrorCode",
            "SmtpStatusCode",
            "SmtpMessage",
            "EmailDeploymentId",
            "AssetId",
            "AssetName",
            "AssetType",
            "ContactId",
            "CampaignId",
        ],
    },
    Type {
        name: "WebVisit",
        own: &[
            "ReferrerUrl",
            "IpAddress",
            "NumberOfPages",
            "FirstPageViewUrl",
            "Duration",
            "ContactId",
            "VisitorId",
            "VisitorExternalId",
        ],
    },
    Type {
        name: "PageView",
        own: &[
            "Url",
            "ReferrerUrl",
            "IpAddress",
            "IsWebTrackingOptedIn",
            "WebVisitId",
            "ContactId",
            "CampaignId",
            "VisitorId",
            "VisitorExternalId",
        ],
    },
    Type {
        name: "FormSubmit",
        own: &[
            "RawData",
            "AssetId",
            "AssetName",
            "AssetType",
            "ContactId",
            "CampaignId",
            "VisitorId",
            "VisitorExternalId",
        ],
    },
];

/// The type of a name in any case.
pub(crate) fn type_of(name: &str) -> Option<&'static Type> {
    TYPES.iter().find(|kind| kind.name.eq_ignore_ascii_case(name.trim()))
}

/// An attribute: id, display name, internal name, statement, and what it holds. Ids of the first four are
/// never stored: they are the record's own.
type Attribute = (u32, &'static str, &'static str, &'static str, Kind);

/// The id of the type's name among the values of an activity.
pub(crate) const TYPE: u32 = 2;
/// The id of the address.
pub(crate) const EMAIL_ADDRESS: u32 = 20;

const ATTRIBUTES: [Attribute; 30] = [
    (1, "Activity Id", "ActivityId", "Activity.Id", Kind::Numeric),
    (2, "Activity Type", "ActivityType", "Activity.Type", Kind::Text),
    (3, "Activity Date", "ActivityDate", "Activity.CreatedAt", Kind::Date),
    (4, "External Id", "ExternalId", "Activity.ExternalId", Kind::Text),
    (10, "Asset Id", "AssetId", "Activity.Asset.Id", Kind::Numeric),
    (11, "Asset Name", "AssetName", "Activity.Asset.Name", Kind::Text),
    (12, "Asset Type", "AssetType", "Activity.Asset.Type", Kind::Text),
    (13, "Contact Id", "ContactId", "Activity.Contact.Id", Kind::Numeric),
    (14, "Campaign Id", "CampaignId", "Activity.Campaign.Id", Kind::Numeric),
    (15, "Visitor Id", "VisitorId", "Activity.Visitor.Id", Kind::Numeric),
    (16, "Visitor External Id", "VisitorExternalId", "Activity.Visitor.ExternalId", Kind::Text),
    (EMAIL_ADDRESS, "Email Address", "EmailAddress", "Activity.Field(EmailAddress)", Kind::Text),
    (21, "Email Recipient Id", "EmailRecipientId", "Activity.Field(EmailRecipientId)", Kind::Text),
    (22, "Subject Line", "SubjectLine", "Activity.Field(SubjectLine)", Kind::Text),
    (23, "Email Web Link", "EmailWebLink", "Activity.Field(EmailWebLink)", Kind::Text),
    (24, "IP Address", "IpAddress", "Activity.Field(IpAddress)", Kind::Text),
    (25, "Email Deployment Id", "EmailDeploymentId", "Activity.Field(EmailDeploymentId)", Kind::Text),
    (26, "Email Send Type", "EmailSendType", "Activity.Field(EmailSendType)", Kind::Text),
    (27, "SMTP Error Code", "SmtpErrorCode", "Activity.Field(SmtpErrorCode)", Kind::Text),
    (28, "SMTP Status Code", "SmtpStatusCode", "Activity.Field(SmtpStatusCode)", Kind::Text),
    (29, "SMTP Message", "SmtpMessage", "Activity.Field(SmtpMessage)", Kind::Text),
    (30, "Referrer Url", "ReferrerUrl", "Activity.Field(ReferrerUrl)", Kind::Text),
    (31, "Number of Pages", "NumberOfPages", "Activity.Field(NumberOfPages)", Kind::Text),
    (32, "First Page View Url", "FirstPageViewUrl", "Activity.Field(FirstPageViewUrl)", Kind::Text),
    (33, "Duration", "Duration", "Activity.Field(Duration)", Kind::Text),
    (34, "Url", "Url", "Activity.Field(Url)", Kind::Text),
    (
        35,
        "Is Web Tracking Opted-In",
        "IsWebTrackingOptedIn",
        "Activity.Field(IsWebTrackingOptedIn)",
        Kind::Text,
    ),
    (36, "Web Visit Id", "WebVisitId", "Activity.Field(WebVisitId)", Kind::Text),
    (37, "Raw Data", "RawData", "Activity.Field(RawData)", Kind::Text),
    (
        38,
        "Email Clicked Thru Link",
        "EmailClickedThruLink",
        "Activity.Field(EmailClickedThruLink)",
        Kind::Text,
    ),
];

/// All attributes as fields.
pub(crate) fn fields() -> Vec<Arc<Field>> {
    let made =
        |(id, name, internal, _, kind): &Attribute| Arc::new(Field::system(*id, name, internal, *kind, true));
    ATTRIBUTES.iter().map(made).collect()
}

/// The statement of an attribute.
pub(crate) fn statement(field: &Field) -> String {
    let found = ATTRIBUTES.iter().find(|(id, ..)| *id == field.id);
    found.map(|(_, _, _, statement, _)| format!("{{{{{statement}}}}}")).unwrap_or_default()
}

/// The attribute that a statement without its braces names, in any case.
pub(crate) fn named(statement: &str) -> Option<u32> {
    ATTRIBUTES.iter().find(|(_, _, _, known, _)| known.eq_ignore_ascii_case(statement)).map(|(id, ..)| *id)
}

/// The names of the types that have an attribute.
pub(crate) fn types_with(field: &Field) -> Vec<&'static str> {
    let has = |kind: &&Type| field.id <= 4 || kind.own.contains(&field.internal.as_str());
    TYPES.iter().filter(has).map(|kind| kind.name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_have_attributes_that_exist() {
        for kind in &TYPES {
            for name in kind.own {
                assert!(
                    ATTRIBUTES.iter().any(|(_, _, internal, ..)| internal == name),
                    "{} {name}",
                    kind.name
                );
            }
        }
        assert_eq!(named("activity.field(EMAILADDRESS)"), Some(EMAIL_ADDRESS));
        assert!(type_of("emailopen").is_some() && type_of("Email").is_none());
        // Opt-outs carry an address and no contact.
        assert!(!type_of("Unsubscribe").is_some_and(|kind| kind.own.contains(&"ContactId")));
    }
}
