//! The sync as tables, and as random histories against a fake of both sides.

mod answers;
mod crashes;
mod fake;
mod histories;
mod tables;
