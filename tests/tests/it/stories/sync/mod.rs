//! Stories of the sync: a real control plane on one side, an emulator of AWS on the other.

mod aws;
mod bed;
mod crashes;
mod export;
mod import;
mod two_way;
