//! Files at the drop.

use crate::run::Run;
use crate::step::{Miss, Step, Takes, Unmet, needed, optional};
use crate::surface::locked;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use standin_scenario::Node;
use std::io::{Read, Write};

/// A file put there.
pub const WRITE_FILE: Step = Step {
    name: "write_file",
    summary: "puts a file into the drop, or an object into a bucket, as some other program would",
    args: &[
        needed("path", "where: a path at the drop, or an object such as `s3://bucket/key`")
            .takes(Takes::Text),
        optional("text", "its content"),
        optional("lines", "its content as lines, each ended by a line feed"),
        optional("file", "its content as a file, looked for beside the scenario and in the folders above it"),
        optional("base64", "its content in base64").takes(Takes::Text),
        optional("gzip", "true: it is packed first").takes(Takes::Flag),
    ],
    alone: None,
    open: false,
    example: "write_file: { path: /eloqua/out/a.csv, lines: [\"C_Gigya_UID1\", \"ann\"] }",
    run: |run, args| {
        let path = args.need_text("path")?;
        let content = bytes_of(run, args.node())?.unwrap_or_default();
        let now = run.world.now();
        let size = content.len();
        let parts = run.world.parts();
        let put = if path.contains("://") {
            let put = locked(&parts.buckets).put(now, path, content.into());
            put.map_err(|error| error.to_string())
        } else {
            locked(&parts.files).put(now, path, &content).map_err(|error| error.to_string())
        };
        put.map_err(|error| run.mistake(args.node(), &error))?;
        Ok(format!("{path}, {size} bytes"))
    },
};

/// A file renamed.
pub const RENAME_FILE: Step = Step {
    name: "rename_file",
    summary: "gives a file at the drop another name, as an uploader does when it has finished",
    args: &[
        needed("from", "its name now").takes(Takes::Text),
        needed("to", "its name then").takes(Takes::Text),
    ],
    alone: None,
    open: false,
    example: "rename_file: { from: /in/a.csv.uploading, to: /in/a.csv }",
    run: |run, args| {
        let (from, to) = (args.need_text("from")?, args.need_text("to")?);
        let target = run.world.file_target();
        let login = run.world.parts().login();
        let renamed = run.world.wait(async { login.login(&target).await?.rename(from, to).await });
        renamed.map_err(|error| crate::step::unmet(format!("{from} was not renamed: {error}")))?;
        Ok(format!("{from} -> {to}"))
    },
};

/// A file's content.
pub const EXPECT_FILE: Step = Step {
    name: "expect_file",
    summary: "holds a file at the drop, or an object in a bucket, against what is expected; `*` stands for any part of its name",
    args: &[
        needed("path", "where; the last part may contain `*` if only one file fits").takes(Takes::Text),
        optional("text", "its whole content"),
        optional("lines", "its content as lines, each ended by a line feed"),
        optional("file", "a file that is the same byte by byte, beside the scenario or in a folder above it"),
        optional("contains", "text that must occur in it"),
        optional(
            "headings",
            "patterns; every cell of its first line fits one, `*` stands for any part of it",
        ),
        optional(
            "contact_fields",
            "true: cells of its first line that begin with C_ are contact fields that Eloqua has",
        )
        .takes(Takes::Flag),
        optional("charset", "UTF-8: it is text in this charset").takes(Takes::Word(&["UTF-8"])),
        optional("json", "its content as JSON; members that are not named do not matter"),
        optional(
            "save",
            "names for members of its JSON: { call: 0._response.callId }; later steps write ${call}",
        ),
        optional("gzip", "true: it is unpacked first").takes(Takes::Flag),
        optional("count", "how many lines it has").takes(Takes::Number),
    ],
    alone: Some("path"),
    open: false,
    example: "expect_file: { path: /eloqua/in/contacts_*.csv, lines: [\"\\\"C_Gigya_UID1\\\"\", \"\\\"ann\\\"\"] }",
    run: |run, args| {
        let pattern = args.need_text("path")?;
        let found = fitting(run, pattern);
        let [path] = found.as_slice() else {
            let all = paths(run);
            return Err(Miss::Unmet(Unmet {
                message: format!("{} files fit", found.len()),
                expected: Some(format!("one file {pattern}")),
                actual: Some(all.join(", ")),
                span: Some(args.need("path")?.span),
                ..Unmet::default()
            }));
        };
        let bytes = content(&bytes_at(run, path), args.flag("gzip")?.unwrap_or(false))?;
        let text = String::from_utf8_lossy(&bytes);
        if let Some(node) = args.get("charset").filter(|_| !is_text(&bytes)) {
            return Err(Miss::Unmet(Unmet {
                message: format!("{path} is no text in {}", node.text()?),
                actual: Some(text.chars().take(200).collect()),
                span: Some(node.span),
                ..Unmet::default()
            }));
        }
        if let Some(expected) = args.text("text")? {
            run.hold(args.need("text")?, &json!(expected), &json!(text), &format!("the content of {path}"))?;
        }
        if let Some(lines) = args.get("lines") {
            let mut expected = String::new();
            for line in lines.list()? {
                expected.push_str(line.text()?);
                expected.push('\n');
            }
            run.hold(lines, &json!(expected), &json!(text), &format!("the content of {path}"))?;
        }
        if let Some(file) = args.get("file") {
            hold_bytes(run, file, &run.bytes_beside(file)?, &bytes, &format!("the content of {path}"))?;
        }
        if args.get("json").is_some() || args.get("save").is_some() {
            let found = serde_json::from_str(&text).unwrap_or_default();
            if let Some(expected) = args.json("json")? {
                run.hold(args.need("json")?, &expected, &found, &format!("the content of {path}"))?;
            }
            run.save(args.get("save"), &found)?;
        }
        if let Some(part) = args.text("contains")?
            && !text.contains(part)
        {
            return Err(Miss::Unmet(Unmet {
                message: format!("{path} lacks a text"),
                expected: Some(part.to_owned()),
                actual: Some(text.chars().take(2000).collect()),
                span: Some(args.need("contains")?.span),
                ..Unmet::default()
            }));
        }
        if let Some(patterns) = args.get("headings") {
            let known: Vec<&str> = patterns.list()?.iter().map(Node::text).collect::<Result<_, _>>()?;
            hold_headings(patterns, path, &text, &known, |_| true)?;
        }
        if args.flag("contact_fields")?.unwrap_or(false) {
            let fields = locked(&run.world.parts().eloqua).contact_fields();
            let known: Vec<&str> = fields.iter().map(String::as_str).collect();
            let of_contacts = |cell: &str| cell.starts_with("C_");
            hold_headings(args.need("contact_fields")?, path, &text, &known, of_contacts)?;
        }
        if let Some(count) = args.number("count")? {
            run.hold(
                args.need("count")?,
                &json!(count),
                &json!(text.lines().count()),
                &format!("the lines of {path}"),
            )?;
        }
        Ok(format!("{path}, {} bytes", bytes.len()))
    },
};

