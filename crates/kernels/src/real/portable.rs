//! The same vectors as plain arrays: what `cargo test` runs on the host.

use super::*;
use core::array::from_fn;

macro_rules! vector {
    ($V:ident, $f:ty, $n:literal) => {
        #[derive(Clone, Copy)]
        pub struct $V(pub [$f; $n]);

        impl $V {
            pub fn interleave(self, o: Self) -> [Self; 2] {
                let turn = |i: usize| if i % 2 == 0 { self.0[i / 2] } else { o.0[i / 2] };
                [Self(from_fn(turn)), Self(from_fn(|i| turn($n + i)))]
            }
        }
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
    fn times_two_to(self, n: Self) -> Self {
        let power = |i: usize| n.0[i].to_bits() << 23;
        Self(from_fn(|i| f32::from_bits(self.0[i].to_bits().wrapping_add(power(i)))))
    }
    fn halves(self) -> (Self, Self) {
        let half = self.0.map(|n| n.to_bits() as i32 >> 1);
        let rest = from_fn(|i| (self.0[i].to_bits() as i32).wrapping_sub(half[i]));
        let floats = |bits: [i32; 4]| Self(bits.map(|b| f32::from_bits(b as u32)));
        (floats(half), floats(rest))
    }
    fn unless(self, mask: [bool; 4]) -> Self {
        Self::pick(mask, Self::ZERO, self)
    }
    fn split(self) -> (Self, Self) {
        let bits = self.0.map(f32::to_bits);
        let m = bits.map(|b| f32::from_bits((b & 0x007f_ffff) | 0.5f32.to_bits()));
        (Self(m), Self(bits.map(|b| ((b as i32 >> 23) - 126) as f32)))
    }
    fn with_sign(self, of: Self) -> Self {
        Self(from_fn(|i| self.0[i].copysign(of.0[i])))
    }
}
