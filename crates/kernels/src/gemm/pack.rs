//! Packing: the panels of a matrix one after the other, each in the order in which the micro-kernel reads it.

use super::tile::{View, width};
use crate::lanes;
use crate::real::{Float, Lane};

/// The first n columns of B[k, n] as ⌈n / width⌉ panels of [k, width], padded with zeros.
#[inline(never)]
pub fn panels<T: Float>(b: View<T>, to: &mut [T], k: usize, n: usize) {
    let w = width::<T>();
    if b.col == 1 {
        for p in 0..k {
            let row = &b.at[p * b.row..][..n];
            let (whole, rest) = row.split_at(n - n % w);
            for (panel, from) in whole.chunks_exact(w).enumerate() {
                let to = &mut to[(panel * k + p) * w..][..w];
                for j in (0..w).step_by(T::Wide::LANES) {
                    copy::<T, T::Wide>(from, to, j)
                }
            }
            if !rest.is_empty() {
                fill(rest, &mut to[(n / w * k + p) * w..][..w])
            }
        }
    } else {
        for (panel, to) in to.chunks_mut((w * k).max(1)).enumerate().take(n.div_ceil(w)) {
            transpose(b.from(0, panel * w), to, k, w.min(n - panel * w))
        }
    }
}

/// One row of the last panel.
#[inline(always)]
fn fill<T: Float>(from: &[T], to: &mut [T]) {
    let n = from.len();
    lanes!(T, n, |j| copy(from, to, j));
    for x in &mut to[n..] {
        *x = T::ZERO
    }
}

#[inline(always)]
fn copy<T: Float, V: Lane<Item = T>>(from: &[T], to: &mut [T], i: usize) {
    V::load(&from[i..]).store(&mut to[i..])
}

/// One panel of n columns, four by four steps at a time where each lies in one piece.
#[inline(always)]
fn transpose<T: Float>(b: View<T>, to: &mut [T], k: usize, n: usize) {
    let w = width::<T>();
    if n < w {
        to[..k * w].fill(T::ZERO)
    }
    let by_four = b.row == 1 && T::Wide::LANES == 4;
    let (columns, steps) = if by_four { (n - n % 4, k - k % 4) } else { (0, 0) };
    for j in (0..columns).step_by(4) {
        let column: [&[T]; 4] = core::array::from_fn(|i| &b.at[(j + i) * b.col..]);
        for p in (0..steps).step_by(4) {
            let [x0, x1, x2, x3] = column.map(|c| T::Wide::load(&c[p..]));
            let ([even0, even1], [odd0, odd1]) = (T::interleave(x0, x2), T::interleave(x1, x3));
            let rows = [T::interleave(even0, odd0), T::interleave(even1, odd1)];
            for (q, row) in rows.as_flattened().iter().enumerate() {
                row.store(&mut to[(p + q) * w + j..])
            }
        }
    }
    for p in 0..k {
        for j in if p < steps { columns } else { 0 }..n {
            to[p * w + j] = b.at[p * b.row + j * b.col]
        }
    }
}

/// A block of A[m, k], whose columns are contiguous, one after the other.
#[inline(never)]
pub fn columns<'a, T: Float>(a: View<T>, to: &'a mut [T], m: usize, k: usize) -> View<'a, T> {
    for (p, to) in to.chunks_exact_mut(m).enumerate().take(k) {
        let from = &a.at[p * a.col..][..m];
        lanes!(long T, m, |i| copy(from, to, i))
    }
    View { at: to, row: 1, col: m }
}
