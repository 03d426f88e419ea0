//! The rows of all dtypes but float32, compiled for size: see lib.rs.

#![allow(clippy::too_many_arguments)]

#[macro_use]
mod macros;
mod scratch;
mod table;
