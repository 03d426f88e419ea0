//! The micro-kernels: an M × (N vectors) tile of C in registers, one rank-1 update per step of k.
//!
//! M · N = 2 · 4 accumulators with the loads of one step of k leave room in the 16 vector registers.
//!
//! The loops make four steps a turn, with ways out: the one after each step saves the turn's own cost. The one amid each step
//! is never taken; it cuts the step in two, so that an engine which moves loads to the front of a block moves half as
//! many, and the processor does not wait for them.

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
            tile::<T, 2>(a, b, c, ldc, 2, n, k);
            i += 2;
        } else {
            tile::<T, 1>(a, b, c, ldc, 1, n, k);
            i += 1;
        }
    }
}

/// More steps than memory can hold, which the compiler does not know.
#[inline(always)]
fn never() -> [usize; 4] {
    core::hint::black_box([usize::MAX; 4])
}

/// C[m, n] of an M × 4 vectors tile.
#[inline(always)]
fn tile<T: Float, const M: usize>(
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
