//! What is remembered of a run.

use serde_json::{Value, json};
use standin_model::Instant;
use std::collections::BTreeMap;

/// How many rejects one run remembers; all are counted.
pub(crate) const REJECTS_KEPT: usize = 1000;
/// How many remarks one run remembers.
pub(super) const NOTES_KEPT: usize = 200;

/// What is remembered of a run.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    pub(crate) id: u64,
    pub(crate) job: String,
    pub(crate) started: Instant,
    pub(crate) ended: Option<Instant>,
    pub(crate) failure: Option<String>,
    pub(crate) import: bool,
    pub(crate) listed: BTreeMap<String, (u64, Instant)>,
    pub(crate) files: Vec<String>,
    pub(crate) rows: u64,
    pub(crate) created: u64,
    pub(crate) updated: u64,
    pub(crate) unchanged: u64,
    pub(crate) deleted: u64,
    pub(crate) rejected: u64,
    pub(crate) rejects: Vec<Value>,
    pub(crate) notes: Vec<String>,
}

impl Run {
    pub(super) fn status(&self) -> &'static str {
        match (&self.ended, &self.failure) {
            (None, _) => "running",
            (Some(_), Some(_)) => "failed",
            (Some(_), None) if self.rejects.is_empty() => "success",
            (Some(_), None) => "warning",
        }
    }

    pub(super) fn view(&self) -> Value {
        let mut out = json!({
            "id": self.id,
            "job": self.job,
            "kind": if self.import { "import" } else { "export" },
            "status": self.status(),
            "started": self.started.to_string(),
            "ended": self.ended.map(|at| at.to_string()),
            "files": self.files,
        });
        if let Some(failure) = &self.failure {
            out["failure"] = Value::from(failure.clone());
        }
        if self.import {
            out["in"] = Value::from(self.rows);
            out["created"] = Value::from(self.created);
            out["updated"] = Value::from(self.updated);
            out["unchanged"] = Value::from(self.unchanged);
            if self.deleted > 0 {
                out["deleted"] = Value::from(self.deleted);
            }
            out["rejected"] = Value::from(self.rejected);
            out["rejects"] = Value::from(self.rejects.clone());
        } else {
            out["out"] = Value::from(self.rows);
        }
        out["notes"] = Value::from(self.notes.clone());
        out
    }

    /// Keeps a remark, as far as there is room.
    pub(crate) fn note(&mut self, text: String) {
        match self.notes.len() {
            NOTES_KEPT => self.notes.push("there was more to remark".to_owned()),
            kept if kept < NOTES_KEPT => self.notes.push(text),
            _ => {}
        }
    }

    pub(crate) fn keep_reject(&mut self, reject: Value) {
        if self.rejects.len() < REJECTS_KEPT {
            self.rejects.push(reject);
        } else if self.rejects.len() == REJECTS_KEPT {
            self.rejects.push(
                json!({ "reason": format!("more than {REJECTS_KEPT} rejects; the rest is only counted") }),
            );
        }
    }
}
