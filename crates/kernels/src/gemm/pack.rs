//! Packing: the panels of a matrix one after the other, each in the order in which the micro-kernel reads it.

use super::tile::View;
use crate::real::{Float, Lane};

/// The first n columns of B[k, n] as ⌈n / w⌉ panels of [k, w], padded with zeros. A is packed as Aᵀ.
#[inline(always)]
pub fn pack<T: Float>(b: View<T>, to: &mut [T], k: usize, n: usize, w: usize) {
    for (panel, to) in to.chunks_mut((w * k).max(1)).enumerate().take(n.div_ceil(w)) {
        let (b, n) = (b.from(0, panel * w), w.min(n - panel * w));
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
