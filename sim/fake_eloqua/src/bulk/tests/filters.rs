//! What filters may say.

use super::Caller;
use serde_json::{Value, json};

fn world() -> Value {
    json!({
        "contacts": [{ "C_EmailAddress": "ann@brand.example", "C_City": "Ghent" }],
        "lists": ["One", "Two"],
        "segments": [{ "name": "All", "filter": "'{{Contact.Id}}' > '0'" }],
        "account_lists": ["Partners"],
    })
}

fn contacts(filter: &str) -> Value {
    json!({ "name": "e", "fields": { "e": "{{Contact.Field(C_EmailAddress)}}" }, "filter": filter })
}

#[test]
fn a_segment_stands_with_dates_alone() {
    let mut caller = Caller::new(world());
    let segment = "EXISTS('{{ContactSegment[1]}}')";
    let created = "'{{Contact.CreatedAt}}' >= '2026-01-01'";
    let updated = "'{{Contact.UpdatedAt}}' < '2026-02-01'";
    let modified = "'{{Contact.Field(C_DateModified)}}' >= '2026-01-01'";
    let city = "'{{Contact.Field(C_City)}}' = 'Ghent'";
    for filter in [
        segment.to_owned(),
        format!("{segment} AND {created}"),
        format!("{created} AND {segment} AND {updated}"),
        format!("{segment} AND ({created} OR {modified})"),
    ] {
        let rows = caller.export("/contacts/exports", contacts(&filter));
        assert_eq!(rows, json!([{ "e": "ann@brand.example" }]), "{filter}");
    }
    for filter in [
        format!("{segment} OR {created}"),
        format!("{segment} AND {city}"),
        format!("NOT {segment}"),
        format!("{segment} AND {created} AND {updated} AND {modified}"),
        format!("{segment} AND ({created} OR {city})"),
        format!("({segment} AND {created}) OR {updated}"),
    ] {
        assert_eq!(caller.refused("/contacts/exports", contacts(&filter)).0, "filter", "{filter}");
    }
    // Lists know no such rule.
    caller.export("/contacts/exports", contacts(&format!("EXISTS('{{{{ContactList[1]}}}}') OR {city}")));
}

#[test]
fn filters_are_refused_with_their_reason() {
    let mut caller = Caller::new(world());
    let two = "EXISTS('{{ContactList[1]}}') AND EXISTS('{{ContactList[2]}}')";
    let cases = [
        (two, "Must contain at most one EXISTS."),
        (
            "EXISTS('{{ContactList[9]}}')",
            "Must reference an existing list: {{ContactList[9]}} at character 8",
        ),
        (
            "EXISTS('{{AccountList[1]}}')",
            "Must reference an existing list: {{AccountList[1]}} at character 8",
        ),
        (
            "'{{Contact.Id}}' = '1' AND '{{Contact.Field(C_None)}}' = 'x'",
            "Must reference known statements: {{Contact.Field(C_None)}} at character 28",
        ),
        (
            "STATUS('{{ActionInstance(abc).Execution[1]}}') = 'pending'",
            "Must reference service instance within a workflow",
        ),
        ("'{{Contact.Id}}' = '1", "Cannot be parsed: a closing quote is expected at character 22."),
        ("", "Cannot be parsed: a quoted text is expected at character 1."),
    ];
    for (filter, constraint) in cases {
        let expected = ("filter".to_owned(), constraint.to_owned());
        assert_eq!(caller.refused("/contacts/exports", contacts(filter)), expected, "{filter}");
    }
    let long = format!("'{{{{Contact.Id}}}}' = '{}'", "1".repeat(1000));
    let (_, constraint) = caller.refused("/contacts/exports", contacts(&long));
    assert_eq!(constraint, "Must be at most 1000 characters long.");
}

