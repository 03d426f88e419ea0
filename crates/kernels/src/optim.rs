//! Updates of parameters p from gradients g, in place; `maximize` = 1 climbs. Formulas and their order are PyTorch's.

use crate::lanes;
use crate::real::{Float, Lane, Real};

/// Stochastic gradient descent with momentum (Polyak 1964; Nesterov 1983). Without a buffer, none.
///
/// ```text
/// g = g + decay p, b = momentum b + (1 − dampening) g (b = g the `first` time), p = p − lr b
/// ```
///
/// With `nesterov` = 1: p = p − lr (g + momentum b).
pub fn sgd<T: Float>(
    p: &mut [T], g: &[T], buffer: Option<&mut [T]>, n: usize, first: usize, nesterov: usize,
    maximize: usize, lr: f64, momentum: f64, dampening: f64, decay: f64,
) {
    let (keep, take) = if first == 1 { (0.0, 1.0) } else { (momentum, 1.0 - dampening) };
    let (own, ahead) = if nesterov == 1 { (1.0, momentum) } else { (0.0, 1.0) };
    let c = [sign(maximize), decay, lr, keep, take, own, ahead].map(T::from_f64);
    #[inline(always)]
    fn at<T: Float, V: Lane<Item = T>>(
        p: &mut [T], g: &[T], b: &mut [T], c: &[T; 7], first: usize, k: usize,
    ) {
        let [sign, decay, lr, keep, take, own, ahead] = c.map(V::splat);
        let x = V::load(&p[k..]);
        let g = sign * V::load(&g[k..]) + decay * x;
        let b1 = if first == 1 { g } else { keep * V::load(&b[k..]) + take * g };
        b1.store(&mut b[k..]);
        (x - lr * (own * g + ahead * b1)).store(&mut p[k..])
    }
    #[inline(always)]
    fn plain<T: Float, V: Lane<Item = T>>(p: &mut [T], g: &[T], c: &[T; 7], k: usize) {
        let [sign, decay, lr, ..] = c.map(V::splat);
        let x = V::load(&p[k..]);
        (x - lr * (sign * V::load(&g[k..]) + decay * x)).store(&mut p[k..])
    }
    match buffer {
        Some(b) => lanes!(T, n, |k| at(p, g, b, &c, first, k)),
        None => lanes!(T, n, |k| plain(p, g, &c, k)),
    }
}

/// RMSprop (Tieleman & Hinton 2012); with `mean` centred (Graves 2013), with `buffer` with momentum.
///
/// ```text
/// g = g + decay p, v = α v + (1 − α) g², m = m + (1 − α)(g − m), u = g / (√(v − m²) + eps)
/// b = momentum b + u, p = p − lr b
/// ```
pub fn rmsprop<T: Float>(
    p: &mut [T], g: &[T], v: &mut [T], mean: Option<&mut [T]>, buffer: Option<&mut [T]>, n: usize,
    maximize: usize, lr: f64, alpha: f64, eps: f64, momentum: f64, decay: f64,
) {
    let c = [sign(maximize), decay, lr, alpha, 1.0 - alpha, eps, momentum].map(T::from_f64);
    let (mean, buffer) = (mean.unwrap_or_default(), buffer.unwrap_or_default());
    #[inline(always)]
    fn at<T: Float, V: Lane<Item = T>>(
        p: &mut [T], g: &[T], v: &mut [T], m: &mut [T], b: &mut [T], c: &[T; 7], k: usize,
    ) {
        let [sign, decay, lr, alpha, w, eps, momentum] = c.map(V::splat);
        let x = V::load(&p[k..]);
        let g = sign * V::load(&g[k..]) + decay * x;
        let mut spread = alpha * V::load(&v[k..]) + w * g * g;
        spread.store(&mut v[k..]);
        if !m.is_empty() {
            let m0 = V::load(&m[k..]);
            let m1 = m0 + w * (g - m0);
            m1.store(&mut m[k..]);
            spread = spread - m1 * m1
        }
        let mut u = g / (spread.sqrt() + eps);
        if !b.is_empty() {
            u = momentum * V::load(&b[k..]) + u;
            u.store(&mut b[k..])
        }
        (x - lr * u).store(&mut p[k..])
    }
    lanes!(T, n, |k| at(p, g, v, mean, buffer, &c, k))
}

