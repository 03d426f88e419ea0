//! The checked build: every call proves that its buffers lie in live blocks and that no write overlaps anything,
//! fresh memory is poisoned, and a write past a block's end is found when the block is freed.
//! A broken promise leaves its message for `fault_at` and `fault_len`, then traps.

use std::cell::RefCell;
use std::collections::BTreeMap;
use wasm_bindgen::prelude::wasm_bindgen;

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
    if at == 0 {
        return;
    }
    // SAFETY: the block and its guard were just allocated.
    unsafe {
        (at as *mut u8).write_bytes(POISON, bytes);
        ((at + bytes) as *mut u8).write_bytes(GUARD, 64);
    }
    BLOCKS.with_borrow_mut(|blocks| blocks.insert(at, bytes));
}

pub fn closed(at: usize, bytes: usize) {
    match BLOCKS.with_borrow_mut(|blocks| blocks.remove(&at)) {
        Some(size) if size == bytes => {}
        Some(size) => fail(format!("free: the block at {at} has {size} bytes, not {bytes}")),
        None => fail(format!("free: no live block begins at {at}")),
    }
    // SAFETY: the guard belongs to the block, which is not yet given back.
    let guard = unsafe { core::slice::from_raw_parts((at + bytes) as *const u8, 64) };
    if guard.iter().any(|&byte| byte != GUARD) {
        fail(format!("free: something wrote past the end of the {bytes} bytes at {at}"));
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
