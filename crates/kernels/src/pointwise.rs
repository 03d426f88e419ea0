//! One number in, or two; one number out. Formulas are written once, for a vector and for a single number alike.

use crate::lanes;
use crate::math::Math;
use crate::real::{Float, Lane};

/// A formula of one number.
trait Unary {
    fn of<V: Math>(&self, x: V) -> V;
}

/// A formula of two numbers.
trait Binary {
    fn of<V: Math>(&self, a: V, b: V) -> V;
}

#[inline(always)]
fn each<T: Float>(formula: impl Unary, x: &[T], y: &mut [T]) {
    let lanes = T::Long::LANES;
    let (mut xs, mut ys) = (x.chunks_exact(lanes), y.chunks_exact_mut(lanes));
    for (x, y) in xs.by_ref().zip(ys.by_ref()) {
        formula.of(T::Long::load(x)).store(y)
    }
    let lanes = T::Wide::LANES;
    let (mut xs, mut ys) =
        (xs.remainder().chunks_exact(lanes), ys.into_remainder().chunks_exact_mut(lanes));
    for (x, y) in xs.by_ref().zip(ys.by_ref()) {
        formula.of(T::Wide::load(x)).store(y)
    }
    for (x, y) in xs.remainder().iter().zip(ys.into_remainder()) {
        *y = formula.of(*x)
    }
}

#[inline(always)]
fn own<T: Float>(formula: impl Unary, y: &mut [T]) {
    let mut longs = y.chunks_exact_mut(T::Long::LANES);
    for y in longs.by_ref() {
        formula.of(T::Long::load(y)).store(y)
    }
    let mut ones = longs.into_remainder().chunks_exact_mut(T::Wide::LANES);
    for y in ones.by_ref() {
        formula.of(T::Wide::load(y)).store(y)
    }
    for y in ones.into_remainder() {
        *y = formula.of(*y)
    }
}

/// Where an operand is `None` it is `number`. One that is shorter than the result repeats: `a[i % a.len()]`; its length
/// divides the other's, which is the result's.
#[inline(always)]
fn pair<T: Float>(
    formula: impl Binary, a: Option<&[T]>, b: Option<&[T]>, y: &mut [T], number: f64,
) {
    let number = [T::from_f64(number)];
    let (a, b) = (a.unwrap_or(&number), b.unwrap_or(&number));
    if y.is_empty() {
        return;
    }
    if b.len() == 1 {
        return each(Right(formula, b[0]), a, y);
    }
    if a.len() == 1 {
        return each(Left(formula, a[0]), b, y);
    }
    let block = a.len().min(b.len());
    for (i, y) in y.chunks_exact_mut(block).enumerate() {
        let at = i * block;
        zip(&formula, &a[at % a.len()..][..block], &b[at % b.len()..][..block], y)
    }
}

#[inline(always)]
fn zip<T: Float>(formula: &impl Binary, a: &[T], b: &[T], y: &mut [T]) {
    let lanes = T::Wide::LANES;
    let (mut r, mut s, mut t) =
        (a.chunks_exact(lanes), b.chunks_exact(lanes), y.chunks_exact_mut(lanes));
    for ((a, b), y) in r.by_ref().zip(s.by_ref()).zip(t.by_ref()) {
        formula.of(T::Wide::load(a), T::Wide::load(b)).store(y)
    }
    for ((a, b), y) in r.remainder().iter().zip(s.remainder()).zip(t.into_remainder()) {
        *y = formula.of(*a, *b)
    }
}

/// A formula of two numbers, one of which stays the same.
struct Left<F, T>(F, T);
struct Right<F, T>(F, T);

impl<F: Binary, T: Float> Unary for Left<F, T> {
    #[inline(always)]
    fn of<V: Math>(&self, b: V) -> V {
        self.0.of(V::of(self.1.to_f64()), b)
    }
}
impl<F: Binary, T: Float> Unary for Right<F, T> {
    #[inline(always)]
    fn of<V: Math>(&self, a: V) -> V {
        self.0.of(a, V::of(self.1.to_f64()))
    }
}

