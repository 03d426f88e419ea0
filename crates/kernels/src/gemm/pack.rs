//! Packing: the panels of a matrix one after the other, each in the order in which the micro-kernel reads it.

use super::tile::{View, width};
use crate::lanes;
use crate::real::{Float, Lane};

/// The first n columns of B[k, n] as ⌈n / width⌉ panels of [k, width], padded with zeros.
#[inline(always)]
pub fn panels<T: Float>(b: View<T>, to: &mut [T], k: usize, n: usize) {
    let w = width::<T>();
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
    let whole = if b.row == 1 { k - k % 4 } else { 0 };
    for j in (0..w).step_by(4) {
        let column: [&[T]; 4] = core::array::from_fn(|i| &b.at[(j + i) * b.col..]);
        for p in (0..whole).step_by(4) {
            let x: [[T; 4]; 4] =
                core::array::from_fn(|i| core::array::from_fn(|q| column[i][p + q]));
            for q in 0..4 {
                to[(p + q) * w + j..][..4].copy_from_slice(&[x[0][q], x[1][q], x[2][q], x[3][q]])
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
