//! `file.parse.json`

use crate::component::{Carries, Component, ComponentDoc, FilePart, Setup, optional};
use crate::record::{MAX_DEPTH, Record};
use crate::run::{Outlet, Stop};
use serde_json::Value;
use standin_model::Evidence;

/// The component.
pub(crate) const DOC: ComponentDoc = ComponentDoc {
    kind: "file.parse.json",
    summary: "Reads an array of objects; one object alone, or one per line, is taken too",
    params: &[optional("addFilename", "false", "whether each record gets the file's name as `_fileName`")],
    input: Carries::Files,
    output: Carries::Records,
    evidence: Evidence::recorded(
        "dataflows stored by sap-customer-data-cloud-toolkit users",
        "objects_become_records",
    ),
    build,
};

/// A longer object is no record.
const MAX_OBJECT: usize = 16 << 20;

fn build(setup: &Setup<'_>) -> Result<Box<dyn Component>, String> {
    let left = setup.job.limit.unwrap_or(u64::MAX);
    Ok(Box::new(ParseJson { add_filename: setup.truth("addFilename", false)?, left, file: Scan::default() }))
}

struct ParseJson {
    add_filename: bool,
    left: u64,
    file: Scan,
}

/// How far one file is read: objects are cut out byte by byte, so that no more than one is held.
#[derive(Default)]
struct Scan {
    name: String,
    object: Vec<u8>,
    depth: usize,
    text: bool,
    escaped: bool,
    array: bool,
    closed: bool,
    comma: bool,
    bytes: usize,
    objects: u64,
}

impl Scan {
    /// Takes one byte; true if an object is whole.
    fn take(&mut self, byte: u8) -> Result<bool, String> {
        self.bytes += 1;
        if self.depth == 0 {
            return self.between(byte).map(|()| false);
        }
        self.object.push(byte);
        if self.object.len() > MAX_OBJECT {
            return Err(self.wrong(&format!("is longer than {MAX_OBJECT} bytes")));
        }
        match byte {
            _ if self.escaped => self.escaped = false,
            b'\\' if self.text => self.escaped = true,
            b'"' => self.text = !self.text,
            b'{' | b'[' if !self.text => {
                self.depth += 1;
                if self.depth > MAX_DEPTH {
                    return Err(self.wrong(&format!("is nested deeper than {MAX_DEPTH} levels")));
                }
            }
            b'}' | b']' if !self.text => self.depth -= 1,
            _ => {}
        }
        Ok(self.depth == 0)
    }

    fn between(&mut self, byte: u8) -> Result<(), String> {
        match byte {
            b' ' | b'\t' | b'\r' | b'\n' => Ok(()),
            // A byte order mark may stand at the very start.
            0xef | 0xbb | 0xbf if self.bytes <= 3 => Ok(()),
            b'[' if !self.array && self.objects == 0 && !self.closed => {
                self.array = true;
                Ok(())
            }
            b']' if self.array && !self.closed && !self.comma => {
                self.closed = true;
                Ok(())
            }
            b',' if self.array && !self.closed && !self.comma && self.objects > 0 => {
                self.comma = true;
                Ok(())
            }
            b'{' if !self.closed && (!self.array || self.comma || self.objects == 0) => {
                (self.depth, self.comma) = (1, false);
                self.object.clear();
                self.object.push(byte);
                Ok(())
            }
            _ => Err(format!("{}: byte {} is neither in nor between objects", self.name, self.bytes)),
        }
    }

    fn wrong(&self, what: &str) -> String {
        format!("{}: object {} {what}", self.name, self.objects + 1)
    }
}

#[async_trait::async_trait]
impl Component for ParseJson {
    async fn file(&mut self, part: FilePart, out: &mut Outlet<'_>) -> Result<(), Stop> {
        match part {
            FilePart::Start(name) => self.file = Scan { name, ..Scan::default() },
            FilePart::Bytes(bytes) => {
                for byte in bytes {
                    if self.file.take(byte)? {
                        self.record(out).await?;
                    }
                }
            }
            FilePart::End => {
                let open = self.file.depth > 0 || (self.file.array && !self.file.closed);
                if open {
                    return Err(Stop::Here(format!("{} ends in the middle of its JSON", self.file.name)));
                }
                out.trace(&format!("{} objects in {}", self.file.objects, self.file.name));
            }
        }
        Ok(())
    }
}

impl ParseJson {
    async fn record(&mut self, out: &mut Outlet<'_>) -> Result<(), Stop> {
        let object = std::mem::take(&mut self.file.object);
        let parsed = serde_json::from_slice(&object);
        let Ok(Value::Object(mut fields)) = parsed else {
            return Err(Stop::Here(self.file.wrong("is not legal JSON")));
        };
        self.file.objects += 1;
        if self.left == 0 {
            return Ok(());
        }
        self.left -= 1;
        if self.add_filename {
            fields.insert("_fileName".to_owned(), self.file.name.clone().into());
        }
        let origin = format!("{} object {}", self.file.name, self.file.objects);
        let record = Record::new(fields, origin.as_str());
        if out.wants_changes() {
            out.change(&record.subject, origin, record.json());
        }
        out.made(record).await
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::parse_file;
    use serde_json::{Value, json};

    fn check(file: &str, expected: Result<Value, &str>) {
        let told = parse_file("file.parse.json", json!({}), "in.json", file.as_bytes());
        let expected = expected.map_err(|text| format!("file.parse.json `parse`: in.json{text}"));
        assert_eq!(told, expected, "{file}");
    }

    #[test]
    fn objects_become_records() {
        check(r#"[{"a":{"b":"]}"}},{"c":"\"{"}]"#, Ok(json!([{"a": {"b": "]}"}}, {"c": "\"{"}])));
        check("\u{feff} [ ] ", Ok(json!([])));
        check(r#"{"a":1}"#, Ok(json!([{"a": 1}])));
        check("{\"a\":1}\n{\"a\":2}\n", Ok(json!([{"a": 1}, {"a": 2}])));
        check("", Ok(json!([])));
    }

    #[test]
    fn hostile_files_fail_the_job() {
        check("[1]", Err(": byte 2 is neither in nor between objects"));
        check("[{\"a\":1},]", Err(": byte 10 is neither in nor between objects"));
        check("[{\"a\":1}", Err(" ends in the middle of its JSON"));
        check("[{\"a\":}]", Err(": object 1 is not legal JSON"));
        check(&"{\"a\":".repeat(100_000), Err(": object 1 is nested deeper than 100 levels"));
        check(
            &format!("{{\"a\":{}", "[".repeat(100_000)),
            Err(": object 1 is nested deeper than 100 levels"),
        );
    }
}
