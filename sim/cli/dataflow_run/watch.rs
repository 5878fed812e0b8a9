//! The progress of a run on a terminal, and Ctrl-C.

use indicatif::{ProgressBar, ProgressStyle};
use standin_dataflow::{StepCount, Watcher};
use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::runtime::Handle;

/// Shows how far a job is, and stops it when it is asked to.
pub(crate) struct Watch {
    bar: ProgressBar,
    asked: Arc<AtomicBool>,
}

impl Watch {
    /// A bar on standard error if that is a terminal; with an end if there is a limit.
    pub(crate) fn new(limit: Option<u64>) -> Self {
        let bar =
            if std::io::stderr().is_terminal() { ProgressBar::new_spinner() } else { ProgressBar::hidden() };
        let template = match limit {
            Some(limit) => {
                bar.set_length(limit);
                "{bar:24} {human_pos}/{human_len} records, {per_sec}, {elapsed} {wide_msg}"
            }
            None => "{spinner} {human_pos} records, {per_sec}, {elapsed} {wide_msg}",
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(200));
        Self { bar, asked: Arc::default() }
    }

    /// Ctrl-C stops the job where it may be stopped; the second one ends the program.
    pub(crate) fn listen(&self, handle: &Handle) {
        let (asked, bar) = (Arc::clone(&self.asked), self.bar.clone());
        drop(handle.spawn(async move {
            while tokio::signal::ctrl_c().await.is_ok() {
                if asked.swap(true, Ordering::Relaxed) {
                    std::process::exit(1);
                }
                bar.set_message("stopping");
            }
        }));
    }

    /// Takes the bar away and tells how long it all took.
    pub(crate) fn finish(&self) -> Duration {
        let took = self.bar.elapsed();
        self.bar.finish_and_clear();
        took
    }
}

impl Watcher for Watch {
    fn goes_on(&self, steps: &[StepCount]) -> bool {
        // What is made at the first steps of a flow came in from outside.
        let records = |step: &&StepCount| {
            step.kind.starts_with("datasource.read.gigya") || step.kind.starts_with("file.parse")
        };
        self.bar.set_position(steps.iter().filter(records).map(|step| step.made).sum());
        let errors: u64 = steps.iter().map(|step| step.errors).sum();
        if errors > 0 && !self.asked.load(Ordering::Relaxed) {
            self.bar.set_message(format!("{errors} errors"));
        }
        !self.asked.load(Ordering::Relaxed)
    }
}
