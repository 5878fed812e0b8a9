//! The scenario language: text in, steps with positions out; outcomes.
