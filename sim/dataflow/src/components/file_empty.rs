//! `file.empty`

use crate::component::{Carries, Component, ComponentDoc, Setup, required};
use crate::file_sink::FileSink;
use crate::record::Record;
use crate::run::{Outlet, Stop};
use standin_model::Evidence;

/// The component.
pub(crate) const DOC: ComponentDoc = ComponentDoc {
    kind: "file.empty",
    summary: "Makes one empty file when its input has ended, records or not",
    params: &[required("fileName", "the file's name, with placeholders")],
    input: Carries::Records,
    output: Carries::Files,
    evidence: Evidence::documented("Epsilon Dataflow", "one_empty_file"),
    build,
};

fn build(setup: &Setup<'_>) -> Result<Box<dyn Component>, String> {
    Ok(Box::new(Empty { file_name: setup.placeholders.text(setup.required_text("fileName")?) }))
}

struct Empty {
    file_name: String,
}

#[async_trait::async_trait]
impl Component for Empty {
    async fn records(&mut self, batch: Vec<Record>, out: &mut Outlet<'_>) -> Result<(), Stop> {
        out.left_out(batch.len() as u64);
        Ok(())
    }

    async fn finish(&mut self, out: &mut Outlet<'_>) -> Result<(), Stop> {
        let mut sink = FileSink::new(self.file_name.clone(), u64::MAX);
        sink.start(out).await?;
        sink.end(out).await
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{files_of, format_files};
    use serde_json::json;

    #[test]
    fn one_empty_file() {
        for records in [vec![], vec![json!({"a": 1})]] {
            let files = format_files("file.empty", json!({"fileName": "partner.ok"}), &records);
            assert_eq!(files, files_of(&[("partner.ok", "")]));
        }
    }
}
