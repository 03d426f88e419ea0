//! softmax and its logarithm over each row of x [rows, n], and their ways back.

use crate::lanes;
use crate::math::Math;
use crate::real::{Float, Lane};
use crate::reduce;

/// y = e^(x − max) / s, where s = Σ e^(x − max). NaN where a row has a NaN or ∞, or nothing but −∞.
pub fn softmax<T: Float>(x: &[T], y: &mut [T], _rows: usize, n: usize) {
    for (x, y) in x.chunks_exact(n.max(1)).zip(y.chunks_exact_mut(n.max(1))) {
        let (_, s) = exponentials(x, y);
        let share = T::ONE / s;
        lanes!(T, n, |k| scale(y, share, k))
    }
}

/// y = (x − max) − ln s: the logarithm is not rounded to the last digit of a large x.
pub fn log_softmax<T: Float>(x: &[T], y: &mut [T], _rows: usize, n: usize) {
    for (x, y) in x.chunks_exact(n.max(1)).zip(y.chunks_exact_mut(n.max(1))) {
        let (m, s) = exponentials(x, y);
        let log = s.ln();
        lanes!(T, n, |k| shift(x, y, m, log, k))
    }
}

/// through y = softmax x: dx = y (dy − Σ y dy)
pub fn softmax_backward<T: Float>(y: &[T], dy: &[T], dx: &mut [T], _rows: usize, n: usize) {
    let rows = y.chunks_exact(n.max(1)).zip(dy.chunks_exact(n.max(1)));
    for ((y, dy), dx) in rows.zip(dx.chunks_exact_mut(n.max(1))) {
        lanes!(T, n, |k| product(y, dy, dx, k));
        let s = row(reduce::sum, dx);
        lanes!(T, n, |k| soft(y, dy, dx, s, k))
    }
}

/// through y = ln softmax x: dx = dy − e^y Σ dy
pub fn log_softmax_backward<T: Float>(y: &[T], dy: &[T], dx: &mut [T], _rows: usize, n: usize) {
    let rows = y.chunks_exact(n.max(1)).zip(dy.chunks_exact(n.max(1)));
    for ((y, dy), dx) in rows.zip(dx.chunks_exact_mut(n.max(1))) {
        let s = row(reduce::sum, dy);
        lanes!(T, n, |k| log_soft(y, dy, dx, s, k))
    }
}

/// y = e^(x − m) for a row, and m, its largest number, and Σ y, which is NaN if any of x is.
#[inline(always)]
fn exponentials<T: Float>(x: &[T], y: &mut [T]) -> (T, T) {
    let m = row(reduce::largest, x);
    lanes!(long T, x.len(), |k| exponential(x, y, m, k));
    (m, row(reduce::sum, y))
}

#[inline(always)]
fn row<T: Float>(f: impl Fn(&[T], &mut [T], usize, usize, usize), x: &[T]) -> T {
    let mut y = [T::ZERO];
    f(x, &mut y, 1, x.len(), 1);
    y[0]
}

#[inline(always)]
fn exponential<T: Float, V: Lane<Item = T> + Math>(x: &[T], y: &mut [T], m: T, k: usize) {
    (V::load(&x[k..]) - V::splat(m)).decay().store(&mut y[k..])
}

#[inline(always)]
fn scale<T: Float, V: Lane<Item = T>>(y: &mut [T], share: T, k: usize) {
    (V::load(&y[k..]) * V::splat(share)).store(&mut y[k..])
}

#[inline(always)]
fn shift<T: Float, V: Lane<Item = T>>(x: &[T], y: &mut [T], m: T, log: T, k: usize) {
    (V::load(&x[k..]) - V::splat(m) - V::splat(log)).store(&mut y[k..])
}

#[inline(always)]
fn product<T: Float, V: Lane<Item = T>>(y: &[T], dy: &[T], dx: &mut [T], k: usize) {
    (V::load(&y[k..]) * V::load(&dy[k..])).store(&mut dx[k..])
}

#[inline(always)]
fn soft<T: Float, V: Lane<Item = T>>(y: &[T], dy: &[T], dx: &mut [T], s: T, k: usize) {
    (V::load(&y[k..]) * (V::load(&dy[k..]) - V::splat(s))).store(&mut dx[k..])
}

#[inline(always)]
fn log_soft<T: Float, V: Lane<Item = T> + Math>(y: &[T], dy: &[T], dx: &mut [T], s: T, k: usize) {
    (V::load(&dy[k..]) - V::load(&y[k..]).exp() * V::splat(s)).store(&mut dx[k..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_numbers_neither_overflow_nor_lose_their_difference() {
        for n in [1, 2, 3, 4, 5, 7, 8, 9, 33] {
            let x: Vec<f32> = (0..2 * n).map(|i| 1e4 + (i % 3) as f32).collect();
            let (mut y, mut log) = (vec![7.0; 2 * n], vec![7.0; 2 * n]);
            softmax(&x, &mut y, 2, n);
            log_softmax(&x, &mut log, 2, n);
            for r in 0..2 {
                let s: f64 = (0..n).map(|j| (x[r * n + j] as f64 - 1e4).exp()).sum();
                for i in r * n..(r + 1) * n {
                    let want = (x[i] as f64 - 1e4).exp() / s;
                    assert!((y[i] as f64 - want).abs() < 1e-6 * want, "{} {want}", y[i]);
                    assert!((log[i] as f64 - want.ln()).abs() < 1e-6, "{} {}", log[i], want.ln());
                }
            }
        }
    }

    #[test]
    fn what_is_not_a_number_stays_in_its_row() {
        let inf = f32::INFINITY;
        let x = [-inf, 0.0, -inf, -inf, inf, 0.0, f32::NAN, 1.0];
        let mut y = [7.0; 8];
        softmax(&x, &mut y, 4, 2);
        assert_eq!(y[..2], [0.0, 1.0]);
        assert!(y[2..4].iter().chain(&y[6..]).all(|y| y.is_nan()) && y[4].is_nan());
        log_softmax(&x, &mut y, 4, 2);
        assert_eq!(y[..2], [-inf, 0.0]);
        softmax::<f32>(&[], &mut [], 3, 0);
        softmax::<f32>(&[], &mut [], 0, 3);
    }

    #[test]
    fn backward_is_the_jacobian() {
        let (x, dy) = ([0.3f64, -1.0, 0.5, 2.0, 0.1], [1.0f64, 0.5, -2.0, 0.25, 3.0]);
        let (mut y, mut log, mut dx, mut dlog) = ([0.0; 5], [0.0; 5], [0.0; 5], [0.0; 5]);
        softmax(&x, &mut y, 1, 5);
        log_softmax(&x, &mut log, 1, 5);
        softmax_backward(&y, &dy, &mut dx, 1, 5);
        log_softmax_backward(&log, &dy, &mut dlog, 1, 5);
        for i in 0..5 {
            let eye = |j: usize| if i == j { 1.0 } else { 0.0 };
            let want: f64 = (0..5).map(|j| dy[j] * y[j] * (eye(j) - y[i])).sum();
            let log_want: f64 = (0..5).map(|j| dy[j] * (eye(j) - y[i])).sum();
            assert!((dx[i] - want).abs() < 1e-14 && (dlog[i] - log_want).abs() < 1e-14);
        }
    }
}
