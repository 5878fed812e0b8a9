//! Stubs in the place of steps: what they are told, and what they have got since they were put there.

use crate::parts::Parts;
use crate::surface::locked;
use standin_dataflow::stub::Placed;
use standin_dataflow::{Document, Got, Stub};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Records and files that one stub keeps over all its jobs.
const KEPT: usize = 100_000;

/// The stubs of a world.
#[derive(Clone, Debug, Default)]
pub struct Stubs {
    /// By the id of the dataflow and that of the step.
    by_step: BTreeMap<(String, String), Standing>,
}

#[derive(Clone, Debug, Default)]
struct Standing {
    stub: Stub,
    got: Arc<Got>,
}

impl Stubs {
    /// Puts a stub in the place of a step, or another one there.
    pub fn put(&mut self, dataflow: &str, step: &str, stub: Stub) {
        let standing = Standing { stub, got: Arc::default() };
        self.by_step.insert((dataflow.to_owned(), step.to_owned()), standing);
    }

    /// What the stub of a step has got; nothing, if none stands there.
    pub fn got(&self, dataflow: &str, step: &str) -> Option<Arc<Got>> {
        self.by_step.get(&(dataflow.to_owned(), step.to_owned())).map(|standing| Arc::clone(&standing.got))
    }

    /// The steps of a dataflow that have a stub.
    pub fn steps(&self, dataflow: &str) -> Vec<String> {
        let of = self.by_step.keys().filter(|(known, _)| known == dataflow);
        of.map(|(_, step)| step.clone()).collect()
    }

    fn keep(&mut self, dataflow: &str, step: &str, more: Got) -> Result<(), String> {
        let Some(standing) = self.by_step.get_mut(&(dataflow.to_owned(), step.to_owned())) else {
            return Ok(());
        };
        let got = Arc::make_mut(&mut standing.got);
        if got.records.len() + got.files.len() + more.records.len() + more.files.len() > KEPT {
            return Err(format!("the stub of step `{step}` keeps no more than {KEPT} records and files"));
        }
        got.records.extend(more.records);
        got.files.extend(more.files);
        Ok(())
    }
}

impl Parts {
    /// Puts the stubs of a dataflow into its document, for one job.
    pub(crate) fn place_stubs(
        &self,
        dataflow: &str,
        document: &mut Document,
    ) -> Result<Vec<(String, Arc<Placed>)>, String> {
        let stubs = locked(&self.stubs);
        let mut placed = Vec::new();
        for ((of, step), standing) in &stubs.by_step {
            if of == dataflow {
                let one = document.stub(step, standing.stub.clone()).map_err(|why| why.to_string())?;
                placed.push((step.clone(), one));
            }
        }
        Ok(placed)
    }

    /// Keeps what stubs got in a job.
    pub(crate) fn keep_stubbed(&self, dataflow: &str, placed: Vec<(String, Arc<Placed>)>) {
        for (step, one) in placed {
            let kept = locked(&self.stubs).keep(dataflow, &step, one.got());
            if let Err(why) = kept {
                self.note(&why);
            }
        }
    }
}
