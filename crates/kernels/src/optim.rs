//! Updates of parameters, in place.

use crate::lanes;
use crate::real::{Float, Lane};

/// Adam (Kingma & Ba 2015), and AdamW (Loshchilov & Hutter 2019) where `decoupled` = 1.
///
/// ```text
/// m = m + (g − m)(1 − β₁), v = β₂ v + (1 − β₂) g², p = p − step · m / (√v / root + eps)
/// ```
///
/// `step` is lr / (1 − β₁ᵗ) and `root` √(1 − β₂ᵗ). `decay` is added to g, or, decoupled, p is scaled by 1 − lr · decay first.
pub fn adam<T: Float>(
    p: &mut [T], g: &[T], m: &mut [T], v: &mut [T], n: usize, decoupled: usize, lr: f64, step: f64,
    root: f64, beta1: f64, beta2: f64, eps: f64, decay: f64,
) {
    let (shrink, pull) = if decoupled == 1 { (1.0 - lr * decay, 0.0) } else { (1.0, decay) };
    let c = [shrink, pull, 1.0 - beta1, beta2, 1.0 - beta2, step, root, eps].map(T::from_f64);
    #[inline(always)]
    fn at<T: Float, V: Lane<Item = T>>(
        p: &mut [T], g: &[T], m: &mut [T], v: &mut [T], c: &[T; 8], k: usize,
    ) {
        let [shrink, pull, w1, beta2, w2, step, root, eps] = c.map(V::splat);
        let x = V::load(&p[k..]);
        let g = V::load(&g[k..]) + pull * x;
        let m1 = V::load(&m[k..]);
        let m1 = m1 + (g - m1) * w1;
        let v1 = beta2 * V::load(&v[k..]) + w2 * g * g;
        m1.store(&mut m[k..]);
        v1.store(&mut v[k..]);
        (x * shrink - step * m1 / (v1.sqrt() / root + eps)).store(&mut p[k..])
    }
    lanes!(T, n, |k| at(p, g, m, v, &c, k))
}

/// g = factor · g
pub fn scale<T: Float>(g: &mut [T], n: usize, factor: f64) {
    #[inline(always)]
    fn at<T: Float, V: Lane<Item = T>>(g: &mut [T], factor: T, k: usize) {
        (V::load(&g[k..]) * V::splat(factor)).store(&mut g[k..])
    }
    lanes!(T, n, |k| at(g, T::from_f64(factor), k))
}

/// y[0] = Σ g², added up in f64.
pub fn squares<T: Float>(g: &[T], y: &mut [f64]) {
    y[0] = g.iter().map(|g| g.to_f64() * g.to_f64()).sum()
}
