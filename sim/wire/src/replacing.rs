//! Renaming over an existing file at servers that refuse to.

use standin_ports::FileError;

/// What it takes, one name at a time.
#[async_trait::async_trait]
pub(crate) trait Names: Send + Sync {
    /// Gives a file another name, which a server may refuse where it is taken.
    async fn rename(&self, from: &str, to: &str) -> Result<(), FileError>;
    /// Removes a file.
    async fn remove(&self, path: &str) -> Result<(), FileError>;
    /// Whether there is a file of that name.
    async fn stands(&self, path: &str) -> Result<bool, FileError>;
}

/// Renames over an existing file. The old file steps aside first and is removed last, so that its bytes are never
/// nowhere: a refusal gives it its name back, and whoever comes again after a break finds the name free or taken,
/// and either ends in the same state.
pub(crate) async fn replace(names: &dyn Names, from: &str, to: &str) -> Result<(), FileError> {
    let aside = format!("{from}.old");
    match names.rename(from, to).await {
        Ok(()) => {}
        Err(refused @ (FileError::Failed(_) | FileError::Denied(_))) => {
            // Without a source nothing may be moved, and a refusal may have other reasons than the name.
            if !names.stands(from).await? {
                return Err(FileError::NotFound(from.to_owned()));
            }
            if !names.stands(to).await? {
                return Err(refused);
            }
            gone(names.remove(&aside).await)?;
            names.rename(to, &aside).await?;
            if let Err(error) = names.rename(from, to).await {
                if !matches!(error, FileError::Lost(_)) {
                    names.rename(&aside, to).await?;
                }
                return Err(error);
            }
        }
        Err(error) => return Err(error),
    }
    // That of this rename, or of one that broke in between.
    gone(names.remove(&aside).await)
}

/// Only a break matters: what cannot be removed was not there, or stays and harms nobody.
fn gone(removed: Result<(), FileError>) -> Result<(), FileError> {
    match removed {
        Err(FileError::Lost(why)) => Err(FileError::Lost(why)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pollster::block_on;
    use std::collections::BTreeMap;
    use std::sync::Mutex;

    /// A server that replaces nothing, and loses its connection before operation `breaks`.
    struct Strict {
        files: Mutex<BTreeMap<String, &'static str>>,
        breaks: Mutex<usize>,
        refuses: Option<usize>,
    }

    impl Strict {
        fn next(&self) -> Result<usize, FileError> {
            let mut left = self.breaks.lock().unwrap();
            *left = left.wrapping_sub(1);
            if *left == 0 { Err(FileError::Lost("broke".to_owned())) } else { Ok(*left) }
        }
    }

    #[async_trait::async_trait]
    impl Names for Strict {
        async fn rename(&self, from: &str, to: &str) -> Result<(), FileError> {
            let left = self.next()?;
            let mut files = self.files.lock().unwrap();
            if files.contains_key(to) || self.refuses == Some(left) {
                return Err(FileError::Failed(format!("{to} is taken")));
            }
            let text = files.remove(from).ok_or_else(|| FileError::NotFound(from.to_owned()))?;
            files.insert(to.to_owned(), text);
            Ok(())
        }

        async fn remove(&self, path: &str) -> Result<(), FileError> {
            self.next()?;
            let removed = self.files.lock().unwrap().remove(path);
            removed.map(drop).ok_or_else(|| FileError::NotFound(path.to_owned()))
        }

        async fn stands(&self, path: &str) -> Result<bool, FileError> {
            self.next()?;
            Ok(self.files.lock().unwrap().contains_key(path))
        }
    }

    fn server(files: &[(&str, &'static str)], breaks: usize) -> Strict {
        let files = files.iter().map(|(name, text)| ((*name).to_owned(), *text)).collect();
        Strict { files: Mutex::new(files), breaks: Mutex::new(breaks), refuses: None }
    }

    fn names(server: &Strict) -> Vec<(String, &'static str)> {
        server.files.lock().unwrap().clone().into_iter().collect()
    }

    #[test]
    fn a_break_anywhere_loses_no_file_and_the_next_attempt_ends_it() {
        for (files, operations) in [(&[("a.part", "new"), ("a", "old")][..], 7), (&[("a.part", "new")], 2)] {
            for breaks in 1..=operations {
                let server = server(files, breaks);
                let broke = block_on(replace(&server, "a.part", "a"));
                assert_eq!(broke, Err(FileError::Lost("broke".to_owned())), "operation {breaks}");
                let there = names(&server);
                assert!(there.iter().any(|(_, text)| *text == "new"), "operation {breaks}: {there:?}");
                match block_on(replace(&server, "a.part", "a")) {
                    Ok(()) => assert_eq!(names(&server), [("a".to_owned(), "new")]),
                    // The rename itself was done: who asks again hears so, and looks.
                    Err(error) => {
                        assert_eq!(error, FileError::NotFound("a.part".to_owned()));
                        assert_eq!(server.files.lock().unwrap().get("a"), Some(&"new"));
                    }
                }
            }
            let server = server(files, 0);
            assert_eq!(block_on(replace(&server, "a.part", "a")), Ok(()));
            assert_eq!(names(&server), [("a".to_owned(), "new")]);
        }
    }

    #[test]
    fn a_refusal_leaves_everything_as_it_was() {
        let mut server = server(&[("a.part", "new"), ("a", "old")], 100);
        // The sixth operation, which is the second rename to the final name.
        server.refuses = Some(94);
        assert!(matches!(block_on(replace(&server, "a.part", "a")), Err(FileError::Failed(_))));
        assert_eq!(names(&server), [("a".to_owned(), "old"), ("a.part".to_owned(), "new")]);
        let error = block_on(replace(&server, "none", "a")).err();
        assert_eq!(error, Some(FileError::NotFound("none".to_owned())));
        assert_eq!(names(&server).len(), 2);
    }
}
