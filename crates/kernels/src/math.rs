//! Transcendental functions. A number alone and a number in a vector give the same bits, on every machine.
//!
//! Largest errors in float32, in units in the last place, over every float (`cargo run --release -p kernels --example sweep`): exp
//! 1.02, ln 0.83, tanh 2.61, sigmoid 2.40, erf 1.19. The tests below hold a sample of all to what is promised. float64 goes through Rust's own functions, one lane at a time.

use crate::real::{Bits, F32x4, F32x16, F64x2, Four, Lane, Real};

pub trait Math: Real {
    fn exp(self) -> Self;
    /// eˣ for x of at most a little above 0: 0 where eˣ would be subnormal, and everything made of it slow.
    fn decay(self) -> Self;
    fn ln(self) -> Self;
    fn tanh(self) -> Self;
    /// 1 / (1 + e⁻ˣ)
    fn sigmoid(self) -> Self;
    /// 2/√π ∫₀ˣ e^(−t²) dt
    fn erf(self) -> Self;
    fn sin(self) -> Self;
    fn cos(self) -> Self;
    fn pow(self, y: Self) -> Self;
}

/// A constant of the vector V, read from memory.
macro_rules! four {
    ($x:expr) => {{
        static C: Four = Four::of($x as f32);
        V::constant(&C)
    }};
}

/// c[0] + c[1] x + c[2] x² + ...
macro_rules! polynomial {
    ($x:expr; $first:expr $(, $c:expr)* $(,)?) => {{
        static C: &[Four] = &[Four::of($first) $(, Four::of($c))*];
        horner($x, C)
    }};
}

#[inline(always)]
fn horner<V: Bits>(x: V, c: &'static [Four]) -> V {
    let (last, rest) = c.split_last().expect("a polynomial has coefficients");
    rest.iter().rev().fold(V::constant(last), |y, c| y * x + V::constant(c))
}

/// x = n ln 2 + r, |r| ≤ ½ ln 2: n + SHIFT, and r. ln 2 comes in two parts, the first short enough that its product with n is
/// exact.
#[inline(always)]
fn split_off<V: Bits>(x: V) -> (V, V) {
    let shift: V = four!(F32x4::SHIFT);
    let shifted = x * four!(core::f64::consts::LOG2_E) + shift; // rounds to an integer
    let n = shifted - shift;
    (shifted, x - n * four!(0.693359375) + n * four!(2.12194440e-4))
}

/// The same n + SHIFT, and eʳ − 1, whose relative error is 1.3e-8.
#[inline(always)]
fn reduce<V: Bits>(x: V) -> (V, V) {
    let (n, r) = split_off(x);
    let tail = polynomial!(r; 0.49999997, 0.16666543, 0.0416672, 0.008366515, 0.001388252);
    (n, r + r * r * tail)
}

/// Below the second half of these degrees erf x = x + x P(x²), above it 1 − e^(Q(x)): minimax fits (Juffa).
const ERF_SPLIT: f64 = 0.927734375;

#[inline(always)]
fn exp<V: Bits>(x: V) -> V {
    let (n, em1) = reduce(x.larger(four!(-104.0)).smaller(four!(89.0)));
    // 2ⁿ in two halves: neither overflows, and a subnormal result is rounded once.
    let ((half, rest), one): (_, V) = (n.halves(), four!(1.0));
    (em1 + one) * one.times_two_to(half) * one.times_two_to(rest)
}

/// eˣ for x of at most 0, where a power of two too large makes up for one too small.
#[inline(always)]
fn exp_below<V: Bits>(x: V) -> V {
    let (n, em1) = reduce(x.larger(four!(-104.0)));
    let large: V = four!((1u128 << 64) as f64);
    (em1 + four!(1.0)) * large.times_two_to(n) * four!(1.0 / (1u128 << 64) as f64)
}

/// eˣ for x from −87 to 88.
#[inline(always)]
fn exp_within<V: Bits>(x: V) -> V {
    let (n, em1) = reduce(x);
    let one: V = four!(1.0);
    let p = one.times_two_to(n);
    p + p * em1
}

/// With the polynomial in two halves (Estrin 1960): attention waits for little else than this chain of steps.
#[inline(always)]
fn decay<V: Bits>(x: V) -> V {
    let least: V = four!(-87.0);
    let (n, r) = split_off(x.larger(least));
    let r2 = r * r;
    let low = four!(0.49999997) + four!(0.16666543) * r;
    let high = four!(0.0416672) + four!(0.008366515) * r + four!(0.001388252) * r2;
    let em1 = r + r2 * (low + r2 * high);
    let one: V = four!(1.0);
    ((em1 + one) * one.times_two_to(n)).unless(x.lt(least)) // a product: sums of bits would lose NaN
}

