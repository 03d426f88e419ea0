//! The numbers that a formula can run in, and their way to and from memory.
//!
//! [`Real`] is what a formula needs: arithmetic, order, choice. [`Lane`] is a `Real` that moves to and from
//! slices, `LANES` numbers at a time. [`Float`] is an element type (f32, f64) with the vector that carries it.
//! A formula is written once, generic over `Lane`, and run over a slice by [`lanes!`](crate::lanes).

use core::ops::{Add, Div, Mul, Neg, Sub};

pub trait Real:
    Copy
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
{
    /// The answer of a comparison: a bool, or one per lane.
    type Mask: Copy;

    /// A constant, rounded to the element type.
    fn of(x: f64) -> Self;

    /// Ordered comparisons: false where either is NaN.
    fn lt(self, o: Self) -> Self::Mask;
    fn le(self, o: Self) -> Self::Mask;
    fn eq(self, o: Self) -> Self::Mask;
    /// `yes` where the mask holds, else `no`.
    fn pick(mask: Self::Mask, yes: Self, no: Self) -> Self;

    /// NaN if either is NaN; −0 < +0.
    fn min(self, o: Self) -> Self;
    fn max(self, o: Self) -> Self;
    /// The larger, or self where either is NaN: one instruction, where `max` takes ten.
    #[inline(always)]
    fn larger(self, o: Self) -> Self {
        Self::pick(self.lt(o), o, self)
    }
    fn abs(self) -> Self;
    fn sqrt(self) -> Self;
    /// self + x · y, for products of matrices: rounded twice, or once where the target has relaxed SIMD.
    #[inline(always)]
    fn add_product(self, x: Self, y: Self) -> Self {
        self + x * y
    }
    /// To the nearest integer, ties to even.
    fn round(self) -> Self;

    const ZERO: Self;
    const ONE: Self;
}

pub trait Lane: Real {
    type Item: Float;
    const LANES: usize;

    fn splat(x: Self::Item) -> Self;
    fn load(from: &[Self::Item]) -> Self;
    fn store(self, to: &mut [Self::Item]);
    /// The lanes added up: first with third, second with fourth, then the two sums.
    fn sum(self) -> Self::Item;
    fn largest(self) -> Self::Item;
    /// Writes each lane as a vector of equal numbers, `apart` from one to the next.
    #[inline(always)]
    fn spread(self, to: &mut [Self::Item], apart: usize) {
        let mut lanes = [Self::Item::ZERO; 8];
        self.store(&mut lanes);
        for (i, x) in lanes[..Self::LANES].iter().enumerate() {
            Self::splat(*x).store(&mut to[i * apart..])
        }
    }

    #[inline(always)]
    fn add_to(self, to: &mut [Self::Item]) {
        (Self::load(to) + self).store(to)
    }
}

/// An element type: its own scalar lane, and the vector that carries `Wide::LANES` of it.
pub trait Float: Lane<Item = Self> + crate::math::Math + PartialOrd + Default {
    type Wide: Lane<Item = Self> + crate::math::Math;
    /// Two of them, for formulas whose every step waits for the one before.
    type Twin: Lane<Item = Self> + crate::math::Math;
    /// Whether products take one plain tile whatever their shape: speed is float32's, and every user carries the code.
    const PLAIN: bool;
    fn from_f64(x: f64) -> Self;
    fn to_f64(self) -> f64;
}

