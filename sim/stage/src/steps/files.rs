//! Files at the drop.

use crate::run::Run;
use crate::step::{Miss, Step, Takes, Unmet, needed, optional};
use crate::surface::locked;
use serde_json::json;
use std::io::Read;

/// A file put there.
pub const WRITE_FILE: Step = Step {
    name: "write_file",
    summary: "puts a file into the drop, or an object into a bucket, as some other program would",
    args: &[
        needed("path", "where: a path at the drop, or an object such as `s3://bucket/key`")
            .takes(Takes::Text),
        optional("text", "its content"),
        optional("lines", "its content as lines, each ended by a line feed"),
    ],
    alone: None,
    open: false,
    example: "write_file: { path: /eloqua/out/a.csv, lines: [\"C_Gigya_UID1\", \"ann\"] }",
    run: |run, args| {
        let path = args.need_text("path")?;
        let mut content = args.text("text")?.unwrap_or_default().to_owned();
        if let Some(lines) = args.get("lines") {
            for line in lines.list()? {
                content.push_str(line.text()?);
                content.push('\n');
            }
        }
        let now = run.world.now();
        let size = content.len();
        let parts = run.world.parts();
        let put = if path.contains("://") {
            let put = locked(&parts.buckets).put(now, path, content.into());
            put.map_err(|error| error.to_string())
        } else {
            locked(&parts.files).put(now, path, content.as_bytes()).map_err(|error| error.to_string())
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
        optional("contains", "text that must occur in it"),
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
        let parts = run.world.parts();
        let bytes = locked(&parts.files).read(path).or_else(|| locked(&parts.buckets).read(path));
        let bytes = bytes.unwrap_or_default();
        let text = content(&bytes, args.flag("gzip")?.unwrap_or(false))?;
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

/// Which files there are.
pub const EXPECT_FILES: Step = Step {
    name: "expect_files",
    summary: "holds how many files fit a pattern",
    args: &[
        needed("path", "the pattern; `*` stands for any part of a name").takes(Takes::Text),
        needed("count", "how many fit").takes(Takes::Number),
    ],
    alone: None,
    open: false,
    example: "expect_files: { path: \"/eloqua/in/*\", count: 0 }",
    run: |run, args| {
        let pattern = args.need_text("path")?;
        let found = fitting(run, pattern);
        let wanted = args.number("count")?.unwrap_or_default();
        let told = found.join(", ");
        run.hold(
            args.need("count")?,
            &json!(wanted),
            &json!(found.len()),
            &format!("the number of files {pattern} ({told})"),
        )?;
        Ok(format!("{wanted} files"))
    },
};

fn fitting(run: &Run<'_>, pattern: &str) -> Vec<String> {
    paths(run).into_iter().filter(|path| fits(pattern, path)).collect()
}

/// Every file at the drop and every object in a bucket.
fn paths(run: &Run<'_>) -> Vec<String> {
    let parts = run.world.parts();
    let files = locked(&parts.files).files();
    let mut paths: Vec<String> = files.into_iter().map(|(path, _, _)| path).collect();
    paths.extend(locked(&parts.buckets).objects());
    paths
}

/// Whether a path fits a pattern; `*` stands for any text without a slash.
fn fits(pattern: &str, path: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == path,
        Some((head, tail)) => path.strip_prefix(head).is_some_and(|rest| {
            let reach = rest.find('/').unwrap_or(rest.len());
            (0..=reach).filter(|at| rest.is_char_boundary(*at)).any(|at| fits(tail, &rest[at..]))
        }),
    }
}

fn content(bytes: &[u8], packed: bool) -> Result<String, Miss> {
    if !packed {
        return Ok(String::from_utf8_lossy(bytes).into_owned());
    }
    let mut text = String::new();
    let read = flate2::read::GzDecoder::new(bytes).take(64 << 20).read_to_string(&mut text);
    read.map_err(|error| crate::step::unmet(format!("the file does not unpack: {error}")))?;
    Ok(text)
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
        ] {
            assert_eq!(fits(pattern, path), expected, "{pattern} {path}");
        }
    }
}
