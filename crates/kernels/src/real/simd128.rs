//! Vectors of WASM SIMD.

use super::*;
use core::arch::wasm32::*;

static SIGN: Four = Four::of(-0.0);

macro_rules! vector {
    ($V:ident, $f:ty, $n:literal, $add:ident $sub:ident $mul:ident $div:ident $neg:ident,
     $lt:ident $le:ident $eq:ident, $min:ident $max:ident $pmin:ident $pmax:ident $abs:ident $sqrt:ident $round:ident $madd:ident,
     $shuffle:ident($($low:literal)+; $($high:literal)+), $splat:ident, $const:ident($($one:expr),+; $($zero:expr),+)) => {
        #[derive(Clone, Copy)]
        pub struct $V(pub v128);

        impl $V {
            #[inline(always)]
            pub fn interleave(self, o: Self) -> [Self; 2] {
                [Self($shuffle::<$($low),+>(self.0, o.0)), Self($shuffle::<$($high),+>(self.0, o.0))]
            }
        }
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
            fn smaller(self, o: Self) -> Self {
                Self($pmin(self.0, o.0))
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
    f32x4_lt f32x4_le f32x4_eq, f32x4_min f32x4_max f32x4_pmin f32x4_pmax f32x4_abs f32x4_sqrt f32x4_nearest f32x4_relaxed_madd,
    i32x4_shuffle(0 4 1 5; 2 6 3 7), f32x4_splat, f32x4(1.0, 1.0, 1.0, 1.0; 0.0, 0.0, 0.0, 0.0));

impl Bits for F32x4 {
    /// Read from memory wherever it is used: engines build a constant in the code anew each time, from several
    /// instructions. Volatile, so that the compiler does not turn it into one.
    #[inline(always)]
    fn constant(c: &'static Four) -> Self {
        Self(unsafe { core::ptr::read_volatile((c as *const Four).cast()) }) // SAFETY: a reference, aligned
    }
    #[inline(always)]
    fn times_two_to(self, n: Self) -> Self {
        Self(i32x4_add(self.0, i32x4_shl(n.0, 23)))
    }
    #[inline(always)]
    fn halves(self) -> (Self, Self) {
        let half = i32x4_shr(self.0, 1);
        (Self(half), Self(i32x4_sub(self.0, half)))
    }
    #[inline(always)]
    fn unless(self, mask: v128) -> Self {
        Self(v128_andnot(self.0, mask))
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
}
vector!(F64x2, f64, 2, f64x2_add f64x2_sub f64x2_mul f64x2_div f64x2_neg,
    f64x2_lt f64x2_le f64x2_eq, f64x2_min f64x2_max f64x2_pmin f64x2_pmax f64x2_abs f64x2_sqrt f64x2_nearest f64x2_relaxed_madd,
    i64x2_shuffle(0 2; 1 3), f64x2_splat, f64x2(1.0, 1.0; 0.0, 0.0));
