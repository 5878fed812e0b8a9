//! The profile's fields, as a live site lists them.

use crate::schema::{Field, Format, Kind, Schema, Write};

/// Groups of dotted names with one type, and whether they are encrypted at rest.
const FIELDS: &[(&str, Kind, bool)] = &[
    (
        "email username firstName lastName nickname name bio address city state zip country hometown",
        Kind::String,
        true,
    ),
    ("photoURL thumbnailURL profileURL proxyemail gender", Kind::String, true),
    ("birthDay birthMonth birthYear age followersCount followingCount", Kind::Long, false),
    (
        "languages locale educationLevel honors industry professionalHeadline politicalView religion",
        Kind::String,
        false,
    ),
    ("interests activities specialities", Kind::String, false),
    ("timezone verified relationshipStatus interestedIn", Kind::BasicString, false),
    ("phones.type phones.number", Kind::String, true),
    ("phones.default", Kind::String, false),
    ("education.school education.schoolType education.fieldOfStudy education.degree", Kind::String, false),
    ("education.startYear education.endYear", Kind::Long, false),
    (
        "work.company work.companyID work.title work.industry work.location work.description",
        Kind::String,
        true,
    ),
    ("work.companySize", Kind::Long, false),
    ("work.startDate work.endDate", Kind::Date, false),
    ("work.isCurrent", Kind::Boolean, false),
    ("skills.skill skills.level", Kind::String, false),
    ("skills.years", Kind::Long, false),
    ("certifications.name certifications.authority", Kind::String, false),
    ("certifications.number", Kind::BasicString, false),
    ("certifications.startDate certifications.endDate", Kind::Date, false),
    ("publications.title publications.summary publications.publisher publications.url", Kind::String, true),
    ("publications.date", Kind::Date, false),
    (
        "patents.title patents.summary patents.number patents.office patents.status patents.url",
        Kind::String,
        true,
    ),
    ("patents.date", Kind::Date, false),
    ("likes.name likes.category", Kind::String, false),
    ("likes.id", Kind::BasicString, false),
    ("likes.time", Kind::Date, false),
    ("likes.timestamp", Kind::Long, false),
    ("favorites.interests.name favorites.interests.category", Kind::String, false),
    ("favorites.activities.name favorites.activities.category", Kind::String, false),
    (
        "favorites.books.name favorites.books.category favorites.music.name favorites.music.category",
        Kind::String,
        false,
    ),
    ("favorites.movies.name favorites.movies.category", Kind::String, false),
    ("favorites.television.name favorites.television.category", Kind::String, false),
    ("favorites.interests.id favorites.activities.id favorites.books.id", Kind::BasicString, false),
    ("favorites.music.id favorites.movies.id favorites.television.id", Kind::BasicString, false),
    ("lastLoginLocation.country lastLoginLocation.state lastLoginLocation.city", Kind::String, false),
    ("lastLoginLocation.coordinates.lat lastLoginLocation.coordinates.lon", Kind::Float, false),
    ("oidcData.name oidcData.middle_name oidcData.email_verified oidcData.phone_number", Kind::String, true),
    (
        "oidcData.phone_number_verified oidcData.address.formatted oidcData.address.street_address",
        Kind::String,
        true,
    ),
    ("oidcData.address.locality oidcData.address.region oidcData.address.postal_code", Kind::String, true),
    ("oidcData.address.country", Kind::String, true),
    ("oidcData.website oidcData.zoneinfo oidcData.locale oidcData.updated_at", Kind::BasicString, false),
];

/// The numbers of a birthday, each for itself: nobody compares day and month.
const RANGES: &[(&str, (i64, i64))] =
    &[("birthDay", (1, 31)), ("birthMonth", (1, 12)), ("birthYear", (1_000, 9_999))];

/// Fields that the person may write on a typical site.
const CLIENT_MODIFY: &[&str] = &["email", "firstName", "lastName", "zip", "country", "birthYear"];

/// Fields that hold one object or a list of them.
pub(crate) const LISTS: &[&str] =
    &["certifications", "education", "likes", "patents", "phones", "publications", "skills", "work"];

/// Fields that getAccountInfo leaves out of the profile unless `extraProfileFields` names them.
pub(crate) const EXTRA: &[&str] = &[
    "activities",
    "address",
    "bio",
    "certifications",
    "education",
    "educationLevel",
    "favorites",
    "followersCount",
    "followingCount",
    "hometown",
    "honors",
    "industry",
    "interestedIn",
    "interests",
    "languages",
    "lastLoginLocation",
    "likes",
    "locale",
    "name",
    "oidcData",
    "patents",
    "phones",
    "politicalView",
    "professionalHeadline",
    "proxyemail",
    "publications",
    "relationshipStatus",
    "religion",
    "samlData",
    "skills",
    "specialities",
    "specialties",
    "timezone",
    "username",
    "verified",
    "work",
];

/// The schema of a new site's profile.
pub(crate) fn profile_schema() -> Schema {
    let mut fields = imbl::OrdMap::new();
    for (names, kind, encrypted) in FIELDS {
        for name in names.split(' ') {
            let write = if CLIENT_MODIFY.contains(&name) { Write::ClientModify } else { Write::ServerOnly };
            let format = match name {
                "email" => Some(Format::Email),
                "gender" => Format::parse("regex('^[fmu]{1}$')"),
                _ => None,
            };
            let range = RANGES.iter().find(|(known, _)| *known == name).map(|(_, range)| *range);
            let field = Field { encrypted: *encrypted, write, format, range, ..Field::new(*kind) };
            fields.insert(name.to_owned(), field);
        }
    }
    Schema { fields, dynamic: false, ..Schema::open() }
}

/// Whether `path` (below `profile`) may hold a list of objects.
pub(crate) fn may_be_list(path: &str) -> bool {
    let (first, rest) = path.split_once('.').unwrap_or((path, ""));
    (LISTS.contains(&first) && rest.is_empty())
        || (first == "favorites" && !rest.is_empty() && !rest.contains('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_in_order() {
        assert!(EXTRA.is_sorted());
    }

    #[test]
    fn the_schema_is_closed_and_complete() {
        let schema = profile_schema();
        assert!(!schema.dynamic);
        for (name, kind, encrypted, write) in [
            ("email", Kind::String, true, Write::ClientModify),
            ("birthYear", Kind::Long, false, Write::ClientModify),
            ("city", Kind::String, true, Write::ServerOnly),
            ("languages", Kind::String, false, Write::ServerOnly),
            ("phones.number", Kind::String, true, Write::ServerOnly),
            ("phones.default", Kind::String, false, Write::ServerOnly),
            ("favorites.music.id", Kind::BasicString, false, Write::ServerOnly),
        ] {
            let field = &schema.fields[name];
            assert_eq!((field.kind, field.encrypted, field.write), (kind, encrypted, write), "{name}");
        }
        assert!(schema.is_group("phones") && schema.is_group("oidcData.address") && !schema.is_group("city"));
        assert!(may_be_list("phones") && may_be_list("favorites.music") && !may_be_list("oidcData"));
    }
}
