//! One number in, one number out. An operand shorter than the result repeats: `a[i % a.len()]`.

use crate::lanes;
use crate::real::{Float, Lane, Real};

/// Runs `f` over a result and two operands, each of which may repeat.
macro_rules! binary {
    ($($(#[$doc:meta])* $name:ident(a, b) = $value:expr;)+) => {$(
        $(#[$doc])*
        pub fn $name<T: Float>(a: &[T], b: &[T], y: &mut [T], _n: usize, _a_len: usize, _b_len: usize) {
            #[inline(always)]
            fn f<T: Float, V: Lane<Item = T>>(a: &[T], b: &[T], y: &mut [T], k: usize) {
                let value: fn(V, V) -> V = $value;
                value(V::load(&a[k..]), V::load(&b[k..])).store(&mut y[k..])
            }
            lanes!(T, y.len(), |k| f(a, b, y, k));
        }
    )+};
}
binary! {
    add(a, b) = |a, b| a + b;
}

/// y += x
pub fn accumulate<T: Float>(x: &[T], y: &mut [T], n: usize) {
    fn f<T: Float, V: Lane<Item = T>>(x: &[T], y: &mut [T], k: usize) {
        V::load(&x[k..]).add_to(&mut y[k..])
    }
    lanes!(T, n, |k| f(x, y, k));
}
