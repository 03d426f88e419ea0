//! The micro-kernels: an M × (N vectors) tile of C in registers, one rank-1 update per step of k.
//!
//! M · N = 8 accumulators with the loads of one step of k fill the 16 vector registers. Where the numbers of A stand
//! one by one, a tile is 2 × 4 vectors; where they stand as vectors of equal numbers ("wide"), 4 × 2.

use crate::real::{Float, Lane, Real};
use core::slice::from_raw_parts;

/// A panel of B, packed or in place, is this many vectors wide (64 bytes).
pub const VECTORS: usize = 4;
/// Rows of a wide strip of A.
pub const ROWS: usize = 4;

pub const fn width<T: Float>() -> usize {
    VECTORS * T::Wide::LANES
}

/// Elements of a wide strip of A, for each step of k.
pub const fn strip_width<T: Float>() -> usize {
    ROWS * T::Wide::LANES
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

/// C[m, n] += A[m, k] B[k, n] for one panel of B: n <= width, `b.col` is 1, and B is padded to the width. A packed panel is
/// told apart from a matrix in place, because the loop is faster with strides that the compiler knows.
#[inline(never)]
pub fn panel<T: Float>(
    a: View<T>, b: View<T>, c: &mut [T], ldc: usize, m: usize, n: usize, k: usize,
) {
    if b.row == width::<T>() {
        rows(a, View { row: width::<T>(), ..b }, c, ldc, m, n, k)
    } else {
        rows(a, b, c, ldc, m, n, k)
    }
}

#[inline(always)]
fn rows<T: Float>(a: View<T>, b: View<T>, c: &mut [T], ldc: usize, m: usize, n: usize, k: usize) {
    let mut i = 0;
    while i < m {
        let (a, c) = (a.from(i, 0), &mut c[i * ldc..]);
        if i + 2 <= m {
            tile::<T, 2, 4, false>(a, b, c, ldc, 2, n, k);
            i += 2;
        } else {
            tile::<T, 1, 4, false>(a, b, c, ldc, 1, n, k);
            i += 1;
        }
    }
}

/// The same for a wide strip of A, `a[p · strip_width + i · LANES..]` = A[i, p], with m <= ROWS, and a packed panel.
#[inline(never)]
pub fn wide<T: Float>(a: &[T], b: &[T], c: &mut [T], ldc: usize, m: usize, n: usize, k: usize) {
    let (w, half) = (width::<T>(), width::<T>() / 2);
    let a = View { at: a, row: T::Wide::LANES, col: strip_width::<T>() };
    let b = View { at: b, row: w, col: 1 };
    tile::<T, ROWS, 2, true>(a, b, c, ldc, m, n.min(half), k);
    if n > half {
        tile::<T, ROWS, 2, true>(a, b.from(0, half), &mut c[half..], ldc, m, n - half, k)
    }
}

/// C[m, n] of an M × (N vectors) tile.
#[inline(always)]
fn tile<T: Float, const M: usize, const N: usize, const WIDE: bool>(
    a: View<T>, b: View<T>, c: &mut [T], ldc: usize, m: usize, n: usize, k: usize,
) {
    let lanes = T::Wide::LANES;
    if k == 0 {
        return;
    }
    // the last elements that the loop reads
    let last = if WIDE { M * lanes } else { (M - 1) * a.row + 1 };
    assert!((k - 1) * a.col + last <= a.at.len() && (k - 1) * b.row + N * lanes <= b.at.len());
    let mut acc = [[T::Wide::ZERO; N]; M];
    let (mut pa, mut pb, mut left) = (a.at.as_ptr(), b.at.as_ptr(), k);
    // Four steps a turn, with a way out after each: it saves the turn's own cost, and keeps an engine from moving the loads
    // of all four to the front, where they would not fit the registers.
    'turns: loop {
        for step in 0..4 {
            // SAFETY: steps 0 .. k of both, whose ends the assertion looked at.
            unsafe {
                let (pa, pb) = (pa.add(step * a.col), pb.add(step * b.row));
                let ys: [T::Wide; N] = core::array::from_fn(|j| {
                    T::Wide::load(from_raw_parts(pb.add(j * lanes), lanes))
                });
                for i in 0..M {
                    let x = if WIDE {
                        T::Wide::load(from_raw_parts(pa.add(i * lanes), lanes))
                    } else {
                        T::Wide::splat(*pa.add(i * a.row))
                    };
                    for j in 0..N {
                        acc[i][j] = acc[i][j].add_product(x, ys[j])
                    }
                }
            }
            if left == step + 1 {
                break 'turns;
            }
        }
        // SAFETY: more than four steps are left.
        unsafe { (pa, pb, left) = (pa.add(4 * a.col), pb.add(4 * b.row), left - 4) }
    }
    if m == M && n == N * lanes {
        for i in 0..M {
            let c = &mut c[i * ldc..][..N * lanes];
            for j in 0..N {
                acc[i][j].add_to(&mut c[j * lanes..])
            }
        }
    } else {
        for i in 0..M.min(m) {
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
