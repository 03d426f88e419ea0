//! LayerNorm (Ba, Kiros & Hinton 2016) and RMSNorm (Zhang & Sennrich 2019) of each row of x [rows, n], and their ways back.
//!
//! ```text
//! x̂ = (x − μ) s,   y = x̂ ⊙ w + b
//! ```
//!
//! with μ the row's mean and s = 1 / √(Σ (x − μ)² / n + eps); RMSNorm does not centre: its μ is 0. The backward is given μ and s.

use crate::lanes;
use crate::real::{Float, Lane, Real};

/// Numbers that are added up before their sum joins the others: the error does not grow with n.
const STRETCH: usize = 512;

/// Σ over k < n of a formula of vectors or single numbers.
macro_rules! total {
    ($T:ty, $n:expr, |$k:ident| $f:ident($($arg:expr),*)) => {{
        let (n, lanes) = ($n, <$T as Float>::Wide::LANES);
        let (mut total, mut at) = (0.0, 0);
        while at < n {
            let end = n.min(at + STRETCH);
            let mut acc = [<$T as Float>::Wide::ZERO; 4];
            while at + 4 * lanes <= end {
                for acc in &mut acc {
                    let $k = at;
                    *acc = *acc + $f::<$T, <$T as Float>::Wide>($($arg),*);
                    at += lanes
                }
            }
            let mut sum = ((acc[0] + acc[2]) + (acc[1] + acc[3])).sum();
            while at < end {
                let $k = at;
                sum = sum + $f::<$T, $T>($($arg),*);
                at += 1
            }
            total += sum.to_f64()
        }
        <$T as Float>::from_f64(total)
    }};
}

#[inline(always)]
fn number<T: Float, V: Lane<Item = T>>(x: &[T], k: usize) -> V {
    V::load(&x[k..])
}

#[inline(always)]
fn deviation<T: Float, V: Lane<Item = T>>(x: &[T], mean: T, k: usize) -> V {
    V::load(&x[k..]) - V::splat(mean)
}

#[inline(always)]
fn square<T: Float, V: Lane<Item = T>>(x: &[T], mean: T, k: usize) -> V {
    let d = deviation::<T, V>(x, mean, k);
    d * d
}

/// `centred` is 1 for LayerNorm. Leaves μ and s of each row in `mean` and `scale`.
pub fn forward<T: Float>(
    x: &[T], weight: Option<&[T]>, bias: Option<&[T]>, y: &mut [T], mean: &mut [T],
    scale: &mut [T], rows: usize, n: usize, centred: usize, eps: f64,
) {
    let size = T::from_f64(n as f64);
    for r in 0..rows {
        let (x, y) = (&x[r * n..][..n], &mut y[r * n..][..n]);
        let mu = if centred == 1 { total!(T, n, |k| number(x, k)) / size } else { T::ZERO };
        let variance = total!(T, n, |k| square(x, mu, k)) / size;
        let s = T::ONE / (variance + T::from_f64(eps)).sqrt();
        lanes!(long T, n, |k| normal(x, weight, bias, y, mu, s, k));
        (mean[r], scale[r]) = (mu, s)
    }
}

#[inline(always)]
fn normal<T: Float, V: Lane<Item = T>>(
    x: &[T], weight: Option<&[T]>, bias: Option<&[T]>, y: &mut [T], mean: T, scale: T, k: usize,
) {
    let mut z = deviation::<T, V>(x, mean, k) * V::splat(scale);
    if let Some(w) = weight {
        z = z * V::load(&w[k..])
    }
    if let Some(b) = bias {
        z = z + V::load(&b[k..])
    }
    z.store(&mut y[k..])
}

