//! Memory for TypeScript, which is its only owner: kernels never allocate.

use std::alloc::Layout;
use wasm_bindgen::prelude::wasm_bindgen;

/// Room for `bytes` bytes, 64-byte aligned; null if there is none. Contents unspecified.
#[wasm_bindgen]
pub fn alloc(bytes: usize) -> usize {
    let Some(layout) = layout(bytes) else { return 0 };
    let at = unsafe { std::alloc::alloc(layout) } as usize; // SAFETY: never zero-sized
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
        unsafe { std::alloc::dealloc(at as *mut u8, layout) }
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
    Layout::from_size_align(bytes.max(1) + guard(), ALIGN).ok()
}

/// The checked build keeps a pattern behind each block, so that a write past its end is noticed.
const fn guard() -> usize {
    if cfg!(feature = "checked") { ALIGN } else { 0 }
}
