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
    let c = [sign(maximize), shrink, pull, 1.0 - beta1, beta2, 1.0 - beta2, step, 1.0 / root, eps]
        .map(T::from_f64);
    let largest = largest.unwrap_or_default();
    #[inline(always)]
    fn at<T: Float, V: Lane<Item = T>>(
        p: &mut [T], g: &[T], m: &mut [T], v: &mut [T], most: &mut [T], c: &[T; 9], k: usize,
    ) {
        let [sign, shrink, pull, w1, beta2, w2, step, unbiased, eps] = c.map(V::splat);
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
        (x * shrink - step * m1 / (v1.sqrt() * unbiased + eps)).store(&mut p[k..])
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

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(n: usize, seed: f64) -> Vec<f64> {
        (0..n).map(|i| ((i as f64 + 1.3) * seed).sin() * 2.0).collect()
    }

    fn cast<T: Float>(x: &[f64]) -> Vec<T> {
        x.iter().map(|&x| T::from_f64(x)).collect()
    }

    /// Three updates of `slots` rows of n numbers, whole and one by one, have the same bits; in f64 they are the formula's.
    fn check<const SLOTS: usize>(
        kernel32: impl Fn(&mut [Vec<f32>; SLOTS], &[f32], usize),
        kernel64: impl Fn(&mut [Vec<f64>; SLOTS], &[f64], usize),
        formula: impl Fn(&mut [f64; SLOTS], f64, usize),
    ) {
        for n in (0..=67).chain([128]) {
            let start: [Vec<f64>; SLOTS] = core::array::from_fn(|s| {
                numbers(n, if s == 0 { 0.7 } else { 0.0 }) // p; the slots start at 0
            });
            let mut single = start.each_ref().map(|x| cast::<f32>(x));
            let mut double = start.clone();
            let mut apart = single.clone();
            let mut want = start;
            for t in 1..=3 {
                let g = numbers(n, 0.31 * t as f64);
                kernel32(&mut single, &cast(&g), t);
                kernel64(&mut double, &g, t);
                for k in 0..n {
                    let mut one = apart.each_ref().map(|x| vec![x[k]]);
                    kernel32(&mut one, &[g[k] as f32], t);
                    apart.iter_mut().zip(&one).for_each(|(x, y)| x[k] = y[0]);
                    let mut one = want.each_ref().map(|x| x[k]);
                    formula(&mut one, g[k], t);
                    want.iter_mut().zip(one).for_each(|(x, y)| x[k] = y);
                }
            }
            assert_eq!(single, apart, "n = {n}");
            for (got, want) in double.iter().flatten().zip(want.iter().flatten()) {
                assert!((got - want).abs() <= 1e-12 * want.abs().max(1.0), "n = {n}: {got} {want}");
            }
        }
    }

    #[test]
    fn sgd_is_its_formula_at_every_width() {
        for (nesterov, maximize, dampening) in [(0, 0, 0.0), (0, 1, 0.3), (1, 0, 0.0)] {
            fn update<T: Float>(x: &mut [Vec<T>; 2], g: &[T], t: usize, o: (usize, usize, f64)) {
                let [p, b] = x;
                let first = (t == 1) as usize;
                sgd(p, g, Some(b), g.len(), first, o.0, o.1, 0.1, 0.9, o.2, 0.01);
                let mut q = p.clone();
                sgd(&mut q, g, None, g.len(), 0, 0, 0, 0.0, 0.0, 0.0, 0.0);
                assert!(q == *p, "lr 0 and no momentum change nothing");
            }
            let o = (nesterov, maximize, dampening);
            check(
                |x, g, t| update(x, g, t, o),
                |x, g, t| update(x, g, t, o),
                |[p, b], g, t| {
                    let g = if maximize == 1 { -g } else { g } + 0.01 * *p;
                    *b = if t == 1 { g } else { 0.9 * *b + (1.0 - dampening) * g };
                    *p -= 0.1 * if nesterov == 1 { g + 0.9 * *b } else { *b };
                },
            );
        }
    }

    #[test]
    fn rmsprop_is_its_formula_at_every_width() {
        for (centred, heavy) in [(false, false), (true, false), (false, true), (true, true)] {
            fn update<T: Float>(x: &mut [Vec<T>; 4], g: &[T], centred: bool, heavy: bool) {
                let [p, v, m, b] = x;
                let (m, b) = (centred.then_some(&mut m[..]), heavy.then_some(&mut b[..]));
                rmsprop(p, g, v, m, b, g.len(), 0, 0.1, 0.9, 1e-3, 0.5, 0.01);
            }
            check(
                |x, g, _| update(x, g, centred, heavy),
                |x, g, _| update(x, g, centred, heavy),
                |[p, v, m, b], g, _| {
                    let g = g + 0.01 * *p;
                    *v = 0.9 * *v + 0.1 * g * g;
                    if centred {
                        *m += 0.1 * (g - *m);
                    }
                    let u = g / ((*v - *m * *m).sqrt() + 1e-3);
                    if heavy {
                        *b = 0.5 * *b + u;
                    }
                    *p -= 0.1 * if heavy { *b } else { u };
                },
            );
        }
    }

    #[test]
    fn adam_is_its_formula_at_every_width() {
        for (decoupled, amsgrad) in [(0, false), (1, false), (0, true), (1, true)] {
            fn update<T: Float>(
                x: &mut [Vec<T>; 4], g: &[T], t: usize, decoupled: usize, amsgrad: bool,
            ) {
                let [p, m, v, most] = x;
                let most = amsgrad.then_some(&mut most[..]);
                let step = 0.1 / (1.0 - 0.9f64.powi(t as i32));
                let root = (1.0 - 0.5f64.powi(t as i32)).sqrt();
                adam(
                    p,
                    g,
                    m,
                    v,
                    most,
                    g.len(),
                    decoupled,
                    1,
                    0.1,
                    step,
                    root,
                    0.9,
                    0.5,
                    1e-3,
                    0.02,
                );
            }
            check(
                |x, g, t| update(x, g, t, decoupled, amsgrad),
                |x, g, t| update(x, g, t, decoupled, amsgrad),
                |[p, m, v, most], g, t| {
                    let g = -g + if decoupled == 1 { 0.0 } else { 0.02 * *p };
                    *m = 0.9 * *m + 0.1 * g;
                    *v = 0.5 * *v + 0.5 * g * g;
                    *most = if amsgrad { most.max(*v) } else { 0.0 };
                    let [m, v] = [
                        *m / (1.0 - 0.9f64.powi(t as i32)),
                        if amsgrad { *most } else { *v } / (1.0 - 0.5f64.powi(t as i32)),
                    ];
                    *p *= if decoupled == 1 { 1.0 - 0.1 * 0.02 } else { 1.0 };
                    *p -= 0.1 * m / (v.sqrt() + 1e-3);
                },
            );
        }
    }

    #[test]
    fn gradients_are_scaled_clamped_and_measured_at_every_width() {
        for n in 0..=67 {
            let g = numbers(n, 0.9);
            let mut scaled = cast::<f32>(&g);
            scale(&mut scaled, n, 0.5);
            let mut clamped = cast::<f32>(&g);
            clamp(&mut clamped, n, 1.25);
            let mut sum = [0.0];
            squares(&cast::<f32>(&g), &mut sum);
            let mut want = 0.0;
            for k in 0..n {
                let g = g[k] as f32;
                assert_eq!([scaled[k], clamped[k]], [g * 0.5, g.clamp(-1.25, 1.25)]);
                want += g as f64 * g as f64;
            }
            assert!((sum[0] - want).abs() <= 1e-12 * want);
        }
        let mut odd = [f32::NAN, f32::INFINITY, -0.0];
        clamp(&mut odd, 3, 1.0);
        assert!(odd[0].is_nan() && odd[1] == 1.0 && odd[2] == 0.0);
    }
}
