//! Which scenarios are run.

use crate::args::RunCommand;
use standin_stage::runner::Ready;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// One of so many parts of all scenarios.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Shard {
    number: u64,
    of: u64,
}

/// How many parts there may be.
const SHARDS: u64 = 1000;

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts =
            text.split_once('/').and_then(|(number, of)| Some((number.parse().ok()?, of.parse().ok()?)));
        match parts {
            Some((number, of)) if (1..=of).contains(&number) && of <= SHARDS => Ok(Self { number, of }),
            _ => Err(format!("`{text}` is not K/N, with K from 1 to N and N at most {SHARDS}")),
        }
    }
}

impl Shard {
    /// Whether a scenario belongs to it. That depends on its file, as it stands below what was given, and its name
    /// alone: others may come and go, and the whole may stand elsewhere on each machine.
    fn takes(self, given: &[PathBuf], file: &Path, name: &str) -> bool {
        let text = [below(given, file), name.to_owned()].join("\n");
        hash(text.as_bytes()) % self.of == self.number - 1
    }
}

/// The path of a file from the folder that was given, with `/` between its parts.
fn below(given: &[PathBuf], file: &Path) -> String {
    let rest = given.iter().find_map(|folder| file.strip_prefix(folder).ok()).unwrap_or(file);
    let alone = if rest.as_os_str().is_empty() { file.file_name().map(Path::new) } else { None };
    let parts: Vec<_> = alone.unwrap_or(rest).iter().map(|part| part.to_string_lossy()).collect();
    parts.join("/")
}

/// FNV-1a, with the last step of MurmurHash3 so that the lower bits are as good as the others. A hash of the standard
/// library may be another one with the next compiler, and a scenario would move.
pub(crate) fn hash(bytes: &[u8]) -> u64 {
    let fnv = bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let mixed = (fnv ^ (fnv >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    let mixed = (mixed ^ (mixed >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    mixed ^ (mixed >> 33)
}

/// Whether it was asked for, of all parts.
pub(crate) fn wanted(command: &RunCommand, ready: &Ready) -> bool {
    let scenario = &ready.scenario;
    let any = |list: &[String], holds: &dyn Fn(&String) -> bool| list.is_empty() || list.iter().any(holds);
    any(&command.only, &|text| scenario.name.contains(text.as_str()))
        && any(&command.tag, &|tag| scenario.tags.contains(tag))
        && any(&command.clause, &|id| scenario.clauses.iter().any(|clause| clause.name == *id))
}

/// Whether it is in the part that was asked for.
pub(crate) fn here(command: &RunCommand, ready: &Ready) -> bool {
    let scenario = &ready.scenario;
    command
        .shard
        .is_none_or(|shard| shard.takes(&command.paths, Path::new(&scenario.source.name), &scenario.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shard_is_one_of_several() {
        for (text, expected) in
            [("1/1", true), ("2/3", true), ("0/3", false), ("4/3", false), ("1", false), ("1/1001", false)]
        {
            assert_eq!(text.parse::<Shard>().is_ok(), expected, "{text}");
        }
    }

    #[test]
    fn every_scenario_is_in_one_shard_and_stays_there() {
        let names: Vec<String> = (0..300).map(|number| format!("scenario {number}")).collect();
        let shards: Vec<Shard> = ["1/3", "2/3", "3/3"].iter().map(|text| text.parse().unwrap()).collect();
        let in_shard =
            |shard: &Shard| names.iter().filter(|name| shard.takes(&[], Path::new("a.yaml"), name)).count();
        let counts: Vec<usize> = shards.iter().map(in_shard).collect();
        assert_eq!(counts.iter().sum::<usize>(), names.len());
        assert!(counts.iter().all(|count| (70..130).contains(count)), "{counts:?}");
        // What is in a shard today is there tomorrow: the hash of "a", computed by another program.
        assert_eq!(hash(b"a"), 0x82a2_a958_a9be_ce5b);
    }

    #[test]
    fn where_the_folder_stands_is_no_part_of_it() {
        for (given, file, expected) in [
            ("scenarios", "scenarios/x/a.yaml", "x/a.yaml"),
            ("./scenarios", "./scenarios/x/a.yaml", "x/a.yaml"),
            ("/ws/1/scenarios/", "/ws/1/scenarios/x/a.yaml", "x/a.yaml"),
            ("scenarios//x", "scenarios//x/a.yaml", "a.yaml"),
            ("scenarios/x/a.yaml", "scenarios/x/a.yaml", "a.yaml"),
        ] {
            assert_eq!(below(&[given.into()], Path::new(file)), expected, "{given}");
        }
    }
}
