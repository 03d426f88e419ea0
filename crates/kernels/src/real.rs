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
    /// The smaller, or self where either is NaN.
    #[inline(always)]
    fn smaller(self, o: Self) -> Self {
        Self::pick(o.lt(self), o, self)
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
    #[inline(always)]
    fn add_to(self, to: &mut [Self::Item]) {
        (Self::load(to) + self).store(to)
    }
}

/// An element type: its own scalar lane, and the vector that carries `Wide::LANES` of it.
pub trait Float: Lane<Item = Self> + crate::math::Math + PartialOrd + Default {
    type Wide: Lane<Item = Self> + crate::math::Math;
    /// Several of them, for formulas whose every step waits for the one before.
    type Long: Lane<Item = Self> + crate::math::Math;
    /// Whether products take one plain tile whatever their shape: speed is float32's, and every user carries the code.
    const PLAIN: bool;
    /// The lanes of both in turns: of their first halves, and of their second.
    fn interleave(a: Self::Wide, b: Self::Wide) -> [Self::Wide; 2];
    fn from_f64(x: f64) -> Self;
    fn to_f64(self) -> f64;
}

macro_rules! scalar {
    ($f:ty, $wide:ty, $long:ty, $plain:literal) => {
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
            type Long = $long;
            const PLAIN: bool = $plain;
            #[inline(always)]
            fn interleave(a: $wide, b: $wide) -> [$wide; 2] {
                a.interleave(b)
            }
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
scalar!(f32, F32x4, F32x16, false);
scalar!(f64, F64x2, F64x2, true);

/// The bits of four f32: what exp and ln are made of.
pub trait Bits: Real {
    /// An integer n of less than 22 bits, as n + SHIFT, has its bits at the end of the float's: no conversion is needed.
    const SHIFT: f64 = 12582912.0; // 1.5 · 2²³
    fn constant(c: &'static Four) -> Self;
    /// self · 2ⁿ of n + SHIFT, for a power of two self and a normal result.
    fn times_two_to(self, n: Self) -> Self;
    /// Of n + SHIFT, ⌊n/2⌋ and n − ⌊n/2⌋ as `times_two_to` takes them.
    fn halves(self) -> (Self, Self);
    /// 0 where the mask holds.
    fn unless(self, mask: Self::Mask) -> Self;
    /// m and e with x = m · 2ᵉ and m from ½ to 1, for a positive normal x.
    fn split(self) -> (Self, Self);
    /// |x| with the sign of `of`, −0 and NaN included.
    fn with_sign(self, of: Self) -> Self;
}

/// A constant for all four lanes of a vector.
#[repr(align(16))]
pub struct Four(pub [f32; 4]);

impl Four {
    pub const fn of(x: f32) -> Self {
        Self([x; 4])
    }
}

/// Vectors side by side. A formula of them does each of its steps for all before the next: a processor's scheduler holds some
/// sixty steps, of which those of one vector wait for one another.
#[derive(Clone, Copy)]
pub struct Long<V, const N: usize>(pub [V; N]);

/// As many as leave a register for a constant.
pub type F32x16 = Long<F32x4, 4>;

impl<V: Copy, const N: usize> Long<V, N> {
    #[inline(always)]
    fn pairwise<M>(self, o: Self, f: impl Fn(V, V) -> M) -> [M; N] {
        core::array::from_fn(|i| f(self.0[i], o.0[i]))
    }
}

macro_rules! operators {
    ($($trait:ident $op:ident)+) => {$(
        impl<V: Real, const N: usize> $trait for Long<V, N> {
            type Output = Self;
            #[inline(always)]
            fn $op(self, o: Self) -> Self {
                Self(self.pairwise(o, V::$op))
            }
        }
    )+};
}
operators! { Add add Sub sub Mul mul Div div }

impl<V: Real, const N: usize> Neg for Long<V, N> {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        Self(self.0.map(V::neg))
    }
}

impl<V: Real, const N: usize> Real for Long<V, N> {
    type Mask = [V::Mask; N];
    const ZERO: Self = Self([V::ZERO; N]);
    const ONE: Self = Self([V::ONE; N]);
    #[inline(always)]
    fn of(x: f64) -> Self {
        Self([V::of(x); N])
    }
    #[inline(always)]
    fn lt(self, o: Self) -> Self::Mask {
        self.pairwise(o, V::lt)
    }
    #[inline(always)]
    fn le(self, o: Self) -> Self::Mask {
        self.pairwise(o, V::le)
    }
    #[inline(always)]
    fn eq(self, o: Self) -> Self::Mask {
        self.pairwise(o, V::eq)
    }
    #[inline(always)]
    fn pick(mask: Self::Mask, yes: Self, no: Self) -> Self {
        Self(core::array::from_fn(|i| V::pick(mask[i], yes.0[i], no.0[i])))
    }
    #[inline(always)]
    fn min(self, o: Self) -> Self {
        Self(self.pairwise(o, V::min))
    }
    #[inline(always)]
    fn max(self, o: Self) -> Self {
        Self(self.pairwise(o, V::max))
    }
    #[inline(always)]
    fn larger(self, o: Self) -> Self {
        Self(self.pairwise(o, V::larger))
    }
    #[inline(always)]
    fn smaller(self, o: Self) -> Self {
        Self(self.pairwise(o, V::smaller))
    }
    #[inline(always)]
    fn abs(self) -> Self {
        Self(self.0.map(V::abs))
    }
    #[inline(always)]
    fn sqrt(self) -> Self {
        Self(self.0.map(V::sqrt))
    }
    #[inline(always)]
    fn add_product(self, x: Self, y: Self) -> Self {
        Self(core::array::from_fn(|i| self.0[i].add_product(x.0[i], y.0[i])))
    }
    #[inline(always)]
    fn round(self) -> Self {
        Self(self.0.map(V::round))
    }
}

impl<V: Lane, const N: usize> Lane for Long<V, N> {
    type Item = V::Item;
    const LANES: usize = N * V::LANES;
    #[inline(always)]
    fn splat(x: V::Item) -> Self {
        Self([V::splat(x); N])
    }
    #[inline(always)]
    fn load(from: &[V::Item]) -> Self {
        let from = &from[..Self::LANES];
        Self(core::array::from_fn(|i| V::load(&from[i * V::LANES..])))
    }
    #[inline(always)]
    fn store(self, to: &mut [V::Item]) {
        let to = &mut to[..Self::LANES];
        for (i, x) in self.0.into_iter().enumerate() {
            x.store(&mut to[i * V::LANES..])
        }
    }
    #[inline(always)]
    fn sum(self) -> V::Item {
        self.0.into_iter().fold(V::ZERO, V::add).sum()
    }
    #[inline(always)]
    fn largest(self) -> V::Item {
        self.0.into_iter().fold(self.0[0], V::max).largest()
    }
}

impl<V: Bits, const N: usize> Bits for Long<V, N> {
    #[inline(always)]
    fn constant(c: &'static Four) -> Self {
        Self(core::array::from_fn(|_| V::constant(c)))
    }
    #[inline(always)]
    fn times_two_to(self, n: Self) -> Self {
        Self(self.pairwise(n, V::times_two_to))
    }
    #[inline(always)]
    fn halves(self) -> (Self, Self) {
        let halves = self.0.map(V::halves);
        (Self(halves.map(|(half, _)| half)), Self(halves.map(|(_, rest)| rest)))
    }
    #[inline(always)]
    fn unless(self, mask: Self::Mask) -> Self {
        Self(core::array::from_fn(|i| self.0[i].unless(mask[i])))
    }
    #[inline(always)]
    fn split(self) -> (Self, Self) {
        let parts = self.0.map(V::split);
        (Self(parts.map(|(m, _)| m)), Self(parts.map(|(_, e)| e)))
    }
    #[inline(always)]
    fn with_sign(self, of: Self) -> Self {
        Self(self.pairwise(of, V::with_sign))
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
/// `fn f<T: Float, V: Lane<Item = T>>(..)`, and called as `lanes!(T, n, |k| f(x, y, k))`; with `long T`, for formulas whose
/// every step waits for the one before, several vectors at a time first.
#[macro_export]
macro_rules! lanes {
    (long $T:ty, $n:expr, |$k:ident| $f:ident($($arg:expr),* $(,)?)) => {
        $crate::lanes!(@ $T, $n, $k, $f, [$($arg),*], Long Wide)
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
