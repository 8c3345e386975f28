//! The tests that look at the repository as a whole. Unit tests live beside what they test.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking, in its helpers too")]

mod corpus;
mod documents;
mod examples;
mod generated;
mod golden;
mod reference;
mod repository;
mod stories;
mod tidy;
mod vectors;
