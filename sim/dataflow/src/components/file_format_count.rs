//! `file.format.count`

use crate::component::{Carries, Component, ComponentDoc, Setup, required};
use crate::file_sink::FileSink;
use crate::record::Record;
use crate::run::{Outlet, Stop};
use standin_model::Evidence;

/// The component.
pub(crate) const DOC: ComponentDoc = ComponentDoc {
    kind: "file.format.count",
    summary: "Writes how many records came",
    params: &[required("fileName", "the file's name, with placeholders")],
    input: Carries::Records,
    output: Carries::Files,
    evidence: Evidence::inferred("Component Repository", "the_number_and_nothing_else"),
    build,
};

fn build(setup: &Setup<'_>) -> Result<Box<dyn Component>, String> {
    Ok(Box::new(Count { file_name: setup.placeholders.text(setup.required_text("fileName")?), records: 0 }))
}

struct Count {
    file_name: String,
    records: u64,
}

#[async_trait::async_trait]
impl Component for Count {
    async fn records(&mut self, batch: Vec<Record>, _out: &mut Outlet<'_>) -> Result<(), Stop> {
        self.records += batch.len() as u64;
        Ok(())
    }

    async fn finish(&mut self, out: &mut Outlet<'_>) -> Result<(), Stop> {
        let mut sink = FileSink::new(self.file_name.clone(), u64::MAX);
        sink.start(out).await?;
        sink.write(self.records.to_string().as_bytes(), out).await?;
        sink.end(out).await?;
        out.written(std::mem::take(&mut self.records));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{files_of, format_files};
    use serde_json::json;

    #[test]
    fn the_number_and_nothing_else() {
        for (records, expected) in [(vec![], "0"), (vec![json!({"a": 1}), json!({})], "2")] {
            let files = format_files("file.format.count", json!({"fileName": "n.txt"}), &records);
            assert_eq!(files, files_of(&[("n.txt", expected)]));
        }
    }
}
