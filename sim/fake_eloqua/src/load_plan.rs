//! From the headings of a file to the plan of its import.

use crate::eloqua::Eloqua;
use crate::field;
use crate::import::{Column, Plan, Target, UpdateRule};
use crate::job::{ImportJob, Job, Of, Run};
use crate::statement::{Own, Statement};
use standin_model::mutant::mutated;
use std::collections::BTreeSet;

/// The key under which a constant stands in every row.
pub(crate) fn constant_key(field: &str) -> String {
    format!("{field} (constant)")
}

impl Eloqua {
    /// The plan of a file with these headings.
    pub(crate) fn plan_of(
        &self,
        job: &Job,
        import: &ImportJob,
        headings: &[String],
        record: &mut Run,
    ) -> Result<Plan, String> {
        let mut columns = Vec::new();
        let mut unmapped = BTreeSet::new();
        for heading in headings {
            let target = match &import.sets_subscription {
                Some(sets) if sets.column == *heading => {
                    Some(Target::Subscription { yes: sets.yes.clone(), no: sets.no.clone() })
                }
                _ => self.target_of(job, import, heading)?,
            };
            let target = target.filter(|target| !self.is_constant(import, target));
            match target {
                Some(target) => {
                    columns.push(Column { key: heading.clone(), target, rule: import.rule_of(heading) });
                }
                None => {
                    unmapped.insert(heading.clone());
                    record.note(format!("column `{heading}` is not mapped and was ignored"));
                }
            }
        }
        for (name, _) in &import.constants {
            let statement = self.statement_of(import.kind.of(), name);
            let target = Target::Statement(statement.ok_or_else(|| format!("no field is called {name}"))?);
            columns.push(Column { key: constant_key(name), target, rule: import.rule_of(name) });
        }
        for (column, _) in &job.mapping {
            if !headings.contains(column) {
                record.note(format!("column `{column}` is mapped and not in the file"));
            }
        }
        let key = self.statement_of(import.kind.of(), &import.key);
        let names_key = |column: &&Column| match &column.target {
            Target::Statement(statement) => key.as_ref() == Some(statement),
            Target::Subscription { .. } => false,
        };
        let identifier = columns
            .iter()
            .find(|column| names_key(column) || mutated("eloqua.import.key-is-the-first-column"))
            .map(|column| column.key.clone())
            .ok_or_else(|| format!("no column holds the unique match field {}", import.key))?;
        Ok(Plan {
            columns,
            identifier,
            import_rule: import.import_rule,
            multiple: false,
            null_identifier: false,
            actions: Vec::new(),
            fractions_ignored: true,
            unmapped,
            card: None,
        })
    }

    /// Whether a constant stands in for a column.
    fn is_constant(&self, import: &ImportJob, target: &Target) -> bool {
        let Target::Statement(statement) = target else { return false };
        let mut constants = import.constants.iter();
        constants.any(|(name, _)| self.statement_of(import.kind.of(), name).as_ref() == Some(statement))
    }

    /// What a heading is mapped to. Without a mapping, internal names and display names speak for themselves.
    fn target_of(&self, job: &Job, import: &ImportJob, heading: &str) -> Result<Option<Target>, String> {
        let of = import.kind.of();
        let statement = if job.mapping.is_empty() {
            self.heading_of(of, heading).filter(Statement::writable)
        } else {
            let Some((_, name)) = job.mapping.iter().find(|(column, _)| column == heading) else {
                return Ok(None);
            };
            Some(self.statement_of(of, name).ok_or_else(|| format!("no field is called {name}"))?)
        };
        Ok(statement.map(Target::Statement))
    }

    fn heading_of(&self, of: Of, heading: &str) -> Option<Statement> {
        match of {
            Of::Contacts => {
                let named = || {
                    self.store
                        .fields
                        .named(heading)
                        .filter(|_| !mutated("eloqua.import.display-name-unknown"))
                };
                let field = self.store.fields.internal(heading).or_else(named);
                field.cloned().map(Statement::Field)
            }
            Of::Records(owner) => {
                let table = self.store.records.of(owner)?;
                let named = || table.fields.iter().find(|field| field.name.eq_ignore_ascii_case(heading));
                let field = table.internal(heading).or_else(named)?;
                Some(Statement::Record(owner, Own::Field(field.clone())))
            }
        }
    }

    /// A statement, or the field of an internal name.
    pub(crate) fn statement_of(&self, of: Of, name: &str) -> Option<Statement> {
        match of {
            Of::Contacts => {
                let field = self.store.fields.internal(name).cloned().map(Statement::Field);
                field.or_else(|| Statement::read(name, &self.store))
            }
            Of::Records(owner) => {
                let field = self.store.records.of(owner)?.internal(name).cloned();
                let field = field.map(|field| Statement::Record(owner, Own::Field(field)));
                field.or_else(|| Statement::read_record(name, owner, &self.store))
            }
        }
    }

    /// The column that is mapped to a statement.
    pub(crate) fn column_of(
        &self,
        job: &Job,
        import: &ImportJob,
        headings: &[String],
        wanted: &Statement,
    ) -> Option<String> {
        let of = import.kind.of();
        let fits = |heading: &&String| {
            let mapped = job.mapping.iter().find(|(column, _)| column == *heading);
            let statement = match mapped {
                Some((_, name)) => self.statement_of(of, name),
                None if job.mapping.is_empty() => self.heading_of(of, heading),
                None => None,
            };
            statement.as_ref() == Some(wanted)
        };
        headings.iter().find(fits).cloned()
    }

    /// The column that holds addresses.
    pub(crate) fn address_column(
        &self,
        job: &Job,
        import: &ImportJob,
        headings: &[String],
    ) -> Result<String, String> {
        let email = self.store.fields.get(field::EMAIL).cloned().map(Statement::Field);
        let column = email.and_then(|email| self.column_of(job, import, headings, &email));
        column.ok_or_else(|| "no column holds the address".to_owned())
    }
}

impl ImportJob {
    fn rule_of(&self, column: &str) -> UpdateRule {
        let own = self.update_rules.iter().find(|(name, _)| name == column);
        own.map_or(self.update_rule, |(_, rule)| *rule)
    }
}