/// Adam (Kingma & Ba 2015), and AdamW (Loshchilov & Hutter 2019) where `decoupled` = 1; with `largest` as in AMSGrad
/// (Reddi, Kale & Kumar 2018).
///
/// ```text
/// m = m + (g − m)(1 − β₁), v = β₂ v + (1 − β₂) g², p = p − step · m / (√v / root + eps)
/// ```
///
/// `step` is lr / (1 − β₁ᵗ) and `root` √(1 − β₂ᵗ). `decay` p is added to g, or, decoupled, p is scaled by 1 − lr · decay
/// first. AMSGrad puts the largest v so far in place of v.
pub fn adam<T: Float>(
    p: &mut [T], g: &[T], m: &mut [T], v: &mut [T], largest: Option<&mut [T]>, n: usize,
    decoupled: usize, maximize: usize, lr: f64, step: f64, root: f64, beta1: f64, beta2: f64,
    eps: f64, decay: f64,
) {
    let (shrink, pull) = if decoupled == 1 { (1.0 - lr * decay, 0.0) } else { (1.0, decay) };
    let c = [sign(maximize), shrink, pull, 1.0 - beta1, beta2, 1.0 - beta2, step, root, eps]
        .map(T::from_f64);
    let largest = largest.unwrap_or_default();
    #[inline(always)]
    fn at<T: Float, V: Lane<Item = T>>(
        p: &mut [T], g: &[T], m: &mut [T], v: &mut [T], most: &mut [T], c: &[T; 9], k: usize,
    ) {
        let [sign, shrink, pull, w1, beta2, w2, step, root, eps] = c.map(V::splat);
        let x = V::load(&p[k..]);
        let g = sign * V::load(&g[k..]) + pull * x;
        let m1 = V::load(&m[k..]);
        let m1 = m1 + (g - m1) * w1;
        let mut v1 = beta2 * V::load(&v[k..]) + w2 * g * g;
        m1.store(&mut m[k..]);
        v1.store(&mut v[k..]);
        if !most.is_empty() {
            v1 = Real::max(V::load(&most[k..]), v1);
            v1.store(&mut most[k..])
        }
        (x * shrink - step * m1 / (v1.sqrt() / root + eps)).store(&mut p[k..])
    }
    lanes!(T, n, |k| at(p, g, m, v, largest, &c, k))
}

fn sign(maximize: usize) -> f64 {
    if maximize == 1 { -1.0 } else { 1.0 }
}

/// g = factor · g
pub fn scale<T: Float>(g: &mut [T], n: usize, factor: f64) {
    #[inline(always)]
    fn at<T: Float, V: Lane<Item = T>>(g: &mut [T], factor: T, k: usize) {
        (V::load(&g[k..]) * V::splat(factor)).store(&mut g[k..])
    }
    lanes!(T, n, |k| at(g, T::from_f64(factor), k))
}

/// g = g, but from −limit to limit.
pub fn clamp<T: Float>(g: &mut [T], n: usize, limit: f64) {
    #[inline(always)]
    fn at<T: Float, V: Lane<Item = T>>(g: &mut [T], limit: T, k: usize) {
        let limit = V::splat(limit);
        V::load(&g[k..]).max(-limit).min(limit).store(&mut g[k..])
    }
    lanes!(T, n, |k| at(g, T::from_f64(limit), k))
}

/// y[0] = Σ g², added up in f64.
pub fn squares<T: Float>(g: &[T], y: &mut [f64]) {
    y[0] = g.iter().map(|g| g.to_f64() * g.to_f64()).sum()
}
