//! Where something is, and why it can be nowhere else.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

/// The longest name, in bytes.
pub const NAME_LIMIT: usize = 255;
/// The longest path, in bytes.
pub const PATH_LIMIT: usize = 4096;

/// An absolute path without `.`, `..`, empty parts, control characters or U+FFFD: `/`, `/eloqua/in`.
///
/// Paths are ordered by their bytes, so everything in a folder lies together.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct DropPath(Arc<str>);

/// The text can be no path.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BadPath {
    /// More than [`PATH_LIMIT`] bytes.
    #[error("the path is longer than {PATH_LIMIT} bytes")]
    TooLong,
    /// A part of more than [`NAME_LIMIT`] bytes.
    #[error("a name is longer than {NAME_LIMIT} bytes")]
    NameTooLong,
    /// A NUL or another control character.
    #[error("a name has a control character in it")]
    Control,
    /// Bytes that are no UTF-8. SFTP's library shows them as U+FFFD, under which two names could become one.
    #[error("a name is not in UTF-8")]
    NotText,
}

impl DropPath {
    /// The root.
    pub fn root() -> Self {
        Self(Arc::from("/"))
    }

    /// Reads a path as a client writes it. A relative one starts at the root, `..` at the root stays there,
    /// as for a login that is confined to its folder: no text leads above the root.
    pub fn parse(text: &str) -> Result<Self, BadPath> {
        if text.len() > PATH_LIMIT {
            return Err(BadPath::TooLong);
        }
        if text.chars().any(char::is_control) {
            return Err(BadPath::Control);
        }
        if text.contains(char::REPLACEMENT_CHARACTER) {
            return Err(BadPath::NotText);
        }
        let mut parts: Vec<&str> = Vec::new();
        for part in text.split('/') {
            match part {
                "" | "." => {}
                ".." => {
                    parts.pop();
                }
                name if name.len() > NAME_LIMIT => return Err(BadPath::NameTooLong),
                name => parts.push(name),
            }
        }
        Ok(Self(Arc::from(format!("/{}", parts.join("/")))))
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is the root.
    pub fn is_root(&self) -> bool {
        &*self.0 == "/"
    }

    /// The last part; empty for the root.
    pub fn name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or_default()
    }

    /// The folder that it is in; none for the root.
    pub fn parent(&self) -> Option<Self> {
        let (folder, name) = self.0.rsplit_once('/')?;
        if name.is_empty() {
            return None;
        }
        Some(if folder.is_empty() { Self::root() } else { Self(Arc::from(folder)) })
    }

    /// The same place seen from outside, when this path was meant within `root`.
    pub fn under(&self, root: &Self) -> Result<Self, BadPath> {
        let whole = match (root.is_root(), self.is_root()) {
            (true, _) => return Ok(self.clone()),
            (false, true) => return Ok(root.clone()),
            (false, false) => format!("{}{}", root.0, self.0),
        };
        if whole.len() > PATH_LIMIT { Err(BadPath::TooLong) } else { Ok(Self(Arc::from(whole))) }
    }

    /// What stands before the names of everything within: the path and a slash.
    pub(crate) fn prefix(&self) -> String {
        if self.is_root() { "/".to_owned() } else { format!("{}/", self.0) }
    }

    /// Whether this is `folder` or lies within it.
    pub fn is_within(&self, folder: &Self) -> bool {
        self == folder || self.0.starts_with(&folder.prefix())
    }

    /// The same place after `from`, which it lies within, became `to`.
    pub(crate) fn moved(&self, from: &Self, to: &Self) -> Result<Self, BadPath> {
        let rest = self.0.get(from.0.len()..).unwrap_or_default();
        let whole = format!("{}{rest}", to.0);
        if whole.len() > PATH_LIMIT { Err(BadPath::TooLong) } else { Ok(Self(Arc::from(whole))) }
    }
}

impl fmt::Display for DropPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Borrow<str> for DropPath {
    fn borrow(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(DropPath::parse(text).unwrap().as_str(), expected, "{text:?}");
    }

    #[test]
    fn paths_are_read_as_a_confined_login_means_them() {
        check("", "/");
        check(".", "/");
        check("/", "/");
        check("eloqua/in", "/eloqua/in");
        check("/eloqua//in/", "/eloqua/in");
        check("/eloqua/./out/../in", "/eloqua/in");
        check("../../etc/passwd", "/etc/passwd");
        check("/..", "/");
        check("..\\..\\x", "/..\\..\\x");
        check("/ünï/日本", "/ünï/日本");
    }

    #[test]
    fn hostile_names_are_refused() {
        for (text, expected) in [
            ("a\0b".to_owned(), BadPath::Control),
            ("a\nb".to_owned(), BadPath::Control),
            ("a\u{85}b".to_owned(), BadPath::Control),
            (String::from_utf8_lossy(b"a\xffb").into_owned(), BadPath::NotText),
            ("x".repeat(256), BadPath::NameTooLong),
            ("x/".repeat(2049), BadPath::TooLong),
        ] {
            assert_eq!(DropPath::parse(&text), Err(expected));
        }
    }

    #[test]
    fn names_and_parents() {
        for (text, name, parent) in [("/", "", None), ("/a", "a", Some("/")), ("/a/b", "b", Some("/a"))] {
            let path = DropPath::parse(text).unwrap();
            let above = path.parent();
            assert_eq!((path.name(), above.as_ref().map(DropPath::as_str)), (name, parent));
        }
    }

    proptest! {
        #[test]
        fn no_text_leads_out_of_the_root(text in "(\\.\\.|\\.|/|[a-c]|\\\\|%2e|é){0,24}") {
            let root = DropPath::parse("/home/ann").unwrap();
            let path = DropPath::parse(&text).unwrap();
            let seen = path.under(&root).unwrap();
            prop_assert!(seen.is_within(&root));
            prop_assert!(seen.as_str().split('/').skip(1).all(|part| !matches!(part, "" | "." | "..")));
            prop_assert_eq!(DropPath::parse(path.as_str()).unwrap(), path);
        }

        #[test]
        fn no_text_panics(text in ".{0,300}") {
            if let Ok(path) = DropPath::parse(&text) {
                prop_assert!(path.as_str().starts_with('/'));
            }
        }
    }
}
