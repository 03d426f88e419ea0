//! The micro-kernel: an M × (N vectors) tile of C in registers, one rank-1 update per step of k.
//!
//! M · N = 8 accumulators with the loads of one step of k fill the 16 vector registers.

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

/// C[m, n] += A[m, k] B[k, n] for one panel of B: n <= width, `b.col` is 1, and B is padded to the width. Panels are told
/// apart from matrices in place, because the loop is faster with strides that the compiler knows.
pub fn strip<T: Float>(
    a: View<T>, a_panels: bool, b: View<T>, c: &mut [T], ldc: usize, m: usize, n: usize, k: usize,
) {
    let w = width::<T>();
    match (a_panels, b.row == w) {
        (true, true) => rows(a, |at, i| panel(at, i, k), View { row: w, ..b }, c, ldc, m, n, k),
        (true, false) => rows(a, |at, i| panel(at, i, k), b, c, ldc, m, n, k),
        (false, true) => rows(a, |at, i| at.from(i, 0), View { row: w, ..b }, c, ldc, m, n, k),
        (false, false) => rows(a, |at, i| at.from(i, 0), b, c, ldc, m, n, k),
    }
}

/// Row i of packed A: panel after panel of ROWS · k.
#[inline(always)]
fn panel<T>(a: View<T>, i: usize, k: usize) -> View<T> {
    View { at: &a.at[i / ROWS * ROWS * k + i % ROWS..], row: 1, col: ROWS }
}

#[inline(always)]
fn rows<'a, T: Float>(
    a: View<'a, T>, row: impl Fn(View<'a, T>, usize) -> View<'a, T>, b: View<T>, c: &mut [T],
    ldc: usize, m: usize, n: usize, k: usize,
) {
    let half = width::<T>() / 2;
    let mut i = 0;
    while i < m {
        let (a, c) = (row(a, i), &mut c[i * ldc..]);
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
    let (mut pa, mut pb, mut left) = (a.at.as_ptr(), b.at.as_ptr(), k);
    // Four steps a turn, with a way out after each: it saves the turn's own cost, and keeps the compiler from moving the
    // loads of all four to the front, where they would not fit the registers.
    macro_rules! step {
        ($i:literal) => {
            // SAFETY: steps 0 .. k of both, whose ends the assertion looked at.
            unsafe {
                rank_one(&mut acc, pa, a.row, pb);
                if left == $i {
                    break;
                }
                pa = pa.add(a.col);
                pb = pb.add(b.row);
            }
        };
    }
    loop {
        step!(1);
        step!(2);
        step!(3);
        step!(4);
        left -= 4;
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

/// acc[i][j] += a[i] b[j]
///
/// # Safety
/// M numbers of a, `row` apart, and N vectors of b can be read.
#[inline(always)]
unsafe fn rank_one<V: Lane, const M: usize, const N: usize>(
    acc: &mut [[V; N]; M], a: *const V::Item, row: usize, b: *const V::Item,
) {
    unsafe {
        let b: [V; N] =
            core::array::from_fn(|j| V::load(from_raw_parts(b.add(j * V::LANES), V::LANES)));
        for (i, acc) in acc.iter_mut().enumerate() {
            let a = V::splat(*a.add(i * row));
            for j in 0..N {
                acc[j] = acc[j] + a * b[j]
            }
        }
    }
}
