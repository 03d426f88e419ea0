//! The micro-kernels: an M × (N vectors) tile of C in registers, one rank-1 update per step of k.
//!
//! M · N = 8 accumulators with the loads of one step of k fill the 16 vector registers. Where the numbers of A stand
//! one by one, a tile is 2 × 4 vectors; where they stand as vectors of equal numbers ("wide"), 4 × 2.
//!
//! The loops make four steps a turn, with ways out: the one after each step saves the turn's own cost. The one amid each step
//! is never taken; it cuts the step in two, so that an engine which moves loads to the front of a block moves half as
//! many, and the processor does not wait for them.

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
    if b.row == width::<T>() && !T::PLAIN {
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
            narrow::<T, 2>(a, b, c, ldc, 2, n, k);
            i += 2;
        } else {
            narrow::<T, 1>(a, b, c, ldc, 1, n, k);
            i += 1;
        }
    }
}

/// The same for a wide strip of A, `a[p · strip_width + i · LANES..]` = A[i, p], with m <= ROWS, and a packed panel.
#[inline(never)]
pub fn wide<T: Float>(a: &[T], b: &[T], c: &mut [T], ldc: usize, m: usize, n: usize, k: usize) {
    let half = width::<T>() / 2;
    broad(a, b, c, ldc, m, n.min(half), k);
    if n > half {
        broad(a, b.get(half..).unwrap_or(&[]), &mut c[half..], ldc, m, n - half, k)
    }
}

/// More steps than memory can hold, which the compiler does not know.
#[inline(always)]
fn never() -> [usize; 4] {
    core::hint::black_box([usize::MAX; 4])
}

/// C[m, n] of an M × 4 vectors tile, where the numbers of A stand one by one.
#[inline(always)]
fn narrow<T: Float, const M: usize>(
    a: View<T>, b: View<T>, c: &mut [T], ldc: usize, m: usize, n: usize, k: usize,
) {
    let lanes = T::Wide::LANES;
    if k == 0 {
        return;
    }
    let last = (M - 1) * a.row + 1; // the last elements that the loop reads
    assert!((k - 1) * a.col + last <= a.at.len() && k * b.row - b.row + width::<T>() <= b.at.len());
    let never = never();
    let mut acc = [[T::Wide::ZERO; VECTORS]; M];
    let (mut pa, mut pb, mut left) = (a.at.as_ptr(), b.at.as_ptr(), k);
    'turns: loop {
        for step in 0..4 {
            // SAFETY: one of k steps of both, whose ends the assertion looked at.
            unsafe {
                let xs: [T::Wide; M] = core::array::from_fn(|i| T::Wide::splat(*pa.add(i * a.row)));
                for j in 0..VECTORS {
                    if j == 2 && left == never[step] {
                        break 'turns;
                    }
                    let y = T::Wide::load(from_raw_parts(pb.add(j * lanes), lanes));
                    for i in 0..M {
                        acc[i][j] = acc[i][j].add_product(xs[i], y)
                    }
                }
            }
            if left == step + 1 {
                break 'turns;
            }
            // SAFETY: a step is left.
            unsafe { (pa, pb) = (pa.add(a.col), pb.add(b.row)) }
        }
        left -= 4
    }
    add(acc, c, ldc, m, n)
}

/// C[m, n] of a ROWS × 2 vectors tile, where A is wide and B packed.
#[inline(always)]
fn broad<T: Float>(a: &[T], b: &[T], c: &mut [T], ldc: usize, m: usize, n: usize, k: usize) {
    let lanes = T::Wide::LANES;
    if k == 0 {
        return;
    }
    assert!(k * strip_width::<T>() <= a.len() && k * width::<T>() - 2 * lanes <= b.len());
    let never = never();
    let mut acc = [[T::Wide::ZERO; 2]; ROWS];
    let (mut pa, mut pb, mut left) = (a.as_ptr(), b.as_ptr(), k);
    // Indexed as arrays, so that each offset ends up inside its load.
    'turns: loop {
        for step in 0..4 {
            // SAFETY: one of k steps of both, whose ends the assertion looked at.
            unsafe {
                let ys: [T::Wide; 2] = core::array::from_fn(|j| {
                    let p =
                        (&raw const (*pb.cast::<[[T::Wide; VECTORS]; 4]>())[step][j]).cast::<T>();
                    T::Wide::load(from_raw_parts(p, lanes))
                });
                for i in 0..ROWS {
                    if i == 2 && left == never[step] {
                        break 'turns;
                    }
                    let p = (&raw const (*pa.cast::<[[T::Wide; ROWS]; 4]>())[step][i]).cast::<T>();
                    let x = T::Wide::load(from_raw_parts(p, lanes));
                    for j in 0..2 {
                        acc[i][j] = acc[i][j].add_product(x, ys[j])
                    }
                }
            }
            if left == step + 1 {
                break 'turns;
            }
        }
        // SAFETY: more than four steps are left.
        unsafe {
            (pa, pb, left) = (pa.add(4 * strip_width::<T>()), pb.add(4 * width::<T>()), left - 4)
        }
    }
    add(acc, c, ldc, m, n)
}

/// C[m, n] += the tile
#[inline(always)]
fn add<T: Float, const M: usize, const N: usize>(
    acc: [[T::Wide; N]; M], c: &mut [T], ldc: usize, m: usize, n: usize,
) {
    let lanes = T::Wide::LANES;
    if m == M && n == N * lanes {
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
        add_part(&tile, N * lanes, c, ldc, m, n)
    }
}

/// Elements of a tile, at most.
const MOST: usize = 32;

/// The same for a tile that C cuts off, out of memory.
#[inline(never)]
fn add_part<T: Float>(tile: &[T; MOST], width: usize, c: &mut [T], ldc: usize, m: usize, n: usize) {
    for i in 0..m {
        let c = &mut c[i * ldc..][..n.min(width)];
        for (c, x) in c.iter_mut().zip(&tile[i * width..]) {
            *c = *c + *x
        }
    }
}
