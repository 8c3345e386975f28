//! Tests of the checks: the mapping specification's vectors and more, as data.
