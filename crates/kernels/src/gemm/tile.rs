//! The micro-kernels: an M × (N vectors) tile of C in registers, one rank-1 update per step of k.
//!
//! M · N = 2 · 4 accumulators, or 4 · 2, with the loads of one step of k leave room in the 16 vector registers.
//!
//! The loops make four steps a turn, with ways out: the one after each step saves the turn's own cost. The one amid each step
//! is never taken; it cuts the step in two, so that an engine which moves loads to the front of a block moves half as
//! many, and the processor does not wait for them.

use crate::lanes;
use crate::real::{Float, Lane, Real};
use core::slice::from_raw_parts;

/// A panel of B, packed or in place, is this many vectors wide (64 bytes).
pub const VECTORS: usize = 4;

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
    /// From how many rows `width` elements can be read.
    pub fn rows_of(self, width: usize) -> usize {
        self.at.len().checked_sub(width).map_or(0, |left| left / self.row + 1)
    }
}

/// C[m, n] += A[m, k] B[k, n] for one packed panel of B: n <= width.
#[inline(never)]
pub fn panel<T: Float>(a: View<T>, b: &[T], c: &mut [T], ldc: usize, m: usize, n: usize, k: usize) {
    let b = View { at: b, row: width::<T>(), col: 1 };
    if n <= width::<T>() / 2 || T::PLAIN {
        in_place(a, b, &[], c, ldc, m, n, k)
    } else {
        rows::<T, 2, VECTORS>(a, b, &[], c, ldc, m, n, k) // with strides that the compiler knows
    }
}

/// The same for one that lies in a matrix, `b.col` being 1, but for its last steps (not all), packed in `tail`. What is read
/// past n columns does not matter.
#[inline(never)]
pub fn in_place<T: Float>(
    a: View<T>, b: View<T>, tail: &[T], c: &mut [T], ldc: usize, m: usize, n: usize, k: usize,
) {
    if n <= width::<T>() / 2 && !T::PLAIN {
        rows::<T, 4, { VECTORS / 2 }>(a, b, tail, c, ldc, m, n, k)
    } else {
        rows::<T, 2, VECTORS>(a, b, tail, c, ldc, m, n, k)
    }
}

/// M rows at a time, and the rest one by one.
#[inline(always)]
fn rows<T: Float, const M: usize, const N: usize>(
    a: View<T>, b: View<T>, tail: &[T], c: &mut [T], ldc: usize, m: usize, n: usize, k: usize,
) {
    let mut i = 0;
    while i < m {
        let (a, c) = (a.from(i, 0), &mut c[i * ldc..]);
        if i + M <= m {
            tile::<T, M, N>(a, b, tail, c, ldc, n, k);
            i += M;
        } else {
            tile::<T, 1, N>(a, b, tail, c, ldc, n, k);
            i += 1;
        }
    }
}

/// More steps than memory can hold, which the compiler does not know.
#[inline(always)]
fn never() -> [usize; 4] {
    core::hint::black_box([usize::MAX; 4])
}

/// C[.., n] of a tile of M × N vectors.
#[inline(always)]
fn tile<T: Float, const M: usize, const N: usize>(
    a: View<T>, b: View<T>, tail: &[T], c: &mut [T], ldc: usize, n: usize, k: usize,
) {
    let lanes = T::Wide::LANES;
    if k == 0 {
        return;
    }
    let (end, tail) = (k, tail.chunks_exact(width::<T>()));
    let k = k - tail.len();
    let last = (M - 1) * a.row; // the last row's first element
    assert!((end - 1) * a.col + last < a.at.len());
    assert!((k - 1) * b.row + N * lanes <= b.at.len());
    let never = never();
    let mut acc = [[T::Wide::ZERO; N]; M];
    let (mut pa, mut pb, mut left) = (a.at.as_ptr(), b.at.as_ptr(), k);
    // SAFETY: k steps of both, and then those of the tail of A, whose ends the assertions looked at.
    unsafe {
        'turns: loop {
            for turn in 0..4 {
                if step::<T, M, N>(&mut acc, pa, a.row, pb, || left == never[turn]) {
                    break 'turns;
                }
                if left == turn + 1 {
                    break 'turns;
                }
                (pa, pb) = (pa.add(a.col), pb.add(b.row))
            }
            left -= 4
        }
        for row in tail {
            pa = pa.add(a.col);
            step::<T, M, N>(&mut acc, pa, a.row, row.as_ptr(), || false);
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
        let mut tile = [T::ZERO; MOST];
        for i in 0..M {
            for j in 0..N {
                acc[i][j].store(&mut tile[(i * N + j) * lanes..])
            }
        }
        add_part(&tile, N * lanes, c, ldc, M, n)
    }
}

/// Adds a column of A, whose rows lie `row` apart, times a row of B; true if `cut`, asked half-way, says so.
///
/// # Safety
/// M elements at `a` and N vectors at `b` can be read.
#[inline(always)]
unsafe fn step<T: Float, const M: usize, const N: usize>(
    acc: &mut [[T::Wide; N]; M], a: *const T, row: usize, b: *const T, cut: impl Fn() -> bool,
) -> bool {
    let lanes = T::Wide::LANES;
    // SAFETY: the caller's.
    let x = |i: usize| unsafe { T::Wide::splat(*a.add(i * row)) };
    let y = |j: usize| unsafe { T::Wide::load(from_raw_parts(b.add(j * lanes), lanes)) };
    if M > N {
        let ys: [T::Wide; N] = core::array::from_fn(y);
        for i in 0..M {
            if i == M / 2 && cut() {
                return true;
            }
            let x = x(i);
            for j in 0..N {
                acc[i][j] = acc[i][j].add_product(x, ys[j])
            }
        }
    } else {
        let xs: [T::Wide; M] = core::array::from_fn(x);
        for j in 0..N {
            if j == N / 2 && cut() {
                return true;
            }
            let y = y(j);
            for i in 0..M {
                acc[i][j] = acc[i][j].add_product(xs[i], y)
            }
        }
    }
    false
}

/// Elements of a tile, at most.
const MOST: usize = 32;

/// C[m, n] += a tile that C cuts off, from memory: a call with vectors in registers would cost the loops theirs.
#[inline(never)]
fn add_part<T: Float>(tile: &[T; MOST], width: usize, c: &mut [T], ldc: usize, m: usize, n: usize) {
    for i in 0..m {
        let (tile, c) = (&tile[i * width..][..n], &mut c[i * ldc..][..n]);
        lanes!(T, n, |j| add(tile, c, j))
    }
}

#[inline(always)]
fn add<T: Float, V: Lane<Item = T>>(x: &[T], y: &mut [T], i: usize) {
    V::load(&x[i..]).add_to(&mut y[i..])
}