#[test]
fn activities_are_filtered_by_type() {
    let mut caller = Caller::new(world());
    let wish =
        |filter: Value| json!({ "name": "a", "fields": { "id": "{{Activity.Id}}" }, "filter": filter });
    let no_type = "Must contain a criterion on {{Activity.Type}}.";
    for (filter, constraint) in [
        (Value::Null, no_type),
        (json!("'{{Activity.CreatedAt}}' > '2026-01-01'"), no_type),
        (json!("'{{Activity.Type}}' = 'EmailOpen' OR '{{Activity.CreatedAt}}' > '2026-01-01'"), no_type),
        (json!("'{{Activity.Type}}' != 'EmailOpen'"), no_type),
        (
            json!("'{{Activity.Type}}' = 'EmailOpen' AND '{{Activity.Contact.Field(C_City)}}' = 'Ghent'"),
            "Must not reference contact fields: {{Activity.Contact.Field(C_City)}} at character 39",
        ),
    ] {
        assert_eq!(
            caller.refused("/activities/exports", wish(filter)),
            ("filter".to_owned(), constraint.to_owned())
        );
    }
    for filter in [
        "'{{Activity.Type}}'='EmailOpen'",
        "'{{Activity.CreatedAt}}'>'2014-08-01' AND ( '{{Activity.Type}}'='EmailOpen' OR '{{Activity.Type}}'='EmailSend' )",
    ] {
        caller.define("/activities/exports", wish(json!(filter)));
    }
    let fields: serde_json::Map<String, Value> = (0..11)
        .map(|at| (format!("f{at}"), json!("{{Activity.Contact.Field(C_City)}}")))
        .chain([("type".to_owned(), json!("{{Activity.Type}}"))])
        .collect();
    let many = json!({ "name": "a", "fields": fields, "filter": "'{{Activity.Type}}'='EmailOpen'" });
    assert_eq!(caller.refused("/activities/exports", many).1, "Must contain at most 10 fields of contacts.");
}

#[test]
fn comparisons_follow_the_field() {
    let mut caller = Caller::new(json!({ "contacts": [
        { "C_EmailAddress": "ann@brand.example", "C_City": "Ghent", "C_Employees1": "9",
          "C_Lead_Score_Date___Most_Recent1": "2026-01-02" },
        { "C_EmailAddress": "bob@brand.example", "C_City": "it's O'Brien", "C_Employees1": "10" },
        { "C_EmailAddress": "cid@brand.example" },
    ] }));
    for (filter, expected) in [
        ("'{{Contact.Field(C_City)}}' = 'GHENT'", "a"),
        ("'{{Contact.Field(C_City)}}' != 'ghent'", "bc"),
        ("'{{Contact.Field(C_City)}}' ~ 'gh_n%'", "a"),
        ("'{{Contact.Field(C_City)}}' = 'it''s O''Brien'", "b"),
        ("'{{Contact.Field(C_City)}}' = ''", "c"),
        ("'{{Contact.Field(C_City)}}' != ''", "ab"),
        ("'{{Contact.Field(C_Employees1)}}' > '9.5'", "b"),
        ("'{{Contact.Field(C_Lead_Score_Date___Most_Recent1)}}' >= '2026-01-02 00:00:00'", "a"),
        ("NOT '{{Contact.Field(C_City)}}' = 'Ghent' AND '{{Contact.Field(C_City)}}' != ''", "b"),
        ("'{{Contact.Id}}' = '1986002' OR '{{Contact.Id}}' = '1986000' AND '{{Contact.Id}}' = '1'", "c"),
        ("'{{Contact.CreatedAt}}' >= '2026-01-05 03:00:00'", "abc"),
        ("'{{Contact.CreatedAt}}' > '2026-01-05 03:00:00.000'", ""),
        ("'{{Contact.CreatedAt}}' < 'never'", ""),
    ] {
        let rows = caller.export("/contacts/exports", contacts(filter));
        let rows = rows.as_array().cloned().unwrap_or_default();
        let seen: String =
            rows.iter().map(|row| row["e"].as_str().unwrap().chars().next().unwrap()).collect();
        assert_eq!(seen, expected, "{filter}");
    }
}
