//! Golden tests, stories on a real API server, and the house rules.
