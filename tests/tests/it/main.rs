//! The tests that look at the repository as a whole. Unit tests live beside what they test.

mod examples;
mod generated;
mod repository;
mod stories;
mod tidy;
