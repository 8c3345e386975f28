//! Vectors V70 to V85: Linux, security, volumes.
