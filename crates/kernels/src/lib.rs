//! Numeric kernels: pure functions over slices.
//!
//! A kernel never allocates, never panics on valid shapes, and knows nothing of WASM or tensors.
//! Every `backward` *accumulates* (`+=`), so that a weight shared by T time steps needs no extra buffer.

// Indices are the formulas' own; constants are given with the digits of their fits.
#![allow(
    clippy::too_many_arguments,
    clippy::needless_range_loop,
    clippy::excessive_precision,
    clippy::type_complexity
)]

pub mod attention;
pub mod cache;
pub mod compare;
pub mod conv;
pub mod copy;
pub mod gemm;
pub mod gru;
pub mod indexing;
pub mod lstm;
pub mod math;
pub mod norm;
pub mod optim;
pub mod pointwise;
pub mod random;
pub mod real;
pub mod recurrent;
pub mod reduce;
pub mod rnn;
pub mod softmax;
