//! The whole WASM boundary: the rows of table.rs, memory, and a few functions of numbers. Only numbers cross it.
//!
//! The rows of float64, int32 and bool come from a crate of their own, the same table compiled for size: speed is float32's, and
//! every user carries the bytes. The `checked` build has all rows here.

#![allow(clippy::too_many_arguments, clippy::identity_op)] // rows say 1 · H where others say 4 · H

#[macro_use]
mod macros;
mod memory;
mod scalars;
mod scratch;
mod table;

#[cfg(feature = "checked")]
mod check;

#[cfg(not(feature = "checked"))]
use compact as _; // linked for its exports
