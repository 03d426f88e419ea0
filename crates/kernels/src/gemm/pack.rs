//! Packing: the panels of a matrix one after the other, each in the order in which the micro-kernel reads it.

use super::tile::{ROWS, View, strip_width, width};
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

/// Strips of ROWS rows of A[m, k], each number as a vector of equal numbers; rows past the last are zeros.
#[inline(never)]
pub fn strips<T: Float>(a: View<T>, to: &mut [T], m: usize, k: usize) {
    for (s, to) in to.chunks_mut((strip_width::<T>() * k).max(1)).enumerate().take(m.div_ceil(ROWS))
    {
        let i = s * ROWS;
        match (m - i, a.col == 1) {
            (m, _) if m < ROWS => rest(a.from(i, 0), to, m, k),
            (_, true) => strip(View { col: 1, ..a.from(i, 0) }, to, k),
            _ => strip(View { row: 1, ..a.from(i, 0) }, to, k),
        }
    }
}

#[inline(always)]
fn strip<T: Float>(a: View<T>, to: &mut [T], k: usize) {
    let (lanes, width) = (T::Wide::LANES, strip_width::<T>());
    let rows: [&[T]; ROWS] = core::array::from_fn(|i| &a.at[i * a.row..][..(k - 1) * a.col + 1]);
    let whole = if a.col == 1 { k - k % lanes } else { 0 };
    let (vectors, single) = to.split_at_mut(whole * width);
    for (p, to) in vectors.chunks_exact_mut(lanes * width).enumerate() {
        for i in 0..ROWS {
            T::Wide::load(&rows[i][p * lanes..]).spread(&mut to[i * lanes..], width)
        }
    }
    for (p, to) in (whole..k).zip(single.chunks_exact_mut(width)) {
        for i in 0..ROWS {
            T::Wide::splat(rows[i][p * a.col]).store(&mut to[i * lanes..])
        }
    }
}

fn rest<T: Float>(a: View<T>, to: &mut [T], m: usize, k: usize) {
    let lanes = T::Wide::LANES;
    to.fill(T::ZERO);
    for (p, to) in to.chunks_exact_mut(strip_width::<T>()).take(k).enumerate() {
        for i in 0..m {
            T::Wide::splat(a.at[i * a.row + p * a.col]).store(&mut to[i * lanes..])
        }
    }
}
