//! The tests that look at the repository as a whole. Unit tests live beside what they test.

mod corpus;
mod examples;
mod generated;
mod golden;
mod repository;
mod stories;
mod tidy;
