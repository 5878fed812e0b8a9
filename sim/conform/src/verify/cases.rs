//! The scenarios of a role, put into a partner's world.

use crate::verify::role::{Verification, Work};
use standin_scenario::Source;
use standin_scenario::scenario::parse_world;
use standin_stage::WorldSpec;
use standin_stage::partner::Partner;
use standin_stage::runner::{BadInput, Extras, load_text, world_of};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Names and texts of a role's scenarios.
macro_rules! cases {
    ($role:literal: $($name:literal),* $(,)?) => {
        &[$((
            concat!("verify/", $role, "/", $name, ".yaml"),
            include_str!(concat!("cases/", $role, "/", $name, ".yaml")),
        )),*]
    };
}
pub(crate) use cases;

/// Words of the form `@{word}` in cases and in what they build on, and what stands for them in a partner's world.
pub(crate) type Words = Vec<(&'static str, String)>;

fn filled(text: &str, words: &Words) -> String {
    words.iter().fold(text.to_owned(), |text, (word, value)| text.replace(&format!("@{{{word}}}"), value))
}

/// What the cases of a role build on.
pub(crate) fn base(name: &str, text: &str, words: &Words, extras: &Extras) -> Result<WorldSpec, BadInput> {
    let source = Source::new(name, filled(text, words));
    let root = parse_world(&source).map_err(|mistake| BadInput(mistake.render(&source, false)))?;
    world_of(Path::new(name), &source, Some(&root), extras, false)
}

/// The `wanted` scenarios of a role in worlds that stand on `base` and below what the partner says, without those whose
/// every clause the partner leaves out.
pub(crate) fn cases_of(
    verification: &Verification<'_>,
    base: WorldSpec,
    over: WorldSpec,
    words: &Words,
    partner: Option<&Arc<Partner>>,
    wanted: &dyn Fn(&str) -> bool,
) -> Result<Vec<Work>, BadInput> {
    let extras = Extras { under: Some(base), over: Some(over), ..verification.extras.clone() };
    let mut work = Vec::new();
    for (name, text) in verification.partner.role.cases.iter().filter(|(name, _)| wanted(name)) {
        for mut ready in load_text(&PathBuf::from(name), &filled(text, words), &extras, verification.colour)?
        {
            if verification.partner.keep_wanted(&mut ready.scenario) {
                ready.partner = partner.cloned();
                work.push(Work::Case(Box::new(ready)));
            }
        }
    }
    Ok(work)
}
