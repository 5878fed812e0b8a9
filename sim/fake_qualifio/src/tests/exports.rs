//! Statistics a page at a time, and the workbook.

use super::world::{UID, World, redirecting};
use serde_json::{Value, json};
use std::io::Read as _;

fn played(values: &[(&str, &str)], times: usize) -> World {
    let fields = json!([
        "firstname", "lastname", "email", "zipcode", {"variable": "phone"}, {"variable": "shoe_size"},
    ]);
    let mut world = World::with_sso(redirecting(), &json!({"id": 700_101, "name": "Quiz", "fields": fields}));
    for number in 0..times {
        let mut browser = world.browser();
        browser.signed_in(&mut world);
        let name = format!("Ann {number}");
        let own = [("firstname", name.as_str())];
        let values: Vec<_> = own.iter().chain(values).copied().collect();
        browser.submit(&mut world, &values);
        assert_eq!(browser.step(), "exit");
    }
    world
}

fn workbook(world: &mut World, query: &str) -> Vec<u8> {
    let url = format!("https://manager.example/manager/api/campaigns/700101/statistics.xlsx{query}");
    let request =
        http::Request::get(url).header("authorization", "Bearer admin").body(bytes::Bytes::new()).unwrap();
    let response = world.send(request);
    assert_eq!(response.headers()["content-disposition"], "attachment; filename=\"campaign-700101.xlsx\"");
    assert_eq!(
        response.headers()["content-type"],
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    );
    response.body().to_vec()
}

fn part(workbook: &[u8], name: &str) -> String {
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(workbook)).unwrap();
    let mut text = String::new();
    archive.by_name(name).unwrap().read_to_string(&mut text).unwrap();
    text
}

fn between<'t>(text: &'t str, start: &str, end: &str) -> Option<&'t str> {
    Some(text.split_once(start)?.1.split_once(end)?.0)
}

fn plain(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}

/// Each row's cells as `text:` or `number:` and what is in them, read by the file format's own rules.
fn cells(workbook: &[u8]) -> Vec<Vec<String>> {
    let shared = part(workbook, "xl/sharedStrings.xml");
    let texts: Vec<String> = shared
        .split("<si>")
        .skip(1)
        .map(|item| plain(between(item, ">", "</t>").unwrap_or_default()))
        .collect();
    let sheet = part(workbook, "xl/worksheets/sheet1.xml");
    let rows = sheet.split("<row ").skip(1);
    rows.map(|row| {
        row.split("<c ")
            .skip(1)
            .map(|cell| {
                let value = between(cell, "<v>", "</v>").unwrap_or_default();
                let head = cell.split('>').next().unwrap();
                if head.contains("t=\"s\"") {
                    format!("text:{}", texts[value.parse::<usize>().unwrap()])
                } else {
                    format!("number:{value}")
                }
            })
            .collect()
    })
    .collect()
}

#[test]
fn a_workbook_holds_text() {
    let values =
        [("phone", "+32 487"), ("zipcode", "01234"), ("shoe_size", "=1+1"), ("lastname", "<b> & \"c\"")];
    let mut world = played(&values, 1);
    let bytes = workbook(&mut world, "");
    let rows = cells(&bytes);
    let captions: Vec<&str> = rows[0].iter().map(|cell| cell.strip_prefix("text:").unwrap()).collect();
    assert_eq!(rows.len(), 2);
    let cell =
        |name: &str| rows[1].get(captions.iter().position(|caption| *caption == name).unwrap()).unwrap();
    for (name, expected) in [
        ("campaign_id", "number:700101"),
        ("score", "number:0"),
        ("phone", "text:+32 487"),
        ("zipcode", "text:01234"),
        ("shoe_size", "text:=1+1"),
        ("lastname", "text:<b> & \"c\""),
        ("external_id", &format!("text:{UID}")),
        ("completed_at", "text:2026-01-05T08:00:00.000Z"),
    ] {
        assert_eq!(cell(name), expected, "{name}");
    }
    assert!(part(&bytes, "docProps/core.xml").contains(">2026-01-05T08:00:00Z</dcterms:created>"));
    let sheet = part(&bytes, "xl/worksheets/sheet1.xml");
    assert!(!sheet.contains("<f>"), "no cell is a formula");
    let csv = {
        let url = "https://manager.example/manager/api/campaigns/700101/statistics.csv";
        let request = http::Request::get(url)
            .header("authorization", "Bearer admin")
            .body(bytes::Bytes::new())
            .unwrap();
        String::from_utf8(world.send(request).body().to_vec()).unwrap()
    };
    let header = csv.trim_start_matches('\u{FEFF}').lines().next().unwrap();
    assert_eq!(header.split(';').collect::<Vec<_>>(), captions, "both exports have the same columns");
}