/// Whether bytes are text in UTF-8: other charsets of two bytes have a NUL in every Latin letter.
fn is_text(bytes: &[u8]) -> bool {
    !bytes.contains(&0) && std::str::from_utf8(bytes).is_ok()
}

/// Holds some cells of a file's first line, whatever stands between them.
fn hold_headings(
    place: &Node,
    path: &str,
    text: &str,
    known: &[&str],
    counts: fn(&str) -> bool,
) -> Result<(), Miss> {
    let first = text.trim_start_matches('\u{feff}').lines().next().unwrap_or_default();
    let mut cells = first.split([',', ';', '|', '\t']).map(|cell| cell.trim_matches('"'));
    match cells.find(|cell| counts(cell) && !known.iter().any(|pattern| fits(pattern, cell))) {
        None => Ok(()),
        Some(cell) => Err(Miss::Unmet(Unmet {
            message: format!("{path} has the heading `{cell}`"),
            expected: Some(known.join(" or ")),
            actual: Some(first.chars().take(2000).collect()),
            span: Some(place.span),
            ..Unmet::default()
        })),
    }
}

/// Which files there are.
pub const EXPECT_FILES: Step = Step {
    name: "expect_files",
    summary: "holds how many files fit a pattern",
    args: &[
        needed("path", "the pattern; `*` stands for any part of a name, `**` for any part of a path")
            .takes(Takes::Text),
        optional("except", "a pattern for files that do not count").takes(Takes::Text),
        optional("contains", "only files in which this text occurs"),
        needed("count", "exactly so many").or(&["at_least"]).takes(Takes::Number).of_absence(),
        optional("at_least", "not fewer than so many").takes(Takes::Number),
    ],
    alone: None,
    open: false,
    example: "expect_files: { path: \"/eloqua/in/*\", count: 0 }",
    run: |run, args| {
        let pattern = args.need_text("path")?;
        let mut found = fitting(run, pattern);
        let mut what = format!("the number of files {pattern}");
        if let Some(others) = args.text("except")? {
            found.retain(|path| !fits(others, path));
            what = format!("{what} without {others}");
        }
        if let Some(text) = args.text("contains")? {
            found.retain(|path| String::from_utf8_lossy(&bytes_at(run, path)).contains(text));
            what = format!("{what} with `{text}`");
        }
        let told = if found.is_empty() { paths(run) } else { found.clone() }.join(", ");
        if let Some(wanted) = args.number("count")? {
            let what = format!("{what} ({})", found.join(", "));
            run.hold(args.need("count")?, &json!(wanted), &json!(found.len()), &what)?;
        }
        match args.number("at_least")? {
            Some(least) if (found.len() as u64) < least => Err(Miss::Unmet(Unmet {
                message: format!("{what}: not as expected"),
                expected: Some(format!("at least {least}")),
                actual: Some(format!("{}: {told}", found.len())),
                span: Some(args.need("at_least")?.span),
                ..Unmet::default()
            })),
            _ => Ok(format!("{} files", found.len())),
        }
    },
};

