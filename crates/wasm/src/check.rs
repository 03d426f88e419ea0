//! The checked build: every call proves that its buffers lie in live blocks and that no write overlaps anything,
//! fresh memory is poisoned, and a write before or past a block is found when the block is freed.
//! A broken promise leaves its message for `fault_at` and `fault_len`, then traps.

use std::cell::RefCell;
use std::collections::BTreeMap;
use wasm_bindgen::prelude::wasm_bindgen;

/// Bytes of a pattern on both sides of each block.
pub const MARGIN: usize = 64;
const GUARD: u8 = 0xA5;
const POISON: u8 = 0xFF; // a NaN in both float types, −1 as an index

thread_local! {
    /// Live blocks: where each begins, and how many bytes it has.
    static BLOCKS: RefCell<BTreeMap<usize, usize>> = const { RefCell::new(BTreeMap::new()) };
    static FAULT: RefCell<String> = const { RefCell::new(String::new()) };
}

pub struct Buffer {
    pub name: &'static str,
    pub at: usize,
    pub bytes: usize,
    pub written: bool,
    pub optional: bool,
}

pub fn call(kernel: &str, buffers: &[Buffer]) {
    let given = |b: &&Buffer| !(b.optional && b.at == 0);
    for b in buffers.iter().filter(given) {
        let inside = BLOCKS.with_borrow(|blocks| {
            let block = blocks.range(..=b.at).next_back();
            block.is_some_and(|(at, bytes)| b.at + b.bytes <= at + bytes)
        });
        if !inside {
            fail(format!(
                "{kernel}: {} ({} bytes at {}) lies in no live block",
                b.name, b.bytes, b.at
            ));
        }
    }
    for (i, a) in buffers.iter().enumerate().filter(|(_, b)| given(b)) {
        for b in buffers[i + 1..].iter().filter(given) {
            let overlap = a.at < b.at + b.bytes && b.at < a.at + a.bytes;
            if overlap && (a.written || b.written) {
                fail(format!("{kernel}: {} and {} overlap, and one is written", a.name, b.name));
            }
        }
    }
}

pub fn opened(at: usize, bytes: usize) {
    // SAFETY: the block and its margins were just allocated.
    unsafe {
        ((at - MARGIN) as *mut u8).write_bytes(GUARD, MARGIN);
        (at as *mut u8).write_bytes(POISON, bytes);
        ((at + bytes) as *mut u8).write_bytes(GUARD, MARGIN);
    }
    BLOCKS.with_borrow_mut(|blocks| blocks.insert(at, bytes));
}

pub fn closed(at: usize, bytes: usize) {
    match BLOCKS.with_borrow_mut(|blocks| blocks.remove(&at)) {
        Some(size) if size == bytes => {}
        Some(size) => fail(format!("free: the block at {at} has {size} bytes, not {bytes}")),
        None => fail(format!("free: no live block begins at {at}")),
    }
    for (side, margin) in [("before", at - MARGIN), ("past", at + bytes)] {
        // SAFETY: the margins belong to the block, which is not yet given back.
        let margin = unsafe { core::slice::from_raw_parts(margin as *const u8, MARGIN) };
        if margin.iter().any(|&byte| byte != GUARD) {
            fail(format!("free: something wrote {side} the {bytes} bytes at {at}"));
        }
    }
}

fn fail(message: String) -> ! {
    FAULT.with_borrow_mut(|fault| *fault = message);
    core::arch::wasm32::unreachable()
}

#[wasm_bindgen]
pub fn fault_at() -> usize {
    FAULT.with_borrow(|fault| fault.as_ptr() as usize)
}

#[wasm_bindgen]
pub fn fault_len() -> usize {
    FAULT.with_borrow(|fault| fault.len())
}
