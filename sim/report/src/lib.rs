//! Projections of outcomes: terminal, JUnit, JSON.
