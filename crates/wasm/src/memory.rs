//! Memory for TypeScript, which is its only owner: kernels never allocate.

use std::alloc::Layout;
use wasm_bindgen::prelude::wasm_bindgen;

/// The checked build keeps a pattern around each block, so that a write outside is noticed.
#[cfg(feature = "checked")]
use crate::check::MARGIN;
#[cfg(not(feature = "checked"))]
const MARGIN: usize = 0;

/// Room for `bytes` bytes, 64-byte aligned; null if there is none. Contents unspecified.
#[wasm_bindgen]
pub fn alloc(bytes: usize) -> usize {
    let Some(layout) = layout(bytes) else { return 0 };
    let block = unsafe { std::alloc::alloc(layout) } as usize; // SAFETY: never zero-sized
    if block == 0 {
        return 0;
    }
    let at = block + MARGIN;
    #[cfg(feature = "checked")]
    crate::check::opened(at, bytes);
    at
}

/// Gives back what `alloc(bytes)` gave.
#[wasm_bindgen]
pub fn free(at: usize, bytes: usize) {
    #[cfg(feature = "checked")]
    crate::check::closed(at, bytes);
    if let Some(layout) = layout(bytes) {
        // SAFETY: TypeScript frees each block once, with the size it was allocated with.
        unsafe { std::alloc::dealloc((at - MARGIN) as *mut u8, layout) }
    }
}

/// Sets `bytes` bytes to 0.
#[wasm_bindgen]
pub fn zero(at: usize, bytes: usize) {
    #[cfg(feature = "checked")]
    crate::check::call(
        "zero",
        &[crate::check::Buffer { name: "at", at, bytes, written: true, optional: false }],
    );
    // SAFETY: TypeScript owns that many bytes there.
    unsafe { (at as *mut u8).write_bytes(0, bytes) }
}

const ALIGN: usize = 64;

fn layout(bytes: usize) -> Option<Layout> {
    Layout::from_size_align(bytes.max(1).checked_add(2 * MARGIN)?, ALIGN).ok()
}
