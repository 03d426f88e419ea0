//! Numeric kernels: pure functions over slices.
//!
//! A kernel never allocates, never panics on valid shapes, and knows nothing of WASM or tensors.
//! Every `backward` *accumulates* (`+=`), so that a weight shared by T time steps needs no extra buffer.

#![allow(clippy::too_many_arguments)]

pub mod gemm;
pub mod math;
pub mod pointwise;
pub mod real;
