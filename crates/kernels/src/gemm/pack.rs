//! Packing: the panels of a matrix one after the other, each in the order in which the micro-kernel reads it.

use super::tile::{View, width};
use crate::lanes;
use crate::real::{Float, Lane};

/// The first n columns of B[k, n] as ⌈n / width⌉ panels of [k, width], padded with zeros.
#[inline(always)]
pub fn panels<T: Float>(b: View<T>, to: &mut [T], k: usize, n: usize) {
    let w = width::<T>();
    if b.col == 1 && n % w == 0 {
        for (p, row) in (0..k).map(|p| (p, &b.at[p * b.row..][..n])) {
            for (j, from) in row.chunks_exact(w).enumerate() {
                let to = &mut to[j * k * w + p * w..][..w];
                for j in (0..w).step_by(T::Wide::LANES) {
                    T::Wide::load(&from[j..]).store(&mut to[j..])
                }
            }
        }
        return;
    }
    for (panel, to) in to.chunks_mut((w * k).max(1)).enumerate().take(n.div_ceil(w)) {
        one(b.from(0, panel * w), to, k, w.min(n - panel * w))
    }
}

/// One panel of n <= width columns.
#[inline(never)]
pub fn one<T: Float>(b: View<T>, to: &mut [T], k: usize, n: usize) {
    let w = width::<T>();
    if n < w {
        to.fill(T::ZERO);
        for p in 0..k {
            for j in 0..n {
                to[p * w + j] = b.at[p * b.row + j * b.col]
            }
        }
    } else if b.col == 1 {
        for (p, to) in to.chunks_exact_mut(w).enumerate() {
            let from = &b.at[p * b.row..][..w];
            for j in (0..w).step_by(T::Wide::LANES) {
                T::Wide::load(&from[j..]).store(&mut to[j..])
            }
        }
    } else {
        transpose(b, to, k, w)
    }
}

/// Four columns by four steps at a time.
#[inline(always)]
fn transpose<T: Float>(b: View<T>, to: &mut [T], k: usize, w: usize) {
    let whole = if b.row == 1 && T::Wide::LANES == 4 { k - k % 4 } else { 0 };
    for j in (0..w).step_by(4) {
        let column: [&[T]; 4] = core::array::from_fn(|i| &b.at[(j + i) * b.col..]);
        for p in (0..whole).step_by(4) {
            let [x0, x1, x2, x3] = column.map(|c| T::Wide::load(&c[p..]));
            let ([even0, even1], [odd0, odd1]) = (T::interleave(x0, x2), T::interleave(x1, x3));
            let rows = [T::interleave(even0, odd0), T::interleave(even1, odd1)];
            for (q, row) in rows.as_flattened().iter().enumerate() {
                row.store(&mut to[(p + q) * w + j..])
            }
        }
        for p in whole..k {
            for i in 0..4 {
                to[p * w + j + i] = column[i][p * b.row]
            }
        }
    }
}

/// A block of A[m, k], whose columns are contiguous, one after the other.
#[inline(never)]
pub fn columns<'a, T: Float>(a: View<T>, to: &'a mut [T], m: usize, k: usize) -> View<'a, T> {
    #[inline(always)]
    fn copy<T: Float, V: Lane<Item = T>>(from: &[T], to: &mut [T], i: usize) {
        V::load(&from[i..]).store(&mut to[i..])
    }
    for (p, to) in to.chunks_exact_mut(m).enumerate().take(k) {
        let from = &a.at[p * a.col..][..m];
        lanes!(long T, m, |i| copy(from, to, i))
    }
    View { at: to, row: 1, col: m }
}
