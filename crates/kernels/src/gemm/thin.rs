//! C with few rows: B is read once, in place, as several long streams; memory sets the speed.

use super::tile::View;
use crate::real::{Float, Lane, Real};

/// C[m, n] += A Bᵀ, both with k contiguous (`a.col`, `b.row` are 1).
pub fn dots<T: Float>(a: View<T>, b: View<T>, c: &mut [T], m: usize, n: usize, k: usize) {
    let mut i = 0;
    while i < m {
        let (a, c) = (a.from(i, 0), &mut c[i * n..]);
        i += match m - i {
            1 => streams::<T, 1, 8>(a, b, c, n, k),
            2 | 3 => streams::<T, 2, 4>(a, b, c, n, k),
            _ => streams::<T, 4, 2>(a, b, c, n, k),
        };
    }
}

/// M rows of C, from N columns of B at a time that lie n / N apart.
fn streams<T: Float, const M: usize, const N: usize>(
    a: View<T>, b: View<T>, c: &mut [T], n: usize, k: usize,
) -> usize {
    let apart = n / N;
    for j in 0..apart {
        dot::<T, M, N>(a, b.from(0, j), apart, &mut c[j..], n, k)
    }
    for j in apart * N..n {
        dot::<T, M, 1>(a, b.from(0, j), 0, &mut c[j..], n, k)
    }
    M
}

/// c[i, j · apart] += a[i, ..] · b[.., j · apart]
#[inline(always)]
fn dot<T: Float, const M: usize, const N: usize>(
    a: View<T>, b: View<T>, apart: usize, c: &mut [T], ldc: usize, k: usize,
) {
    let lanes = T::Wide::LANES;
    let a: [&[T]; M] = core::array::from_fn(|i| &a.at[i * a.row..][..k]);
    let b: [&[T]; N] = core::array::from_fn(|j| &b.at[j * apart * b.col..][..k]);
    let mut acc = [[T::Wide::ZERO; N]; M];
    let whole = k - k % lanes;
    let mut p = 0;
    while p < whole {
        let x: [T::Wide; M] = core::array::from_fn(|i| T::Wide::load(&a[i][p..]));
        for j in 0..N {
            let y = T::Wide::load(&b[j][p..]);
            for i in 0..M {
                acc[i][j] = acc[i][j] + x[i] * y
            }
        }
        p += lanes;
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
        i += match m - i {
            1 => rows::<T, 1, 8>(a, b, c, n, k),
            2 | 3 => rows::<T, 2, 4>(a, b, c, n, k),
            _ => rows::<T, 4, 2>(a, b, c, n, k),
        };
    }
}

/// M rows of C, from P rows of B at a time.
fn rows<T: Float, const M: usize, const P: usize>(
    a: View<T>, b: View<T>, c: &mut [T], n: usize, k: usize,
) -> usize {
    let whole = k - k % P;
    for p in (0..whole).step_by(P) {
        sum::<T, M, P>(a.from(0, p), b.from(p, 0), c, n)
    }
    for p in whole..k {
        sum::<T, M, 1>(a.from(0, p), b.from(p, 0), c, n)
    }
    M
}

/// c[i, ..] += Σ_p a[i, p] b[p, ..]
#[inline(always)]
fn sum<T: Float, const M: usize, const P: usize>(a: View<T>, b: View<T>, c: &mut [T], n: usize) {
    let a: [[T; P]; M] =
        core::array::from_fn(|i| core::array::from_fn(|p| a.at[i * a.row + p * a.col]));
    let b: [&[T]; P] = core::array::from_fn(|p| &b.at[p * b.row..][..n]);
    #[inline(always)]
    fn at<T: Float, V: Lane<Item = T>, const M: usize, const P: usize>(
        a: &[[T; P]; M], b: &[&[T]; P], c: &mut [T], n: usize, j: usize,
    ) {
        let b: [V; P] = core::array::from_fn(|p| V::load(&b[p][j..]));
        for i in 0..M {
            let c = &mut c[i * n + j..];
            let mut s = V::load(c);
            for p in 0..P {
                s = s + V::splat(a[i][p]) * b[p]
            }
            s.store(c)
        }
    }
    let whole = n - n % T::Wide::LANES;
    for j in (0..whole).step_by(T::Wide::LANES) {
        at::<T, T::Wide, M, P>(&a, &b, c, n, j)
    }
    for j in whole..n {
        at::<T, T, M, P>(&a, &b, c, n, j)
    }
}
