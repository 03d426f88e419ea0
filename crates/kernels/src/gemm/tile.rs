//! The micro-kernel: an M × (N vectors) tile of C in registers, one rank-1 update per step of k.
//!
//! M · N = 8 accumulators with the loads of one step fill the 16 vector registers; k is not unrolled, or they spill.

use crate::real::{Float, Lane, Real};
use core::slice::from_raw_parts;

/// A panel of B, packed or in place, is this many vectors wide (64 bytes).
pub const VECTORS: usize = 4;
/// Rows that share a panel of packed A.
pub const ROWS: usize = 4;

pub const fn width<T: Float>() -> usize {
    VECTORS * T::Wide::LANES
}

/// Where a matrix lies: element (i, j) at `at[i · row + j · col]`.
#[derive(Clone, Copy)]
pub struct View<'a, T> {
    pub at: &'a [T],
    pub row: usize,
    pub col: usize,
}

impl<'a, T> View<'a, T> {
    pub fn transposed(self) -> Self {
        Self { at: self.at, row: self.col, col: self.row }
    }
    /// The matrix from (i, j) on; empty if that is past its end.
    pub fn from(self, i: usize, j: usize) -> Self {
        Self { at: self.at.get(i * self.row + j * self.col..).unwrap_or(&[]), ..self }
    }
}

/// C[m, n] += A[m, k] B[k, n] for one panel of B: n <= width, and `b.col` is 1. Where `full` is false, B is
/// padded to the width all the same.
pub fn strip<T: Float>(
    a: View<T>, a_panels: bool, b: View<T>, c: &mut [T], ldc: usize, m: usize, n: usize, k: usize,
) {
    let half = width::<T>() / 2;
    let mut i = 0;
    while i < m {
        // packed A: panel after panel of ROWS · k
        let a = if a_panels {
            View { at: &a.at[i / ROWS * ROWS * k + i % ROWS..], ..a }
        } else {
            a.from(i, 0)
        };
        let c = &mut c[i * ldc..];
        if i + 4 <= m {
            tile::<T, 4, 2>(a, b, c, ldc, n.min(half), k);
            if n > half {
                tile::<T, 4, 2>(a, b.from(0, half), &mut c[half..], ldc, n - half, k);
            }
            i += 4;
        } else if i + 2 <= m {
            tile::<T, 2, 4>(a, b, c, ldc, n, k);
            i += 2;
        } else {
            tile::<T, 1, 4>(a, b, c, ldc, n, k);
            i += 1;
        }
    }
}

#[inline(always)]
fn tile<T: Float, const M: usize, const N: usize>(
    a: View<T>, b: View<T>, c: &mut [T], ldc: usize, n: usize, k: usize,
) {
    let lanes = T::Wide::LANES;
    if k == 0 {
        return;
    }
    // the last elements that the loop reads
    assert!(
        (M - 1) * a.row + (k - 1) * a.col < a.at.len() && (k - 1) * b.row + N * lanes <= b.at.len()
    );
    let mut acc = [[T::Wide::ZERO; N]; M];
    // SAFETY: both pointers end where the assertion looked.
    unsafe {
        let (mut pa, mut pb) = (a.at.as_ptr(), b.at.as_ptr());
        for _ in 0..k {
            let row: [T::Wide; N] =
                core::array::from_fn(|j| T::Wide::load(from_raw_parts(pb.add(j * lanes), lanes)));
            for i in 0..M {
                let a = T::Wide::splat(*pa.add(i * a.row));
                for j in 0..N {
                    acc[i][j] = acc[i][j] + a * row[j]
                }
            }
            pa = pa.wrapping_add(a.col);
            pb = pb.wrapping_add(b.row);
        }
    }
    if n == N * lanes {
        for i in 0..M {
            let c = &mut c[i * ldc..][..N * lanes];
            for j in 0..N {
                acc[i][j].add_to(&mut c[j * lanes..])
            }
        }
    } else {
        for i in 0..M {
            for j in 0..N.min(n.div_ceil(lanes)) {
                let mut x = [T::ZERO; 4];
                acc[i][j].store(&mut x);
                for (c, x) in c[i * ldc..][j * lanes..n].iter_mut().zip(&x[..lanes]) {
                    *c = *c + *x
                }
            }
        }
    }
}