#[inline(always)]
fn ln<V: Bits>(x: V) -> V {
    let tiny = x.lt(four!(f32::MIN_POSITIVE));
    let (m, e) = V::pick(tiny, x * four!(8388608.0), x).split();
    let e = V::pick(tiny, e - four!(23.0), e);
    // m from √½ to √2
    let low = m.lt(four!(core::f64::consts::FRAC_1_SQRT_2));
    let (m, e) = (V::pick(low, m + m, m), V::pick(low, e - four!(1.0), e));
    let m = m - four!(1.0);
    let z = m * m;
    let tail = polynomial!(m;
        3.3333331174e-1, -2.4999993993e-1, 2.0000714765e-1, -1.6668057665e-1, 1.4249322787e-1,
        -1.2420140846e-1, 1.1676998740e-1, -1.1514610310e-1, 7.0376836292e-2);
    let y = tail * m * z - e * four!(2.12194440e-4) - z * four!(0.5);
    let y = m + y + e * four!(0.693359375);
    // ln ∞ = ∞, ln 0 = −∞, and NaN for what is negative or NaN
    let infinity: V = four!(f64::INFINITY);
    let y = V::pick(x.lt(infinity), y, x);
    let y = V::pick(x.eq(V::ZERO), -infinity, y);
    V::pick(x.lt(V::ZERO), four!(f64::NAN), y)
}

#[inline(always)]
fn tanh<V: Bits>(x: V) -> V {
    let (t, one): (V, V) = (x.abs().smaller(four!(9.02)), four!(1.0));
    let (n, em1) = reduce(t + t);
    let p = one.times_two_to(n);
    let e = (p - one) + p * em1; // e^2|x| − 1
    (e / (e + four!(2.0))).with_sign(x)
}

#[inline(always)]
fn sigmoid<V: Bits>(x: V) -> V {
    let (e, one) = (exp_below(-x.abs()), four!(1.0));
    e.larger(one.unless(x.lt(V::ZERO))) / (e + one) // e, or 1 where x is not below 0
}

#[inline(always)]
fn erf<V: Bits>(x: V) -> V {
    let inner = x
        + x * polynomial!(x * x;
            1.28379166e-1, -3.76125336e-1, 1.12819925e-1, -2.67681349e-2, 4.99119423e-3, -5.96761703e-4);
    let outer = {
        let t = x.abs().smaller(four!(4.0)); // beyond, erf is 1
        let q = polynomial!(t;
            -1.28717512e-1, -6.34846687e-1, -1.06777877e-1, 2.42546219e-2, -3.88396438e-3, 3.83197126e-4,
            -1.72853470e-5);
        let one: V = four!(1.0);
        (one - exp_within(t * q - t)).with_sign(x)
    };
    V::pick(x.abs().le(four!(ERF_SPLIT)), inner, outer)
}

macro_rules! formulas {
    ($($V:ty),+) => {$(
        impl Math for $V {
            #[inline(always)]
            fn exp(self) -> Self {
                exp(self)
            }
            #[inline(always)]
            fn decay(self) -> Self {
                decay(self)
            }
            #[inline(always)]
            fn ln(self) -> Self {
                ln(self)
            }
            #[inline(always)]
            fn tanh(self) -> Self {
                tanh(self)
            }
            #[inline(always)]
            fn sigmoid(self) -> Self {
                sigmoid(self)
            }
            #[inline(always)]
            fn erf(self) -> Self {
                erf(self)
            }
            fn sin(self) -> Self {
                each(self, Math::sin)
            }
            fn cos(self) -> Self {
                each(self, Math::cos)
            }
            fn pow(self, y: Self) -> Self {
                each_pair(self, y, Math::pow)
            }
        }
    )+};
}
formulas!(F32x4, F32x16);

