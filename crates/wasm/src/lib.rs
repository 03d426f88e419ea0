//! The whole WASM boundary: one table. Only numbers cross it.
//!
//! A row is `name: type, ... = module::kernel(buffers; sizes; scalars)`; each name is exported for its element type.
//! `read x[len]` is `&[T]`, `write x[len]` is `&mut [T]`; with `maybe_` in front, a null pointer is `None`; `ints` are
//! i32 (indices) and `bools` are u8 (masks) whatever T is. Sizes are `usize`, scalars `f64`. The lengths are the safety
//! contract: TypeScript owns the memory, and promises that each pointer has that many elements, and that nothing
//! written overlaps anything else. The `checked` build verifies the promise on every call.

#![allow(clippy::too_many_arguments)]

#[macro_use]
mod macros;
mod memory;

#[cfg(feature = "checked")]
mod check;

use core::slice::{from_raw_parts, from_raw_parts_mut};
use wasm_bindgen::prelude::wasm_bindgen;

#[rustfmt::skip]
export! {
    accumulate: f32, accumulate_f64: f64 = pointwise::accumulate(read x[n], write y[n]; n);
    add: f32, add_f64: f64 = pointwise::add(read a[a_len], read b[b_len], write y[n]; n, a_len, b_len);
}
