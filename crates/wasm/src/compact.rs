//! The rows of all dtypes but float32, compiled for size: see lib.rs.

#![allow(clippy::too_many_arguments, clippy::identity_op)] // rows say 1 · H where others say 4 · H

#[macro_use]
mod macros;
mod scratch;
mod table;
