//! The pure middle: check, translate, plan and report, without IO, clock or environment.
