//! Qualifio to Gigya: the mapping rules and the real-time push with its outbox.
