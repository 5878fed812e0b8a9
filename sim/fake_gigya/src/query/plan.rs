//! A query, prepared once: checked, its paths cut, its condition compiled.

use crate::envelope::Refusal;
use crate::query::access::Access;
use crate::query::eval::{Filter, Names, names};
use crate::query::fields::Fields;
use crate::query::parse::parse;
use crate::query::tree::{Direction, Function, Item, Path, Query, Select};

/// A prepared query.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// The source, in the query's spelling.
    pub(crate) from: String,
    /// `None` is everything.
    pub(super) shown: Option<Vec<Shown>>,
    pub(super) aggregates: Vec<Aggregate>,
    pub(super) group_by: Vec<Names>,
    pub(super) filter: Option<Filter>,
    pub(super) order_by: Vec<(Names, Direction)>,
    pub(crate) access: Access,
    pub(crate) start: Option<u64>,
    pub(crate) limit: Option<u64>,
}

/// A path of the select list.
#[derive(Clone, Debug)]
pub(super) struct Shown {
    pub(super) path: Names,
    pub(super) alias: Option<String>,
}

/// A function of the select list and the name of its column.
#[derive(Clone, Debug)]
pub(super) struct Aggregate {
    pub(super) function: Function,
    pub(super) path: Option<Names>,
    pub(super) column: String,
}

impl Plan {
    /// Reads and prepares a query; everything that is wrong with it is refused here.
    pub(crate) fn new(text: &str, fields: Fields<'_>) -> Result<Self, Refusal> {
        let query = parse(text)?;
        fields.check(&query)?;
        check_groups(&query)?;
        let (mut shown, mut aggregates) = (None, Vec::new());
        if let Select::Items(items) = &query.select {
            for item in items {
                match item {
                    Item::Path { path, alias } => {
                        let alias = alias.as_ref().map(|alias| alias.as_str().to_owned());
                        shown.get_or_insert_with(Vec::new).push(Shown { path: names(path), alias });
                    }
                    Item::Aggregate { function, path, alias } => {
                        aggregates.push(aggregate(*function, path.as_ref(), alias.as_ref()));
                    }
                }
            }
        }
        let filter = query.filter.as_ref().map(|filter| Filter::new(filter, fields));
        Ok(Self {
            from: query.from.as_str().to_owned(),
            shown,
            aggregates,
            group_by: query.group_by.iter().map(names).collect(),
            filter,
            order_by: query.order_by.iter().map(|(path, direction)| (names(path), *direction)).collect(),
            access: Access::of(query.filter.as_ref()),
            start: query.start,
            limit: query.limit,
        })
    }

    /// Whether whole documents are shown.
    pub(crate) fn shows_everything(&self) -> bool {
        self.shown.is_none() && !self.aggregates()
    }

    /// Whether the answer is computed over matches instead of showing them.
    pub(crate) fn aggregates(&self) -> bool {
        !self.group_by.is_empty() || !self.aggregates.is_empty()
    }
}

fn aggregate(function: Function, path: Option<&Path>, alias: Option<&Path>) -> Aggregate {
    let column = alias.map(|alias| alias.as_str().to_owned());
    let written = || format!("{}({})", function.word(), path.map_or("*", Path::as_str));
    Aggregate { function, path: path.map(names), column: column.unwrap_or_else(written) }
}

/// Beside a function or a GROUP BY only fields of the GROUP BY can be shown.
fn check_groups(query: &Query) -> Result<(), Refusal> {
    let Select::Items(items) = &query.select else {
        return match query.group_by.is_empty() {
            true => Ok(()),
            false => Err(Refusal::because(400_006, "SELECT * cannot be used with GROUP BY")),
        };
    };
    let computed = items.iter().any(|item| matches!(item, Item::Aggregate { .. }));
    if !computed && query.group_by.is_empty() {
        return Ok(());
    }
    for item in items {
        if let Item::Path { path, .. } = item
            && !query.group_by.contains(path)
        {
            return Err(Refusal::because(400_006, format!("field {path} is neither grouped nor aggregated")));
        }
    }
    Ok(())
}