/// One number in a vector, out of line: what is left over at a slice's end is worth no copy of the formula. sin, cos and pow are
/// functions of f64, rounded once: within 1 ulp.
impl Math for f32 {
    #[inline(never)]
    fn exp(self) -> f32 {
        first(F32x4::splat(self).exp())
    }
    #[inline(never)]
    fn decay(self) -> f32 {
        first(F32x4::splat(self).decay())
    }
    #[inline(never)]
    fn ln(self) -> f32 {
        first(F32x4::splat(self).ln())
    }
    #[inline(never)]
    fn tanh(self) -> f32 {
        first(F32x4::splat(self).tanh())
    }
    #[inline(never)]
    fn sigmoid(self) -> f32 {
        first(F32x4::splat(self).sigmoid())
    }
    #[inline(never)]
    fn erf(self) -> f32 {
        first(F32x4::splat(self).erf())
    }
    fn sin(self) -> f32 {
        f64::sin(self as f64) as f32
    }
    fn cos(self) -> f32 {
        f64::cos(self as f64) as f32
    }
    fn pow(self, y: f32) -> f32 {
        f64::powf(self as f64, y as f64) as f32
    }
}

impl Math for f64 {
    fn exp(self) -> f64 {
        f64::exp(self)
    }
    fn decay(self) -> f64 {
        if self < -708.0 { 0.0 } else { f64::exp(self) }
    }
    fn ln(self) -> f64 {
        f64::ln(self)
    }
    fn tanh(self) -> f64 {
        f64::tanh(self)
    }
    fn sigmoid(self) -> f64 {
        let e = f64::exp(-f64::abs(self));
        if self < 0.0 { e / (1.0 + e) } else { 1.0 / (1.0 + e) }
    }
    fn erf(self) -> f64 {
        let x = f64::abs(self);
        if x < 2.5 {
            return self * erf_series(x);
        }
        if x < 6.0 {
            return (1.0 - erfc_fraction(x)).copysign(self);
        }
        if self.is_nan() { self } else { 1f64.copysign(self) }
    }
    fn sin(self) -> f64 {
        f64::sin(self)
    }
    fn cos(self) -> f64 {
        f64::cos(self)
    }
    fn pow(self, y: f64) -> f64 {
        f64::powf(self, y)
    }
}

/// erf(x) / x = 2/√π e^(−x²) Σ (2x²)ⁿ / (1 · 3 · ... · (2n + 1)): every term is positive.
fn erf_series(x: f64) -> f64 {
    let (mut term, mut sum, mut n) = (1.0, 1.0, 1.0);
    while term > sum * 1e-17 {
        term *= 2.0 * x * x / (2.0 * n + 1.0);
        sum += term;
        n += 1.0;
    }
    core::f64::consts::FRAC_2_SQRT_PI * f64::exp(-x * x) * sum
}

/// erfc(x) = e^(−x²)/√π · 1 / (x + ½ / (x + 1 / (x + 3/2 / (x + ...)))), for x ≥ 2.5.
fn erfc_fraction(x: f64) -> f64 {
    let tail = (1..60).rev().fold(x, |tail, n| x + 0.5 * n as f64 / tail);
    f64::exp(-x * x) * core::f64::consts::FRAC_2_SQRT_PI * 0.5 / tail
}

macro_rules! one_by_one {
    ($($V:ty),+) => {$(
impl Math for $V {
    fn exp(self) -> Self {
        each(self, Math::exp)
    }
    fn decay(self) -> Self {
        each(self, Math::decay)
    }
    fn ln(self) -> Self {
        each(self, Math::ln)
    }
    fn tanh(self) -> Self {
        each(self, Math::tanh)
    }
    fn sigmoid(self) -> Self {
        each(self, Math::sigmoid)
    }
    fn erf(self) -> Self {
        each(self, Math::erf)
    }
    fn sin(self) -> Self {
        each(self, Math::sin)
    }
    fn cos(self) -> Self {
        each(self, Math::cos)
    }
    fn pow(self, y: Self) -> Self {
        each_pair(self, y, Math::pow)
    }
}
    )+};
}
one_by_one!(F64x2);

fn first(x: F32x4) -> f32 {
    let mut lanes = [0.0; 4];
    x.store(&mut lanes);
    lanes[0]
}

fn each<V: Lane>(x: V, f: impl Fn(V::Item) -> V::Item) -> V {
    let mut lanes = [V::Item::ZERO; 16];
    x.store(&mut lanes);
    for x in &mut lanes[..V::LANES] {
        *x = f(*x)
    }
    V::load(&lanes)
}

fn each_pair<V: Lane>(x: V, y: V, f: impl Fn(V::Item, V::Item) -> V::Item) -> V {
    let (mut a, mut b) = ([V::Item::ZERO; 16], [V::Item::ZERO; 16]);
    x.store(&mut a);
    y.store(&mut b);
    for (a, b) in a.iter_mut().zip(b).take(V::LANES) {
        *a = f(*a, b)
    }
    V::load(&a)
}

#[cfg(test)]
mod tests;
