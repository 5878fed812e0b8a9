//! Roles, clauses and the ledger of evidence.
