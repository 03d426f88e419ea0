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

#[cfg(target_feature = "simd128")]
mod simd128 {
    use super::*;
    use core::arch::wasm32::*;

    static ONE: Four = Four::of(1.0);
    static SHIFT: Four = Four::of(<F32x4 as Bits>::SHIFT as f32);
    static SIGN: Four = Four::of(-0.0);

    macro_rules! vector {
        ($V:ident, $f:ty, $n:literal, $add:ident $sub:ident $mul:ident $div:ident $neg:ident,
         $lt:ident $le:ident $eq:ident, $min:ident $max:ident $pmax:ident $abs:ident $sqrt:ident $round:ident $madd:ident,
         $splat:ident, $const:ident($($one:expr),+; $($zero:expr),+)) => {
            #[derive(Clone, Copy)]
            pub struct $V(pub v128);

            impl Add for $V {
                type Output = Self;
                #[inline(always)]
                fn add(self, o: Self) -> Self {
                    Self($add(self.0, o.0))
                }
            }
            impl Sub for $V {
                type Output = Self;
                #[inline(always)]
                fn sub(self, o: Self) -> Self {
                    Self($sub(self.0, o.0))
                }
            }
            impl Mul for $V {
                type Output = Self;
                #[inline(always)]
                fn mul(self, o: Self) -> Self {
                    Self($mul(self.0, o.0))
                }
            }
            impl Div for $V {
                type Output = Self;
                #[inline(always)]
                fn div(self, o: Self) -> Self {
                    Self($div(self.0, o.0))
                }
            }
            impl Neg for $V {
                type Output = Self;
                #[inline(always)]
                fn neg(self) -> Self {
                    Self($neg(self.0))
                }
            }

            impl Real for $V {
                type Mask = v128;
                const ZERO: $V = $V($const($($zero),+));
                const ONE: $V = $V($const($($one),+));
                #[inline(always)]
                fn of(x: f64) -> Self {
                    Self($splat(x as $f))
                }
                #[inline(always)]
                fn lt(self, o: Self) -> v128 {
                    $lt(self.0, o.0)
                }
                #[inline(always)]
                fn le(self, o: Self) -> v128 {
                    $le(self.0, o.0)
                }
                #[inline(always)]
                fn eq(self, o: Self) -> v128 {
                    $eq(self.0, o.0)
                }
                #[inline(always)]
                fn pick(mask: v128, yes: Self, no: Self) -> Self {
                    Self(v128_bitselect(yes.0, no.0, mask))
                }
                #[inline(always)]
                fn min(self, o: Self) -> Self {
                    Self($min(self.0, o.0))
                }
                #[inline(always)]
                fn max(self, o: Self) -> Self {
                    Self($max(self.0, o.0))
                }
                #[inline(always)]
                fn larger(self, o: Self) -> Self {
                    Self($pmax(self.0, o.0))
                }
                #[inline(always)]
                fn abs(self) -> Self {
                    Self($abs(self.0))
                }
                #[inline(always)]
                fn sqrt(self) -> Self {
                    Self($sqrt(self.0))
                }
                #[cfg(target_feature = "relaxed-simd")]
                #[inline(always)]
                fn add_product(self, x: Self, y: Self) -> Self {
                    Self($madd(x.0, y.0, self.0))
                }
                #[inline(always)]
                fn round(self) -> Self {
                    Self($round(self.0))
                }
            }

            impl Lane for $V {
                type Item = $f;
                const LANES: usize = $n;
                #[inline(always)]
                fn splat(x: $f) -> Self {
                    Self($splat(x))
                }
                #[inline(always)]
                fn load(from: &[$f]) -> Self {
                    let from = &from[..$n];
                    Self(unsafe { v128_load(from.as_ptr().cast()) }) // SAFETY: that many readable numbers
                }
                #[inline(always)]
                fn store(self, to: &mut [$f]) {
                    let to = &mut to[..$n];
                    unsafe { v128_store(to.as_mut_ptr().cast(), self.0) } // SAFETY: that many writable numbers
                }
                #[inline(always)]
                fn sum(self) -> $f {
                    let mut lanes = [0.0; $n];
                    self.store(&mut lanes);
                    if $n == 4 { (lanes[0] + lanes[2 % $n]) + (lanes[1] + lanes[3 % $n]) } else { lanes[0] + lanes[1] }
                }
                #[inline(always)]
                fn largest(self) -> $f {
                    let mut lanes = [0.0; $n];
                    self.store(&mut lanes);
                    lanes.into_iter().fold(lanes[0], |m, x| Real::max(m, x))
                }
            }
        };
    }
    vector!(F32x4, f32, 4, f32x4_add f32x4_sub f32x4_mul f32x4_div f32x4_neg,
        f32x4_lt f32x4_le f32x4_eq, f32x4_min f32x4_max f32x4_pmax f32x4_abs f32x4_sqrt f32x4_nearest f32x4_relaxed_madd,
        f32x4_splat, f32x4(1.0, 1.0, 1.0, 1.0; 0.0, 0.0, 0.0, 0.0));