macro_rules! scalar {
    ($f:ty, $wide:ty, $twin:ty, $plain:literal) => {
        impl Real for $f {
            type Mask = bool;
            const ZERO: $f = 0.0;
            const ONE: $f = 1.0;
            #[inline(always)]
            fn of(x: f64) -> $f {
                x as $f
            }
            #[inline(always)]
            fn lt(self, o: $f) -> bool {
                self < o
            }
            #[inline(always)]
            fn le(self, o: $f) -> bool {
                self <= o
            }
            #[inline(always)]
            fn eq(self, o: $f) -> bool {
                self == o
            }
            #[inline(always)]
            fn pick(mask: bool, yes: $f, no: $f) -> $f {
                if mask { yes } else { no }
            }
            #[inline(always)]
            fn min(self, o: $f) -> $f {
                if self < o {
                    self
                } else if o < self {
                    o
                } else if self == o {
                    <$f>::from_bits(self.to_bits() | o.to_bits()) // equal: only the sign of zero can differ
                } else {
                    self + o // NaN
                }
            }
            #[inline(always)]
            fn max(self, o: $f) -> $f {
                if self > o {
                    self
                } else if o > self {
                    o
                } else if self == o {
                    <$f>::from_bits(self.to_bits() & o.to_bits())
                } else {
                    self + o
                }
            }
            #[inline(always)]
            fn abs(self) -> $f {
                <$f>::abs(self)
            }
            #[inline(always)]
            fn sqrt(self) -> $f {
                <$f>::sqrt(self)
            }
            #[inline(always)]
            fn round(self) -> $f {
                self.round_ties_even()
            }
        }

        impl Lane for $f {
            type Item = $f;
            const LANES: usize = 1;
            #[inline(always)]
            fn splat(x: $f) -> $f {
                x
            }
            #[inline(always)]
            fn load(from: &[$f]) -> $f {
                from[0]
            }
            #[inline(always)]
            fn store(self, to: &mut [$f]) {
                to[0] = self
            }
            #[inline(always)]
            fn sum(self) -> $f {
                self
            }
            #[inline(always)]
            fn largest(self) -> $f {
                self
            }
        }

        impl Float for $f {
            type Wide = $wide;
            type Twin = $twin;
            const PLAIN: bool = $plain;
            #[inline(always)]
            fn from_f64(x: f64) -> $f {
                x as $f
            }
            #[inline(always)]
            fn to_f64(self) -> f64 {
                self as f64
            }
        }
    };
}
scalar!(f32, F32x4, Twin<F32x4>, false);
scalar!(f64, F64x2, F64x2, true);

/// The bits of four f32: what exp and ln are made of.
pub trait Bits: Real {
    /// An integer n of less than 22 bits, as n + SHIFT, has its bits at the end of the float's: no conversion is needed.
    const SHIFT: f64 = 12582912.0; // 1.5 · 2²³
    fn constant(c: &'static Four) -> Self;
    /// 2ⁿ of n + SHIFT, for n from −126 to 127.
    fn two_to(self) -> Self;
    /// 2^⌊n/2⌋ and 2^(n − ⌊n/2⌋) of n + SHIFT, for n from −252 to 254.
    fn two_to_halves(self) -> (Self, Self);
    /// m and e with x = m · 2ᵉ and m from ½ to 1, for a positive normal x.
    fn split(self) -> (Self, Self);
    /// |x| with the sign of `of`, −0 and NaN included.
    fn with_sign(self, of: Self) -> Self;
    /// x, but from low to high; NaN passes.
    fn within(self, low: Self, high: Self) -> Self;
}

/// A constant for all four lanes of a vector.
#[repr(align(16))]
pub struct Four(pub [f32; 4]);

impl Four {
    pub const fn of(x: f32) -> Self {
        Self([x; 4])
    }
}

/// Two vectors side by side. A formula of it does each of its steps for both before the next, so that an engine that keeps
/// the order of the code has two chains of steps to work on.
#[derive(Clone, Copy)]
pub struct Twin<V>(pub V, pub V);

macro_rules! twin {
    ($($trait:ident $op:ident)+) => {$(
        impl<V: Real> $trait for Twin<V> {
            type Output = Self;
            #[inline(always)]
            fn $op(self, o: Self) -> Self {
                Self(self.0.$op(o.0), self.1.$op(o.1))
            }
        }
    )+};
}
twin! { Add add Sub sub Mul mul Div div }

impl<V: Real> Neg for Twin<V> {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        Self(-self.0, -self.1)
    }
}

impl<V: Real> Real for Twin<V> {
    type Mask = (V::Mask, V::Mask);
    const ZERO: Self = Self(V::ZERO, V::ZERO);
    const ONE: Self = Self(V::ONE, V::ONE);
    #[inline(always)]
    fn of(x: f64) -> Self {
        Self(V::of(x), V::of(x))
    }
    #[inline(always)]
    fn lt(self, o: Self) -> Self::Mask {
        (self.0.lt(o.0), self.1.lt(o.1))
    }
    #[inline(always)]
    fn le(self, o: Self) -> Self::Mask {
        (self.0.le(o.0), self.1.le(o.1))
    }
    #[inline(always)]
    fn eq(self, o: Self) -> Self::Mask {
        (self.0.eq(o.0), self.1.eq(o.1))
    }
    #[inline(always)]
    fn pick(mask: Self::Mask, yes: Self, no: Self) -> Self {
        Self(V::pick(mask.0, yes.0, no.0), V::pick(mask.1, yes.1, no.1))
    }
    #[inline(always)]
    fn min(self, o: Self) -> Self {
        Self(self.0.min(o.0), self.1.min(o.1))
    }
    #[inline(always)]
    fn max(self, o: Self) -> Self {
        Self(self.0.max(o.0), self.1.max(o.1))
    }
    #[inline(always)]
    fn larger(self, o: Self) -> Self {
        Self(self.0.larger(o.0), self.1.larger(o.1))
    }
    #[inline(always)]
    fn abs(self) -> Self {
        Self(self.0.abs(), self.1.abs())
    }
    #[inline(always)]
    fn sqrt(self) -> Self {
        Self(self.0.sqrt(), self.1.sqrt())
    }
    #[inline(always)]
    fn add_product(self, x: Self, y: Self) -> Self {
        Self(self.0.add_product(x.0, y.0), self.1.add_product(x.1, y.1))
    }
    #[inline(always)]
    fn round(self) -> Self {
        Self(self.0.round(), self.1.round())
    }
}