/// dx = s (g − mean g − x̂ mean(g x̂)), where g = dy ⊙ w; without mean g where μ is 0 whatever x is. dx is overwritten.
pub fn backward<T: Float>(
    x: &[T], weight: Option<&[T]>, dy: &[T], mean: &[T], scale: &[T], dx: &mut [T], rows: usize,
    n: usize, centred: usize,
) {
    let size = T::from_f64(n as f64);
    for r in 0..rows {
        let at = r * n..r * n + n;
        let (x, dy, dx) = (&x[at.clone()], &dy[at.clone()], &mut dx[at]);
        let (mu, s) = (mean[r], scale[r]);
        let g = if centred == 1 { total!(T, n, |k| inner(dy, weight, k)) / size } else { T::ZERO };
        let along = total!(T, n, |k| outer(x, dy, weight, mu, k)) * s / size;
        lanes!(long T, n, |k| back(x, dy, weight, dx, mu, s, g, along, k))
    }
}

/// dy ⊙ w
#[inline(always)]
fn inner<T: Float, V: Lane<Item = T>>(dy: &[T], weight: Option<&[T]>, k: usize) -> V {
    let g = V::load(&dy[k..]);
    weight.map_or(g, |w| g * V::load(&w[k..]))
}

#[inline(always)]
fn outer<T: Float, V: Lane<Item = T>>(
    x: &[T], dy: &[T], weight: Option<&[T]>, mean: T, k: usize,
) -> V {
    inner::<T, V>(dy, weight, k) * deviation(x, mean, k)
}

#[inline(always)]
fn back<T: Float, V: Lane<Item = T>>(
    x: &[T], dy: &[T], weight: Option<&[T]>, dx: &mut [T], mean: T, s: T, g: T, along: T, k: usize,
) {
    let normal = deviation::<T, V>(x, mean, k) * V::splat(s);
    let g = inner::<T, V>(dy, weight, k) - V::splat(g) - normal * V::splat(along);
    (g * V::splat(s)).store(&mut dx[k..])
}

/// dw = Σ dy ⊙ x̂ over the rows, pairwise. dw is overwritten.
pub fn backward_weight<T: Float>(
    x: &[T], dy: &[T], mean: &[T], scale: &[T], dw: &mut [T], rows: usize, n: usize,
) {
    const VECTORS: usize = 4;
    let lanes = T::Wide::LANES;
    let wide = n - n % (VECTORS * lanes);
    for j in (0..wide).step_by(VECTORS * lanes) {
        let sums = columns::<T, T::Wide, VECTORS>(x, dy, mean, scale, n, j, 0, rows);
        for (i, sum) in sums.into_iter().enumerate() {
            sum.store(&mut dw[j + i * lanes..])
        }
    }
    for j in wide..n {
        dw[j] = columns::<T, T, 1>(x, dy, mean, scale, n, j, 0, rows)[0]
    }
}