macro_rules! unary {
    ($($(#[$doc:meta])* $name:ident($x:ident $(; $($p:ident),+)?) = $value:expr;)+) => {$(
        $(#[$doc])*
        pub fn $name<T: Float>(x: &[T], y: &mut [T], _n: usize, $($($p: f64),+)?) {
            struct Formula { $($($p: f64),+)? }
            impl Unary for Formula {
                #[inline(always)]
                fn of<V: Math>(&self, $x: V) -> V {
                    $($(let $p = V::of(self.$p);)+)?
                    $value
                }
            }
            each(Formula { $($($p),+)? }, x, y)
        }
    )+};
}

/// y = f(y)
macro_rules! in_place {
    ($($name:ident($x:ident) = $value:expr;)+) => {$(
        pub fn $name<T: Float>(y: &mut [T]) {
            struct Formula;
            impl Unary for Formula {
                #[inline(always)]
                fn of<V: Math>(&self, $x: V) -> V {
                    $value
                }
            }
            own(Formula, y)
        }
    )+};
}

macro_rules! binary {
    ($($(#[$doc:meta])* $name:ident($a:ident, $b:ident) = $value:expr;)+) => {$(
        $(#[$doc])*
        pub fn $name<T: Float>(
            a: Option<&[T]>, b: Option<&[T]>, y: &mut [T], _n: usize, _a_len: usize, _b_len: usize, number: f64,
        ) {
            struct Formula;
            impl Binary for Formula {
                #[inline(always)]
                fn of<V: Math>(&self, $a: V, $b: V) -> V {
                    $value
                }
            }
            pair(Formula, a, b, y, number)
        }
    )+};
}

/// Backwards in one pass: from x or y, and dy, to dx.
macro_rules! backward {
    ($($(#[$doc:meta])* $name:ident($a:ident, $b:ident $(; $($p:ident),+)?) = $value:expr;)+) => {$(
        $(#[$doc])*
        pub fn $name<T: Float>($a: &[T], $b: &[T], dx: &mut [T], _n: usize, $($($p: f64),+)?) {
            struct Formula { $($($p: f64),+)? }
            impl Binary for Formula {
                #[inline(always)]
                fn of<V: Math>(&self, $a: V, $b: V) -> V {
                    $($(let $p = V::of(self.$p);)+)?
                    $value
                }
            }
            zip(&Formula { $($($p),+)? }, $a, $b, dx)
        }
    )+};
}

binary! {
    add(a, b) = a + b;
    sub(a, b) = a - b;
    mul(a, b) = a * b;
    div(a, b) = a / b;
    pow(a, b) = power(a, b);
    maximum(a, b) = a.max(b);
    minimum(a, b) = a.min(b);
}

/// Not inlined: `pow` is long, and `pair` has three loops.
#[inline(never)]
fn power<V: Math>(a: V, b: V) -> V {
    a.pow(b)
}

unary! {
    neg(x) = -x;
    abs(x) = x.abs();
    /// −1, 0 or 1; 0 for NaN
    sign(x) = V::pick(V::ZERO.lt(x), V::ONE, V::pick(x.lt(V::ZERO), -V::ONE, V::ZERO));
    sqrt(x) = x.sqrt();
    exp(x) = x.exp();
    log(x) = x.ln();
    sin(x) = x.sin();
    cos(x) = x.cos();
    tanh(x) = x.tanh();
    sigmoid(x) = x.sigmoid();
    erf(x) = x.erf();
    relu(x) = x.larger(V::ZERO);
    silu(x) = x * x.sigmoid();
    /// x Φ(x), with Φ(x) = (1 + erf(x / √2)) / 2
    gelu(x) = x * phi(x);
    /// x (1 + tanh u) / 2, with u = √(2/π) (x + 0.044715 x³)
    gelu_tanh(x) = V::of(0.5) * x * (V::ONE + gelu_u(x).tanh());
    /// ln(1 + e^(β x)) / β; x where β x > threshold
    softplus(x; beta, threshold) = {
        let z = beta * x;
        let e = (-z.abs()).exp();
        let w = V::ONE + e;
        // ln(1 + e), to the last bit even where 1 + e was rounded
        let log = V::pick(w.eq(V::ONE), e, w.ln() * e / (w - V::ONE));
        V::pick(threshold.lt(z), x, (z.max(V::ZERO) + log) / beta)
    };
    clip(x; low, high) = x.max(low).min(high);
}

in_place! {
    tanh_in_place(x) = x.tanh();
    sigmoid_in_place(x) = x.sigmoid();
    relu_in_place(x) = x.larger(V::ZERO);
}

backward! {
    /// through y = tanh x: dy (1 − y²)
    tanh_backward(y, dy) = dy * (V::ONE - y * y);
    /// through y = σ(x): dy y (1 − y)
    sigmoid_backward(y, dy) = dy * (y * (V::ONE - y));
    /// through y = max(x, 0): dy where y > 0, and where y is NaN
    relu_backward(y, dy) = V::pick(y.le(V::ZERO), V::ZERO, dy);
    /// through y = x σ(x): dy σ (1 + x (1 − σ))
    silu_backward(x, dy) = {
        let s = x.sigmoid();
        dy * s * (V::ONE + x * (V::ONE - s))
    };
    /// through y = x Φ(x): dy (Φ(x) + x φ(x)), φ(x) = e^(−x² / 2) / √(2π)
    gelu_backward(x, dy) = {
        let density = V::of(0.398_942_280_401_432_7) * (V::of(-0.5) * x * x).exp();
        dy * (phi(x) + x * density)
    };
    /// through y = x (1 + tanh u) / 2: dy (1 + t + x (1 − t²) u') / 2
    gelu_tanh_backward(x, dy) = {
        let t = gelu_u(x).tanh();
        let du = V::of(ROOT_2_PI) * (V::ONE + V::of(3.0 * 0.044715) * x * x);
        V::of(0.5) * dy * (V::ONE + t + x * (V::ONE - t * t) * du)
    };
}

/// √(2/π)
const ROOT_2_PI: f64 = 0.797_884_560_802_865_4;

#[inline(always)]
fn phi<V: Math>(x: V) -> V {
    V::of(0.5) * (V::ONE + (x * V::of(core::f64::consts::FRAC_1_SQRT_2)).erf())
}

#[inline(always)]
fn gelu_u<V: Math>(x: V) -> V {
    V::of(ROOT_2_PI) * (x + V::of(0.044715) * x * x * x)
}

/// y += x
pub fn accumulate<T: Float>(x: &[T], y: &mut [T], n: usize) {
    fn f<T: Float, V: Lane<Item = T>>(x: &[T], y: &mut [T], k: usize) {
        V::load(&x[k..]).add_to(&mut y[k..])
    }
    lanes!(T, n, |k| f(x, y, k));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Both operand orders, both repeats and numbers, at every width around the vectors'.
    #[test]
    fn operands_repeat() {
        for n in 0..=67 {
            let a: Vec<f32> = (0..n).map(|i| i as f32 + 1.0).collect();
            let b: Vec<f32> = (0..n).map(|i| 0.5 - i as f32).collect();
            let mut y = vec![0.0; n];
            sub(Some(&a), Some(&b), &mut y, n, n, n, 0.0);
            (0..n).for_each(|i| assert_eq!(y[i], a[i] - b[i]));
            sub(Some(&a), None, &mut y, n, n, 1, 3.0);
            (0..n).for_each(|i| assert_eq!(y[i], a[i] - 3.0));
            sub(None, Some(&b), &mut y, n, 1, n, 3.0);
            (0..n).for_each(|i| assert_eq!(y[i], 3.0 - b[i]));
            let mut y = vec![0.0; 3 * n];
            let long: Vec<f32> = (0..3 * n).map(|i| i as f32).collect();
            sub(Some(&long), Some(&b), &mut y, 3 * n, 3 * n, n, 0.0);
            (0..3 * n).for_each(|i| assert_eq!(y[i], long[i] - b[i % n]));
            sub(Some(&a), Some(&long), &mut y, 3 * n, n, 3 * n, 0.0);
            (0..3 * n).for_each(|i| assert_eq!(y[i], a[i % n] - long[i]));
        }
    }

    #[test]
    fn vectors_and_tail_give_the_same_bits() {
        let x: Vec<f32> = (0..67).map(|i| (i as f32 - 33.0) * 0.37).collect();
        let kernels: [fn(&[f32], &mut [f32], usize); 6] =
            [exp, tanh, sigmoid, gelu, gelu_tanh, silu];
        for kernel in kernels {
            let mut whole = [0.0; 67];
            kernel(&x, &mut whole, 67);
            for i in 0..67 {
                let mut one = [0.0];
                kernel(&x[i..=i], &mut one, 1);
                assert_eq!(one[0].to_bits(), whole[i].to_bits());
            }
        }
    }

    #[test]
    fn softplus_keeps_small_results() {
        let mut y = [0.0f32; 3];
        softplus(&[-20.0, 0.0, 30.0], &mut y, 3, 1.0, 20.0);
        for (y, want) in y.iter().zip([2.061_153_6e-9, core::f32::consts::LN_2, 30.0]) {
            assert!((y - want).abs() <= 4e-7 * want, "{y} {want}");
        }
    }

    #[test]
    fn nan_goes_through() {
        let nan = [f32::NAN; 5];
        let mut y = [0.0; 5];
        relu(&nan, &mut y, 5);
        assert!(y.iter().all(|y| y.is_nan()));
        clip(&nan, &mut y, 5, -1.0, 1.0);
        assert!(y.iter().all(|y| y.is_nan()));
        maximum(Some(&nan), None, &mut y, 5, 5, 1, 1.0);
        assert!(y.iter().all(|y| y.is_nan()));
        relu_backward(&nan, &[1.0; 5], &mut y, 5);
        assert_eq!(y, [1.0; 5]);
    }
}