fn fitting(run: &Run<'_>, pattern: &str) -> Vec<String> {
    paths(run).into_iter().filter(|path| fits(pattern, path)).collect()
}

fn bytes_at(run: &Run<'_>, path: &str) -> Vec<u8> {
    let parts = run.world.parts();
    let bytes = locked(&parts.files).read(path).or_else(|| locked(&parts.buckets).read(path));
    bytes.map(Vec::from).unwrap_or_default()
}

/// Every file at the drop and every object in a bucket.
fn paths(run: &Run<'_>) -> Vec<String> {
    let parts = run.world.parts();
    let files = locked(&parts.files).files();
    let mut paths: Vec<String> = files.into_iter().map(|(path, _, _)| path).collect();
    paths.extend(locked(&parts.buckets).objects());
    paths
}

/// Whether a path fits a pattern; `*` stands for any text without a slash, `**` for any text.
pub(super) fn fits(pattern: &str, path: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == path,
        Some((head, tail)) => path.strip_prefix(head).is_some_and(|rest| {
            let (tail, reach) = match tail.strip_prefix('*') {
                Some(tail) => (tail, rest.len()),
                None => (tail, rest.find('/').unwrap_or(rest.len())),
            };
            (0..=reach).filter(|at| rest.is_char_boundary(*at)).any(|at| fits(tail, &rest[at..]))
        }),
    }
}

fn content(bytes: &[u8], packed: bool) -> Result<Vec<u8>, Miss> {
    if !packed {
        return Ok(bytes.to_vec());
    }
    let mut whole = Vec::new();
    let read = flate2::read::GzDecoder::new(bytes).take(64 << 20).read_to_end(&mut whole);
    read.map_err(|error| crate::step::unmet(format!("the file does not unpack: {error}")))?;
    Ok(whole)
}

/// A file's content as a scenario says it: `text`, `lines`, `file` or `base64`, packed where `gzip` says so;
/// nothing if it does not say it.
pub(super) fn bytes_of(run: &Run<'_>, node: &Node) -> Result<Option<Vec<u8>>, Miss> {
    let ways = ["text", "lines", "file", "base64"];
    let mut given = ways.iter().filter_map(|way| node.get(way).map(|content| (*way, content)));
    let Some((way, content)) = given.next() else { return Ok(None) };
    if let Some((other, second)) = given.next() {
        return Err(run.mistake(second, &format!("`{way}` and `{other}` both say the content")));
    }
    let bytes = match way {
        "text" => content.text()?.as_bytes().to_vec(),
        "lines" => {
            let mut text = String::new();
            for line in content.list()? {
                text.push_str(line.text()?);
                text.push('\n');
            }
            text.into_bytes()
        }
        "file" => run.bytes_beside(content)?,
        _ => STANDARD.decode(content.text()?).map_err(|error| run.mistake(content, &error.to_string()))?,
    };
    if !node.get("gzip").map(Node::flag).transpose()?.unwrap_or(false) {
        return Ok(Some(bytes));
    }
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    let packed = packer.write_all(&bytes).and_then(|()| packer.finish());
    packed.map(Some).map_err(|error| Miss::Broken(format!("the content cannot be packed: {error}")))
}

/// Holds bytes against what is expected; as text where both are.
pub(super) fn hold_bytes(
    run: &Run<'_>,
    node: &Node,
    expected: &[u8],
    actual: &[u8],
    what: &str,
) -> Result<(), Miss> {
    let shown = |bytes: &[u8]| match std::str::from_utf8(bytes) {
        Ok(text) => json!(text),
        Err(_) => json!(format!("{} bytes: {}", bytes.len(), STANDARD.encode(bytes))),
    };
    run.hold(node, &shown(expected), &shown(actual), what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stays_within_a_name() {
        for (pattern, path, expected) in [
            ("/in/*.csv", "/in/a.csv", true),
            ("/in/*.csv", "/in/x/a.csv", false),
            ("/in/a*", "/in/a.csv", true),
            ("/in/*", "/in/", true),
            ("/in/a.csv", "/in/b.csv", false),
            ("/in/**.csv", "/in/x/a.csv", true),
            ("**", "/in/x/a.csv", true),
            ("/in/**/b.csv", "/in/x/a.csv", false),
        ] {
            assert_eq!(fits(pattern, path), expected, "{pattern} {path}");
        }
    }
}
