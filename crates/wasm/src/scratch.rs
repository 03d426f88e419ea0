//! How many elements of scratch a row needs.

#[cfg(not(feature = "compact"))]
use wasm_bindgen::prelude::wasm_bindgen;

/// The elements of `scratch` that a product of these sizes needs; for a batch, with the rows of all.
#[cfg_attr(not(feature = "compact"), wasm_bindgen)]
pub fn gemm_scratch(m: usize, n: usize, k: usize) -> usize {
    kernels::gemm::scratch(m, n, k)
}

/// The elements of `scratch` that a convolution needs, either way: `taps` are channels times width, of one group.
#[cfg_attr(not(feature = "compact"), wasm_bindgen)]
pub fn conv_scratch(taps: usize, outputs: usize, steps: usize) -> usize {
    kernels::conv::scratch(taps, outputs, steps)
}

/// The elements of `scratch` that attention needs, either way: `rows` are the queries of a group.
#[cfg_attr(not(feature = "compact"), wasm_bindgen)]
pub fn attention_scratch(rows: usize, keys: usize, features: usize, values: usize) -> usize {
    kernels::attention::scratch(rows, keys, features, values)
}

/// The elements of `scratch` that attention over a cache needs.
#[cfg_attr(not(feature = "compact"), wasm_bindgen)]
pub fn cache_scratch(capacity: usize, size: usize) -> usize {
    kernels::cache::scratch(capacity, size)
}

/// The elements of `scratch` that a recurrent layer with blocks of `gates` needs, forward or backward.
#[cfg_attr(not(feature = "compact"), wasm_bindgen)]
pub fn recurrent_scratch(
    time: usize, batch: usize, input: usize, hidden: usize, output: usize, gates: usize,
) -> usize {
    kernels::recurrent::scratch(kernels::recurrent::Sizes {
        time,
        batch,
        input,
        hidden,
        output,
        gates,
        reverse: false,
    })
}