    impl Bits for F32x4 {
        /// Read from memory wherever it is used: engines build a constant in the code anew each time, from several
        /// instructions. Volatile, so that the compiler does not turn it into one.
        #[inline(always)]
        fn constant(c: &'static Four) -> Self {
            Self(unsafe { core::ptr::read_volatile((c as *const Four).cast()) }) // SAFETY: a reference, aligned
        }
        #[inline(always)]
        fn two_to(self) -> Self {
            Self(i32x4_add(i32x4_shl(self.0, 23), Self::constant(&ONE).0))
        }
        #[inline(always)]
        fn two_to_halves(self) -> (Self, Self) {
            let n = i32x4_sub(self.0, Self::constant(&SHIFT).0);
            let half = i32x4_shr(n, 1);
            (Self(half).two_to(), Self(i32x4_sub(n, half)).two_to())
        }
        #[inline(always)]
        fn split(self) -> (Self, Self) {
            let e = i32x4_sub(i32x4_shr(self.0, 23), i32x4_splat(126));
            let m = v128_or(v128_and(self.0, i32x4_splat(0x007f_ffff)), f32x4_splat(0.5));
            (Self(m), Self(f32x4_convert_i32x4(e)))
        }
        #[inline(always)]
        fn with_sign(self, of: Self) -> Self {
            Self(v128_bitselect(of.0, self.0, Self::constant(&SIGN).0))
        }
        #[inline(always)]
        fn within(self, low: Self, high: Self) -> Self {
            Self(f32x4_pmin(f32x4_pmax(self.0, low.0), high.0))
        }
    }
    vector!(F64x2, f64, 2, f64x2_add f64x2_sub f64x2_mul f64x2_div f64x2_neg,
        f64x2_lt f64x2_le f64x2_eq, f64x2_min f64x2_max f64x2_pmax f64x2_abs f64x2_sqrt f64x2_nearest f64x2_relaxed_madd,
        f64x2_splat, f64x2(1.0, 1.0; 0.0, 0.0));
}

/// The same vectors as plain arrays: what `cargo test` runs on the host.
#[cfg(not(target_feature = "simd128"))]
mod portable {
    use super::*;
    use core::array::from_fn;

