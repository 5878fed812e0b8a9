//! The fake Gigya: accounts, search, site configuration, IdentitySync documents.
