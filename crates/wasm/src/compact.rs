//! The rows of float64: see lib.rs.

#![allow(clippy::too_many_arguments)]

#[macro_use]
mod macros;
mod scratch;
mod table;