    macro_rules! vector {
        ($V:ident, $f:ty, $n:literal) => {
            #[derive(Clone, Copy)]
            pub struct $V(pub [$f; $n]);

            impl Add for $V {
                type Output = Self;
                #[inline(always)]
                fn add(self, o: Self) -> Self {
                    Self(from_fn(|i| self.0[i] + o.0[i]))
                }
            }
            impl Sub for $V {
                type Output = Self;
                #[inline(always)]
                fn sub(self, o: Self) -> Self {
                    Self(from_fn(|i| self.0[i] - o.0[i]))
                }
            }
            impl Mul for $V {
                type Output = Self;
                #[inline(always)]
                fn mul(self, o: Self) -> Self {
                    Self(from_fn(|i| self.0[i] * o.0[i]))
                }
            }
            impl Div for $V {
                type Output = Self;
                #[inline(always)]
                fn div(self, o: Self) -> Self {
                    Self(from_fn(|i| self.0[i] / o.0[i]))
                }
            }
            impl Neg for $V {
                type Output = Self;
                #[inline(always)]
                fn neg(self) -> Self {
                    Self(self.0.map(|x| -x))
                }
            }

            impl Real for $V {
                type Mask = [bool; $n];
                const ZERO: $V = $V([0.0; $n]);
                const ONE: $V = $V([1.0; $n]);
                fn of(x: f64) -> Self {
                    Self([x as $f; $n])
                }
                fn lt(self, o: Self) -> [bool; $n] {
                    from_fn(|i| self.0[i] < o.0[i])
                }
                fn le(self, o: Self) -> [bool; $n] {
                    from_fn(|i| self.0[i] <= o.0[i])
                }
                fn eq(self, o: Self) -> [bool; $n] {
                    from_fn(|i| self.0[i] == o.0[i])
                }
                fn pick(mask: [bool; $n], yes: Self, no: Self) -> Self {
                    Self(from_fn(|i| if mask[i] { yes.0[i] } else { no.0[i] }))
                }
                fn min(self, o: Self) -> Self {
                    Self(from_fn(|i| Real::min(self.0[i], o.0[i])))
                }
                fn max(self, o: Self) -> Self {
                    Self(from_fn(|i| Real::max(self.0[i], o.0[i])))
                }
                fn abs(self) -> Self {
                    Self(self.0.map(Real::abs))
                }
                fn sqrt(self) -> Self {
                    Self(self.0.map(Real::sqrt))
                }
                fn round(self) -> Self {
                    Self(self.0.map(Real::round))
                }
            }

            impl Lane for $V {
                type Item = $f;
                const LANES: usize = $n;
                fn splat(x: $f) -> Self {
                    Self([x; $n])
                }
                fn load(from: &[$f]) -> Self {
                    Self(from_fn(|i| from[i]))
                }
                fn store(self, to: &mut [$f]) {
                    to[..$n].copy_from_slice(&self.0)
                }
                fn sum(self) -> $f {
                    let x = self.0;
                    if $n == 4 { (x[0] + x[2 % $n]) + (x[1] + x[3 % $n]) } else { x[0] + x[1] }
                }
                fn largest(self) -> $f {
                    self.0.into_iter().fold(self.0[0], |m, x| Real::max(m, x))
                }
            }
        };
    }
    vector!(F32x4, f32, 4);
    vector!(F64x2, f64, 2);

    impl Bits for F32x4 {
        fn constant(c: &'static Four) -> Self {
            Self(c.0)
        }
        fn two_to(self) -> Self {
            Self(self.0.map(|n| f32::from_bits((n.to_bits() << 23).wrapping_add(1f32.to_bits()))))
        }
        fn two_to_halves(self) -> (Self, Self) {
            let shift = (Self::SHIFT as f32).to_bits();
            let n = self.0.map(|n| n.to_bits().wrapping_sub(shift) as i32);
            let power =
                |n: i32| f32::from_bits((n << 23).wrapping_add(1f32.to_bits() as i32) as u32);
            (Self(n.map(|n| power(n >> 1))), Self(n.map(|n| power(n.wrapping_sub(n >> 1)))))
        }
        fn split(self) -> (Self, Self) {
            let bits = self.0.map(f32::to_bits);
            let m = bits.map(|b| f32::from_bits((b & 0x007f_ffff) | 0.5f32.to_bits()));
            (Self(m), Self(bits.map(|b| ((b as i32 >> 23) - 126) as f32)))
        }
        fn with_sign(self, of: Self) -> Self {
            Self(from_fn(|i| self.0[i].copysign(of.0[i])))
        }
        fn within(self, low: Self, high: Self) -> Self {
            Self(from_fn(|i| {
                let x = self.0[i];
                if x < low.0[i] {
                    low.0[i]
                } else if high.0[i] < x {
                    high.0[i]
                } else {
                    x
                }
            }))
        }
    }
}

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
