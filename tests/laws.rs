//! The world at random.
