//! C with few rows: B is read once, in place, as several long streams; memory sets the speed.

use super::tile::View;
use crate::real::{Float, Lane, Real};
use core::slice::from_raw_parts;

/// C[m, n] += A Bᵀ, both with k contiguous (`a.col`, `b.row` are 1).
pub fn dots<T: Float>(a: View<T>, b: View<T>, c: &mut [T], m: usize, n: usize, k: usize) {
    let mut i = 0;
    while i < m {
        let (a, c) = (a.from(i, 0), &mut c[i * n..]);
        i += match together::<T>(m - i) {
            1 => streams::<T, 1, 4, 2>(a, b, c, n, k),
            _ => streams::<T, 2, 4, 1>(a, b, c, n, k),
        };
    }
}

/// Rows of C that share one reading of B.
const fn together<T: Float>(left: usize) -> usize {
    if T::PLAIN { 1 } else { left }
}

/// M rows of C, from N columns of B at a time that lie n / N apart: more streams than four would meet in one set of the cache.
#[inline(never)]
fn streams<T: Float, const M: usize, const N: usize, const U: usize>(
    a: View<T>, b: View<T>, c: &mut [T], n: usize, k: usize,
) -> usize {
    let apart = n / N;
    for j in 0..apart {
        dot::<T, M, N, U>(a, b.from(0, j), apart, &mut c[j..], n, k)
    }
    for j in apart * N..n {
        dot::<T, M, 1, U>(a, b.from(0, j), 0, &mut c[j..], n, k)
    }
    M
}

/// c[i, j · apart] += a[i, ..] · b[.., j · apart], U vectors at a time.
#[inline(always)]
fn dot<T: Float, const M: usize, const N: usize, const U: usize>(
    a: View<T>, b: View<T>, apart: usize, c: &mut [T], ldc: usize, k: usize,
) {
    let lanes = T::Wide::LANES;
    let a: [&[T]; M] = core::array::from_fn(|i| &a.at[i * a.row..][..k]);
    let b: [&[T]; N] = core::array::from_fn(|j| &b.at[j * apart * b.col..][..k]);
    let mut acc = [[T::Wide::ZERO; N]; M];
    let whole = k - k % (U * lanes);
    let (mut pa, mut pb) = (a.map(<[T]>::as_ptr), b.map(<[T]>::as_ptr));
    for _ in 0..whole / (U * lanes) {
        // SAFETY: the slices have k elements, and this is a turn of `whole`, of U vectors.
        unsafe {
            let at = |p: *const T, u| T::Wide::load(from_raw_parts(p.add(u * lanes), lanes));
            let x: [[T::Wide; U]; M] = pa.map(|p| core::array::from_fn(|u| at(p, u)));
            for j in 0..N {
                let y: [T::Wide; U] = core::array::from_fn(|u| at(pb[j], u));
                for i in 0..M {
                    acc[i][j] = if U == 1 {
                        acc[i][j].add_product(x[i][0], y[0])
                    } else {
                        let first = x[i][0] * y[0]; // one step for the next turn to wait for
                        acc[i][j] + (1..U).fold(first, |sum, u| sum.add_product(x[i][u], y[u]))
                    }
                }
            }
            pa = pa.map(|p| p.add(U * lanes));
            pb = pb.map(|p| p.add(U * lanes));
        }
    }
    for i in 0..M {
        for j in 0..N {
            let mut sum = acc[i][j].sum();
            for p in whole..k {
                sum = sum + a[i][p] * b[j][p]
            }
            let c = &mut c[i * ldc + j * apart];
            *c = *c + sum
        }
    }
}

/// C[m, n] += A B, B with n contiguous (`b.col` is 1).
pub fn sums<T: Float>(a: View<T>, b: View<T>, c: &mut [T], m: usize, n: usize, k: usize) {
    let mut i = 0;
    while i < m {
        let (a, c) = (a.from(i, 0), &mut c[i * n..]);
        i += match together::<T>(m - i) {
            1 => rows::<T, 1, 4>(a, b, c, n, k),
            _ => rows::<T, 2, 4>(a, b, c, n, k),
        };
    }
}

/// M rows of C, from P rows of B at a time that lie k / P apart: each is a stream that goes on in the next row.
#[inline(never)]
fn rows<T: Float, const M: usize, const P: usize>(
    a: View<T>, b: View<T>, c: &mut [T], n: usize, k: usize,
) -> usize {
    let apart = k / P;
    let (strided, streams) = (View { col: a.col * apart, ..a }, View { row: b.row * apart, ..b });
    for p in 0..apart {
        let (a, b) = (&a.at[p * a.col..], &b.at[p * b.row..]);
        sum::<T, M, P>(View { at: a, ..strided }, View { at: b, ..streams }, c, n)
    }
    for p in apart * P..k {
        sum::<T, M, 1>(a.from(0, p), b.from(p, 0), c, n)
    }
    M
}

/// c[i, ..] += Σ_p a[i, p] b[p, ..]
#[inline(always)]
fn sum<T: Float, const M: usize, const P: usize>(a: View<T>, b: View<T>, c: &mut [T], n: usize) {
    let lanes = T::Wide::LANES;
    let a: [[T; P]; M] =
        core::array::from_fn(|i| core::array::from_fn(|p| a.at[i * a.row + p * a.col]));
    let b: [&[T]; P] = core::array::from_fn(|p| &b.at[p * b.row..][..n]);
    let wide: [[T::Wide; P]; M] = a.map(|a| a.map(T::Wide::splat));
    let mut pb = b.map(<[T]>::as_ptr);
    for j in (0..n / (2 * lanes)).map(|j| 2 * j * lanes) {
        for u in [0, lanes] {
            // SAFETY: the slices have n elements.
            let y: [T::Wide; P] =
                pb.map(|p| T::Wide::load(unsafe { from_raw_parts(p.add(u), lanes) }));
            for i in 0..M {
                let c = &mut c[i * n + j + u..];
                let s = (0..P).fold(T::Wide::load(c), |s, p| s.add_product(wide[i][p], y[p]));
                s.store(c)
            }
        }
        pb = pb.map(|p| p.wrapping_add(2 * lanes))
    }
    for j in n - n % (2 * lanes)..n {
        for i in 0..M {
            let c = &mut c[i * n + j];
            *c = (0..P).fold(*c, |s, p| s + a[i][p] * b[p][j])
        }
    }
}