fn columns<T: Float, V: Lane<Item = T>, const N: usize>(
    x: &[T], dy: &[T], mean: &[T], scale: &[T], n: usize, j: usize, from: usize, to: usize,
) -> [V; N] {
    if to - from > 64 {
        let half = from + (to - from) / 2;
        let (a, b) = (
            columns::<T, V, N>(x, dy, mean, scale, n, j, from, half),
            columns::<T, V, N>(x, dy, mean, scale, n, j, half, to),
        );
        return core::array::from_fn(|i| a[i] + b[i]);
    }
    let mut sums = [V::ZERO; N];
    for r in from..to {
        for (i, sum) in sums.iter_mut().enumerate() {
            let k = r * n + j + i * V::LANES;
            let normal = deviation::<T, V>(x, mean[r], k) * V::splat(scale[r]);
            *sum = *sum + V::load(&dy[k..]) * normal
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(n: usize, seed: usize) -> Vec<f64> {
        (0..n).map(|i| ((i * 7919 + seed * 104729) % 1009) as f64 / 504.0 - 1.0).collect()
    }

    fn close(got: &[f64], want: &[f64], tolerance: f64, what: &str) {
        for (i, (got, want)) in got.iter().zip(want).enumerate() {
            assert!(
                (got - want).abs() <= tolerance * want.abs().max(1.0),
                "{what}[{i}]: {got}, not {want}"
            );
        }
    }

    /// The formulas, row by row, and their derivatives as they come from the chain rule.
    fn agree<T: Float>(rows: usize, n: usize, centred: usize, affine: bool, tolerance: f64) {
        let (eps, size) = (1e-3, n as f64);
        let (x, w, b, dy) =
            (numbers(rows * n, 1), numbers(n, 2), numbers(n, 3), numbers(rows * n, 4));
        let (mut y, mut dx, mut dw) = (x.clone(), x.clone(), vec![0.0; n]);
        for r in 0..rows {
            let at = r * n..r * n + n;
            let mu = if centred == 1 { x[at.clone()].iter().sum::<f64>() / size } else { 0.0 };
            let variance = x[at.clone()].iter().map(|x| (x - mu).powi(2)).sum::<f64>() / size;
            let s = 1.0 / (variance + eps).sqrt();
            let normal: Vec<f64> = x[at.clone()].iter().map(|x| (x - mu) * s).collect();
            let g: Vec<f64> =
                (0..n).map(|k| dy[r * n + k] * if affine { w[k] } else { 1.0 }).collect();
            for k in 0..n {
                y[r * n + k] = if affine { normal[k] * w[k] + b[k] } else { normal[k] };
                dw[k] += dy[r * n + k] * normal[k];
                dx[r * n + k] = (0..n)
                    .map(|i| {
                        let own = if i == k { 1.0 } else { 0.0 };
                        g[i] * s * (own - centred as f64 / size - normal[i] * normal[k] / size)
                    })
                    .sum();
            }
        }
        let cast = |x: &[f64]| x.iter().map(|x| T::from_f64(*x)).collect::<Vec<T>>();
        let back = |x: &[T]| x.iter().map(|x| x.to_f64()).collect::<Vec<f64>>();
        let (x, w, b, dy) = (cast(&x), cast(&w), cast(&b), cast(&dy));
        let (weight, bias) = (affine.then_some(&w[..]), affine.then_some(&b[..]));
        let (mut got, mut mean, mut scale) =
            (vec![T::ONE; rows * n], vec![T::ONE; rows], vec![T::ONE; rows]);
        forward(&x, weight, bias, &mut got, &mut mean, &mut scale, rows, n, centred, eps);
        close(&back(&got), &y, tolerance, "y");
        backward(&x, weight, &dy, &mean, &scale, &mut got, rows, n, centred);
        close(&back(&got), &dx, 10.0 * tolerance, "dx");
        let mut got = vec![T::ONE; n];
        backward_weight(&x, &dy, &mean, &scale, &mut got, rows, n);
        close(&back(&got), &dw, 10.0 * tolerance, "dw");
    }

    #[test]
    fn every_width_agrees() {
        for n in (0..70).chain([511, 512, 513, 1100]) {
            for rows in [0, 1, 3, 130] {
                if rows * n * n > 1_000_000 && rows > 3 {
                    continue;
                }
                for (centred, affine) in [(0, false), (0, true), (1, false), (1, true)] {
                    agree::<f32>(rows, n, centred, affine, 1e-5);
                    agree::<f64>(rows, n, centred, affine, 1e-13);
                }
            }
        }
    }

    /// Numbers far from 0 lose no more than their own rounding: the variance is that of the deviations.
    #[test]
    fn a_large_mean_leaves_the_variance_alone() {
        let n = 100_000;
        let x: Vec<f32> = (0..n).map(|i| 4096.0 + (i % 2) as f32).collect();
        let (mut y, mut mean, mut scale) = (vec![0.0; n], [0.0], [0.0]);
        forward(&x, None, None, &mut y, &mut mean, &mut scale, 1, n, 1, 0.0);
        assert_eq!((mean[0], scale[0]), (4096.5, 2.0));
        assert!(y.iter().all(|y| y.abs() == 1.0));
    }
}
