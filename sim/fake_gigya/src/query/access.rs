//! What a condition says about single fields, for sources that keep an index. It only narrows down where
//! matches can be: the condition itself is still asked.

use crate::query::tree::{Constant, Expr, Op, Path};
use std::cmp::Ordering;
use std::ops::Bound;

/// The part of a condition that indexes understand.
#[derive(Clone, Debug, Default)]
pub(crate) struct Access(Option<Expr>);

/// Between which constants a field's values must lie.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Range {
    pub(crate) from: Bound<Constant>,
    pub(crate) to: Bound<Constant>,
}

impl Access {
    pub(crate) fn of(filter: Option<&Expr>) -> Self {
        Self(filter.cloned())
    }

    /// The constants one of which a value at one of the paths must be in every match.
    pub(crate) fn equal(&self, paths: &[&str]) -> Option<Vec<&Constant>> {
        equal(self.0.as_ref()?, paths, false)
    }

    /// The same for fields of which `contains` takes the whole value.
    pub(crate) fn whole(&self, paths: &[&str]) -> Option<Vec<&Constant>> {
        equal(self.0.as_ref()?, paths, true)
    }

    /// The range in which a value at `path` must lie in every match.
    pub(crate) fn range(&self, path: &str) -> Option<Range> {
        range(self.0.as_ref()?, path)
    }
}

fn equal<'e>(expr: &'e Expr, paths: &[&str], contains: bool) -> Option<Vec<&'e Constant>> {
    let here = |path: &Path| paths.contains(&path.as_str());
    match expr {
        Expr::Compare { path, op: Op::Equal, value } if here(path) => Some(vec![value]),
        Expr::Contains { path, value } if contains && here(path) => Some(vec![value]),
        Expr::In { path, values } if here(path) => Some(values.iter().collect()),
        Expr::And(terms) => terms.iter().find_map(|term| equal(term, paths, contains)),
        Expr::Or(terms) => {
            let each: Option<Vec<_>> = terms.iter().map(|term| equal(term, paths, contains)).collect();
            Some(each?.concat())
        }
        _ => None,
    }
}

fn range(expr: &Expr, path: &str) -> Option<Range> {
    match expr {
        Expr::Compare { path: at, op, value } if at.as_str() == path => Some(match op {
            Op::Equal => Range { from: Bound::Included(value.clone()), to: Bound::Included(value.clone()) },
            Op::Less => Range { from: Bound::Unbounded, to: Bound::Excluded(value.clone()) },
            Op::LessOrEqual => Range { from: Bound::Unbounded, to: Bound::Included(value.clone()) },
            Op::Greater => Range { from: Bound::Excluded(value.clone()), to: Bound::Unbounded },
            Op::GreaterOrEqual => Range { from: Bound::Included(value.clone()), to: Bound::Unbounded },
            Op::NotEqual => return None,
        }),
        // A list of values may meet the two bounds with two of its values, but no list is indexed.
        Expr::And(terms) => terms.iter().filter_map(|term| range(term, path)).reduce(Range::and),
        _ => None,
    }
}

impl Range {
    /// The narrower bounds of both.
    fn and(self, other: Self) -> Self {
        let later = |a: &Bound<Constant>, b: &Bound<Constant>| tighter(a, b, Ordering::is_lt);
        let earlier = |a: &Bound<Constant>, b: &Bound<Constant>| tighter(a, b, Ordering::is_gt);
        Self { from: later(&self.from, &other.from), to: earlier(&self.to, &other.to) }
    }
}

/// `b` if `a` is no bound or lies on the wrong side of it; where both are equal, the one that excludes.
fn tighter(a: &Bound<Constant>, b: &Bound<Constant>, looser: fn(Ordering) -> bool) -> Bound<Constant> {
    let value = |bound: &Bound<Constant>| match bound {
        Bound::Included(value) | Bound::Excluded(value) => Some(value.clone()),
        Bound::Unbounded => None,
    };
    let (Some(left), Some(right)) = (value(a), value(b)) else {
        return if matches!(a, Bound::Unbounded) { b.clone() } else { a.clone() };
    };
    let order = match (&left, &right) {
        (Constant::Whole(left), Constant::Whole(right)) => left.cmp(right),
        (Constant::Text(left), Constant::Text(right)) => left.cmp(right),
        _ => return a.clone(),
    };
    let b_wins = looser(order) || (order.is_eq() && matches!(b, Bound::Excluded(_)));
    if b_wins { b.clone() } else { a.clone() }
}