impl<V: Lane> Lane for Twin<V> {
    type Item = V::Item;
    const LANES: usize = 2 * V::LANES;
    #[inline(always)]
    fn splat(x: V::Item) -> Self {
        Self(V::splat(x), V::splat(x))
    }
    #[inline(always)]
    fn load(from: &[V::Item]) -> Self {
        let from = &from[..Self::LANES];
        Self(V::load(from), V::load(&from[V::LANES..]))
    }
    #[inline(always)]
    fn store(self, to: &mut [V::Item]) {
        let to = &mut to[..Self::LANES];
        self.0.store(to);
        self.1.store(&mut to[V::LANES..])
    }
    #[inline(always)]
    fn sum(self) -> V::Item {
        (self.0 + self.1).sum()
    }
    #[inline(always)]
    fn largest(self) -> V::Item {
        self.0.max(self.1).largest()
    }
}

impl<V: Bits> Bits for Twin<V> {
    #[inline(always)]
    fn constant(c: &'static Four) -> Self {
        Self(V::constant(c), V::constant(c))
    }
    #[inline(always)]
    fn two_to(self) -> Self {
        Self(self.0.two_to(), self.1.two_to())
    }
    #[inline(always)]
    fn two_to_halves(self) -> (Self, Self) {
        let (a, b) = (self.0.two_to_halves(), self.1.two_to_halves());
        (Self(a.0, b.0), Self(a.1, b.1))
    }
    #[inline(always)]
    fn split(self) -> (Self, Self) {
        let (a, b) = (self.0.split(), self.1.split());
        (Self(a.0, b.0), Self(a.1, b.1))
    }
    #[inline(always)]
    fn with_sign(self, of: Self) -> Self {
        Self(self.0.with_sign(of.0), self.1.with_sign(of.1))
    }
    #[inline(always)]
    fn within(self, low: Self, high: Self) -> Self {
        Self(self.0.within(low.0, high.0), self.1.within(low.1, high.1))
    }
}

#[cfg(not(target_feature = "simd128"))]
pub use portable::{F32x4, F64x2};
#[cfg(target_feature = "simd128")]
pub use simd128::{F32x4, F64x2};

#[cfg(not(target_feature = "simd128"))]
mod portable;
#[cfg(target_feature = "simd128")]
mod simd128;

/// Runs `f` over `0..n`, a vector at a time and then one by one: the formula is written once, as
/// `fn f<T: Float, V: Lane<Item = T>>(..)`, and called as `lanes!(T, n, |k| f(x, y, k))`; with `twin T`, for formulas whose
/// every step waits for the one before, two vectors at a time first.
#[macro_export]
macro_rules! lanes {
    (twin $T:ty, $n:expr, |$k:ident| $f:ident($($arg:expr),* $(,)?)) => {
        $crate::lanes!(@ $T, $n, $k, $f, [$($arg),*], Twin Wide)
    };
    ($T:ty, $n:expr, |$k:ident| $f:ident($($arg:expr),* $(,)?)) => {
        $crate::lanes!(@ $T, $n, $k, $f, [$($arg),*], Wide)
    };
    (@ $T:ty, $n:expr, $k:ident, $f:ident, $args:tt, $($V:ident)+) => {{
        let n: usize = $n;
        let mut $k: usize = 0;
        $(
            while $k + <<$T as $crate::real::Float>::$V as $crate::real::Lane>::LANES <= n {
                $crate::lanes!(@call $f, $T, <$T as $crate::real::Float>::$V, $args);
                $k += <<$T as $crate::real::Float>::$V as $crate::real::Lane>::LANES;
            }
        )+
        while $k < n {
            $crate::lanes!(@call $f, $T, $T, $args);
            $k += 1;
        }
    }};
    (@call $f:ident, $T:ty, $V:ty, [$($arg:expr),*]) => { $f::<$T, $V>($($arg),*) };
}
