//! The examples are documents that our types take and our checks accept.
