//! Files of the system's own tools, both ways, and files that are made to do harm.

use crate::testing::programs::{installed, program};
use crate::testing::{gzipped, parse_file, through_files};
use serde_json::json;
use std::io::{Cursor, Write};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

fn texts() -> [String; 3] {
    [String::new(), "a,b\n1,2\n".to_owned(), "\u{e9}\u{1F600},x\n".repeat(60_000)]
}

fn one(kind: &str, name: &str, bytes: &[u8]) -> Result<Vec<u8>, String> {
    let files = through_files(&[(kind, json!({}))], &[(name, bytes)])?;
    assert_eq!(files.len(), 1, "{files:?}");
    Ok(files.into_values().next().unwrap())
}

#[test]
fn gzip_and_we_read_each_other() {
    if !installed("gzip") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let gzip = |args: &[&str], bytes: &[u8]| program(folder.path(), "gzip", args, bytes).unwrap();
    for text in texts() {
        let ours = one("file.compress.gzip", "a.csv", text.as_bytes()).unwrap();
        assert!(gzip(&["-dc"], &ours) == text.as_bytes());
        for level in ["-1", "-9"] {
            let theirs = gzip(&["-c", level], text.as_bytes());
            assert!(one("file.uncompress.gzip", "a.csv.gz", &theirs) == Ok(text.clone().into_bytes()));
        }
        let twice = [gzip(&["-c"], b"head\n"), gzip(&["-c"], text.as_bytes())].concat();
        let both = format!("head\n{text}").into_bytes();
        assert!(one("file.uncompress.gzip", "a.csv.gz", &twice) == Ok(both), "members one after another");
    }
}

#[test]
fn lzop_and_we_read_each_other() {
    if !installed("lzop") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let lzop = |args: &[&str], bytes: &[u8]| program(folder.path(), "lzop", args, bytes).unwrap();
    for text in texts() {
        let ours = one("file.compress.lzo", "a.csv", text.as_bytes()).unwrap();
        assert!(lzop(&["-dc"], &ours) == text.as_bytes());
        for options in [&["-c", "-1"][..], &["-c", "-9"], &["-c", "--crc32"], &["-c", "--no-checksum"]] {
            let theirs = lzop(options, text.as_bytes());
            let back = one("file.uncompress.lzo", "a.csv.lzo", &theirs);
            assert!(back == Ok(text.clone().into_bytes()), "{options:?}");
        }
    }
}

#[test]
fn zip_and_unzip_and_we_read_each_other() {
    if !installed("zip") || !installed("unzip") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let run = |name: &str, args: &[&str]| program(folder.path(), name, args, b"");
    for (at, text) in texts().iter().enumerate() {
        let ours = one("file.compress.zip", "a.csv", text.as_bytes()).unwrap();
        std::fs::write(folder.path().join("ours.zip"), ours).unwrap();
        run("unzip", &["-tq", "ours.zip"]).unwrap();
        assert!(run("unzip", &["-p", "ours.zip", "a.csv"]).unwrap() == text.as_bytes());
        std::fs::write(folder.path().join("b.csv"), text).unwrap();
        std::fs::write(folder.path().join("c.csv"), "c").unwrap();
        let theirs = format!("theirs{at}.zip");
        run("zip", &["-q", &theirs, "b.csv", "c.csv"]).unwrap();
        let archive = std::fs::read(folder.path().join(theirs)).unwrap();
        let files = through_files(&[("file.uncompress.zip", json!({}))], &[("x.zip", &archive)]).unwrap();
        let expected =
            [("/out/b.csv".to_owned(), text.clone().into_bytes()), ("/out/c.csv".to_owned(), b"c".to_vec())];
        assert!(files == expected.into());
    }
}

/// An archive that lies about how large its one file is: in its directory, at its start, or in both.
fn lying(content: &[u8], size: u32, at_start: bool, in_directory: bool) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer.start_file("a.csv", SimpleFileOptions::default()).unwrap();
    writer.write_all(content).unwrap();
    let mut bytes = writer.finish().unwrap().into_inner();
    let directory = bytes.windows(4).rposition(|four| four == b"PK\x01\x02").unwrap();
    for (lies, at) in [(at_start, 22), (in_directory, directory + 24)] {
        assert_eq!(bytes[at..at + 4], u32::try_from(content.len()).unwrap().to_le_bytes());
        if lies {
            bytes[at..at + 4].copy_from_slice(&size.to_le_bytes());
        }
    }
    bytes
}

#[test]
fn an_archive_that_lies_about_sizes_fails_the_job() {
    let text = b"a,b\n1,2\n".repeat(100);
    let larger = "File is larger than its declared uncompressed size".to_owned();
    let smaller = format!("a.csv has 800 bytes and is said to have {}", 1 << 30);
    for (size, at_start, why) in
        [(5, false, &larger), (5, true, &larger), (1 << 30, false, &smaller), (1 << 30, true, &smaller)]
    {
        let told = one("file.uncompress.zip", "x.zip", &lying(&text, size, at_start, true)).unwrap_err();
        assert_eq!(told, format!("file.uncompress.zip `s0`: x.zip is no whole zip archive: {why}"));
    }
    let told = one("file.uncompress.zip", "x.zip", &lying(&vec![0; 20 << 20], 10, true, true)).unwrap_err();
    assert_eq!(told, format!("file.uncompress.zip `s0`: x.zip is no whole zip archive: {larger}"));
}

#[test]
fn lines_and_nests_without_end_fail_the_job() {
    let dsv = |bytes: &[u8]| {
        parse_file("file.parse.dsv", json!({"columnSeparator": ","}), "in.csv", bytes).unwrap_err()
    };
    for endless in [vec![b'x'; (16 << 20) + 4096], b"x,".repeat(10_002)] {
        let told = dsv(&endless);
        assert!(told.starts_with("file.parse.dsv `parse`: in.csv line "), "{told}");
        assert!(told.len() < 200, "{told}");
    }
    let nested = [b"[{\"a\":".to_vec(), b"[".repeat(10_000), b"]".repeat(10_000), b"}]".to_vec()].concat();
    let told = parse_file("file.parse.json", json!({}), "in.json", &nested);
    assert_eq!(
        told,
        Err("file.parse.json `parse`: in.json: object 1 is nested deeper than 100 levels".to_owned())
    );
}

#[test]
fn bombs_behind_other_steps_fail_the_job() {
    let bomb = gzipped(&vec![0; 20 << 20]);
    let steps = [("file.uncompress.zip", json!({})), ("file.uncompress.gzip", json!({}))];
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer.start_file("a.csv.gz", SimpleFileOptions::default()).unwrap();
    writer.write_all(&bomb).unwrap();
    let archive = writer.finish().unwrap().into_inner();
    let told = through_files(&steps, &[("x.zip", &archive)]).unwrap_err();
    assert!(
        told.starts_with("file.uncompress.gzip `s1`: a.csv.gz grows beyond 200 times its size"),
        "{told}"
    );
}
