//! Countries, by ISO code and by English name.

use std::fmt;

/// A country that has a known code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Country(usize);

/// Alpha-2, alpha-3, English short name.
const TABLE: &[(&str, &str, &str)] = &[
    ("AT", "AUT", "Austria"),
    ("AU", "AUS", "Australia"),
    ("BE", "BEL", "Belgium"),
    ("BG", "BGR", "Bulgaria"),
    ("BR", "BRA", "Brazil"),
    ("CA", "CAN", "Canada"),
    ("CH", "CHE", "Switzerland"),
    ("CY", "CYP", "Cyprus"),
    ("CZ", "CZE", "Czech Republic"),
    ("DE", "DEU", "Germany"),
    ("DK", "DNK", "Denmark"),
    ("EE", "EST", "Estonia"),
    ("ES", "ESP", "Spain"),
    ("FI", "FIN", "Finland"),
    ("FR", "FRA", "France"),
    ("GB", "GBR", "United Kingdom"),
    ("GR", "GRC", "Greece"),
    ("HR", "HRV", "Croatia"),
    ("HU", "HUN", "Hungary"),
    ("IE", "IRL", "Ireland"),
    ("IT", "ITA", "Italy"),
    ("LT", "LTU", "Lithuania"),
    ("LU", "LUX", "Luxembourg"),
    ("LV", "LVA", "Latvia"),
    ("MA", "MAR", "Morocco"),
    ("MT", "MLT", "Malta"),
    ("NL", "NLD", "Netherlands"),
    ("NO", "NOR", "Norway"),
    ("PL", "POL", "Poland"),
    ("PT", "PRT", "Portugal"),
    ("RO", "ROU", "Romania"),
    ("SE", "SWE", "Sweden"),
    ("SI", "SVN", "Slovenia"),
    ("SK", "SVK", "Slovakia"),
    ("TR", "TUR", "Turkey"),
    ("US", "USA", "United States"),
];

impl Country {
    /// Every country, in order of its alpha-2 code.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..TABLE.len()).map(Self)
    }

    /// By alpha-2 or alpha-3 code, in any case.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::all().find(|country| {
            let (two, three, _) = TABLE[country.0];
            two.eq_ignore_ascii_case(code) || three.eq_ignore_ascii_case(code)
        })
    }

    /// By code or by English name, in any case.
    pub fn find(word: &str) -> Option<Self> {
        let word = word.trim();
        Self::from_code(word)
            .or_else(|| Self::all().find(|country| country.name().eq_ignore_ascii_case(word)))
    }

    /// English short name.
    pub fn name(self) -> &'static str {
        TABLE[self.0].2
    }

    /// Two-letter code, upper case.
    pub fn alpha2(self) -> &'static str {
        TABLE[self.0].0
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The English name where `value` is a known code, else `value` itself: `Belgique` stays, since a guess at
/// translations would be wrong sooner or later.
pub fn name_or_self(value: &str) -> &str {
    match Country::from_code(value) {
        Some(country) => country.name(),
        None => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn codes_become_names_and_the_rest_stays() {
        for (value, expected) in [
            ("be", "Belgium"),
            ("BEL", "Belgium"),
            ("GB", "United Kingdom"),
            ("Belgique", "Belgique"),
            ("Belgium", "Belgium"),
            ("XX", "XX"),
            ("B E", "B E"),
            ("", ""),
        ] {
            assert_eq!(name_or_self(value), expected);
        }
    }

    #[test]
    fn a_name_finds_its_code() {
        assert_eq!(Country::find(" belgium ").map(Country::alpha2), Some("BE"));
        assert_eq!(Country::find("bel").map(Country::alpha2), Some("BE"));
        assert_eq!(Country::find("Belgique"), None);
    }

    proptest! {
        #[test]
        fn naming_twice_is_naming_once(value in ".*") {
            let once = name_or_self(&value);
            prop_assert_eq!(name_or_self(once), once);
        }
    }
}