#[test]
fn a_workbook_is_the_same_each_time_and_may_be_safe() {
    let values = [("phone", "+32 487"), ("shoe_size", "@x")];
    let (mut one, mut two) = (played(&values, 2), played(&values, 2));
    assert_eq!(workbook(&mut one, ""), workbook(&mut two, ""));
    let safe = cells(&workbook(&mut one, "?spreadsheet_safe=1"));
    assert!(safe[1].contains(&"text:'+32 487".to_owned()) && safe[2].contains(&"text:'@x".to_owned()));
}

#[test]
fn an_empty_campaign_has_a_workbook_of_captions() {
    let mut world = played(&[], 0);
    let rows = cells(&workbook(&mut world, ""));
    assert_eq!((rows.len(), rows[0][0].as_str()), (1, "text:participation_id"));
}

#[test]
fn control_characters_survive_in_a_workbook() {
    let mut world = World::new(&json!({"campaigns": [{"id": 700_101, "name": "\u{1}\u{FFFE}a\tb"}]}));
    let mut browser = world.browser();
    browser.submit(&mut world, &[("email", "a@b.be")]);
    let rows = cells(&workbook(&mut world, ""));
    assert_eq!(rows[1].len(), rows[0].len());
    let shared = part(&workbook(&mut world, ""), "xl/sharedStrings.xml");
    assert!(!shared.contains(['\u{1}', '\u{FFFE}']), "XML cannot hold them as they are");
}

#[test]
fn long_lists_come_in_parts() {
    let mut world = played(&[], 5);
    for state in ["Queued", "Retrying", "Succeeded"] {
        world.qualifio.record_push(json!({"campaign_id": 700_101, "state": state}));
    }
    world.qualifio.record_push(json!({"campaign_id": 7, "state": "Skipped(Preview)"}));
    for (path, expected) in [
        ("campaigns/700101/statistics?limit=2", json!([5, ["Ann 0", "Ann 1"]])),
        ("campaigns/700101/statistics?limit=2&offset=4", json!([5, ["Ann 4"]])),
        ("campaigns/700101/statistics?limit=2&newest_first=1", json!([5, ["Ann 4", "Ann 3"]])),
        ("campaigns/700101/statistics?offset=9", json!([5, []])),
        ("campaigns/700101/statistics", json!([5, ["Ann 0", "Ann 1", "Ann 2", "Ann 3", "Ann 4"]])),
        ("pushes?newest_first=1&limit=2", json!([4, ["Skipped(Preview)", "Succeeded"]])),
        ("pushes?campaign=700101&limit=1&offset=1", json!([3, ["Retrying"]])),
        ("pushes?campaign=x", json!([0, []])),
        ("crm/profiles?limit=1&offset=1", json!([5, ["Ann 1"]])),
        ("participations?limit=3", json!([5, ["COMPLETED", "COMPLETED", "COMPLETED"]])),
    ] {
        let (_, answer) = world.call("admin", &format!("GET {path}"), &Value::Null);
        let list = ["participations", "pushes", "profiles"]
            .iter()
            .find_map(|name| answer[*name].as_array())
            .unwrap();
        let seen: Value = list
            .iter()
            .map(|entry| {
                ["firstname", "firstName", "state"].iter().map(|name| &entry[*name]).find(|v| !v.is_null())
            })
            .map(|value| value.cloned().unwrap_or_default())
            .collect();
        assert_eq!(json!([answer["total"], seen]), expected, "{path}");
    }
    for query in ["limit=0", "limit=1001", "limit=x", "offset=-1"] {
        let outcome = world.outcome("admin", &format!("GET pushes?{query}"), &Value::Null);
        assert_eq!(outcome, format!("InvalidField({})", query.split('=').next().unwrap()));
    }
    let (_, answer) = world.call("admin", "GET campaigns/700101/statistics?limit=1", &Value::Null);
    let columns = answer["columns"].as_array().unwrap();
    assert!(columns.iter().all(|column| answer["participations"][0].get(column.as_str().unwrap()).is_some()));
    assert_eq!((&columns[0], columns.last().unwrap()), (&json!("participation_id"), &json!("external_id")));
}
