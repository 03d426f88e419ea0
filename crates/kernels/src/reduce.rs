//! Reductions of x [outer, n, inner] to y [outer, inner], in an order that the sizes alone decide.

use crate::real::{Float, Lane, Real};

/// How two numbers become one, and what changes nothing.
trait Join {
    const NONE: f64;
    fn join<V: Real>(a: V, b: V) -> V;
}

macro_rules! reductions {
    ($($(#[$doc:meta])* $name:ident: $none:expr, |$a:ident, $b:ident| $value:expr;)+) => {$(
        $(#[$doc])*
        pub fn $name<T: Float>(x: &[T], y: &mut [T], outer: usize, n: usize, inner: usize) {
            struct Formula;
            impl Join for Formula {
                const NONE: f64 = $none;
                #[inline(always)]
                fn join<V: Real>($a: V, $b: V) -> V {
                    $value
                }
            }
            reduce::<T, Formula>(x, y, outer, n, inner)
        }
    )+};
}
reductions! {
    /// Pairwise: the error grows with the logarithm of n along the last axis, with its root along others.
    sum: 0.0, |a, b| a + b;
    /// NaN if any is NaN.
    max: f64::NEG_INFINITY, |a, b| a.max(b);
    min: f64::INFINITY, |a, b| a.min(b);
    /// The largest that is a number.
    largest: f64::NEG_INFINITY, |a, b| a.larger(b);
}

fn reduce<T: Float, F: Join>(x: &[T], y: &mut [T], outer: usize, n: usize, inner: usize) {
    if inner == 1 {
        for (o, y) in y.iter_mut().enumerate() {
            *y = row::<T, F>(&x[o * n..][..n])
        }
        return;
    }
    for o in 0..outer {
        columns::<T, F>(&x[o * n * inner..][..n * inner], &mut y[o * inner..][..inner], n)
    }
}

/// Longest stretch that is reduced without a split.
const STRETCH: usize = 512;

fn row<T: Float, F: Join>(x: &[T]) -> T {
    if x.len() > STRETCH {
        let half = (x.len() / 2).next_multiple_of(STRETCH / 4);
        return F::join(row::<T, F>(&x[..half]), row::<T, F>(&x[half..]));
    }
    let lanes = T::Wide::LANES;
    let mut total = T::of(F::NONE);
    let mut rest = x;
    if x.len() >= lanes {
        let none = T::Wide::of(F::NONE);
        let mut acc = [none; 8];
        let mut wide = x.chunks_exact(8 * lanes);
        for x in wide.by_ref() {
            for (acc, x) in acc.iter_mut().zip(x.chunks_exact(lanes)) {
                *acc = F::join(*acc, T::Wide::load(x))
            }
        }
        let mut narrow = wide.remainder().chunks_exact(lanes);
        for (acc, x) in acc.iter_mut().zip(narrow.by_ref()) {
            *acc = F::join(*acc, T::Wide::load(x))
        }
        rest = narrow.remainder();
        let [a, b, c, d, e, f, g, h] = acc;
        let j = F::join::<T::Wide>;
        let mut lane = [T::ZERO; 4];
        j(j(j(a, e), j(c, g)), j(j(b, f), j(d, h))).store(&mut lane);
        total = lane[..lanes].iter().fold(total, |total, x| F::join(total, *x));
    }
    rest.iter().fold(total, |total, x| F::join(total, *x))
}

/// Every column of x [n, inner]: stretches of rows, then the stretches together.
fn columns<T: Float, F: Join>(x: &[T], y: &mut [T], n: usize) {
    let inner = y.len();
    if inner == 0 {
        return;
    }
    let stretch = n.isqrt().max(32);
    y.fill(T::of(F::NONE));
    for x in x.chunks(stretch * inner) {
        let mut i = 0;
        while i + 4 * T::Wide::LANES <= inner {
            strip::<T, T::Wide, F, 4>(x, y, i);
            i += 4 * T::Wide::LANES;
        }
        while i + T::Wide::LANES <= inner {
            strip::<T, T::Wide, F, 1>(x, y, i);
            i += T::Wide::LANES;
        }
        while i < inner {
            strip::<T, T, F, 1>(x, y, i);
            i += 1;
        }
    }
}

/// W vectors of columns, from column i on.
#[inline(always)]
fn strip<T: Float, V: Lane<Item = T>, F: Join, const W: usize>(x: &[T], y: &mut [T], i: usize) {
    let mut acc = [V::of(F::NONE); W];
    for x in x.chunks_exact(y.len()) {
        let x = &x[i..][..W * V::LANES];
        for (acc, x) in acc.iter_mut().zip(x.chunks_exact(V::LANES)) {
            *acc = F::join(*acc, V::load(x))
        }
    }
    for (acc, y) in acc.into_iter().zip(y[i..].chunks_exact_mut(V::LANES)) {
        F::join(V::load(y), acc).store(y)
    }
}

/// y = the place along n of the first largest; a NaN counts as larger than any number.
pub fn argmax<T: Float>(x: &[T], y: &mut [i32], outer: usize, n: usize, inner: usize) {
    place_of(x, y, outer, n, inner, |x, best| x > best)
}

/// The place of the first smallest; a NaN counts as smaller than any number.
pub fn argmin<T: Float>(x: &[T], y: &mut [i32], outer: usize, n: usize, inner: usize) {
    place_of(x, y, outer, n, inner, |x, best| x < best)
}

#[inline(always)]
#[allow(clippy::eq_op)] // only NaN differs from itself
fn place_of<T: Float>(
    x: &[T], y: &mut [i32], outer: usize, n: usize, inner: usize, better: impl Fn(T, T) -> bool,
) {
    for o in 0..outer {
        for i in 0..inner {
            let x = &x[o * n * inner + i..];
            let (mut place, mut best) = (0, x[0]);
            for (j, &x) in x.iter().step_by(inner).take(n).enumerate() {
                if better(x, best) || (x != x && best == best) {
                    (place, best) = (j, x)
                }
            }
            y[o * inner + i] = place as i32
        }
    }
}

/// y[o, j, i] = Σ x[o, k, i] over k ≤ j, or over k ≥ j if `reverse` is 1. Summed in float64.
pub fn cumsum<T: Float>(
    x: &[T], y: &mut [T], outer: usize, n: usize, inner: usize, reverse: usize,
) {
    for o in 0..outer {
        for i in 0..inner {
            let mut total = 0.0;
            for j in 0..n {
                let at = (o * n + if reverse == 1 { n - 1 - j } else { j }) * inner + i;
                total += x[at].to_f64();
                y[at] = T::from_f64(total)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZES: [usize; 12] = [0, 1, 2, 3, 4, 5, 7, 16, 31, 33, 65, 700];

    #[test]
    fn every_size_agrees_with_the_slow_sum() {
        for outer in [1, 3] {
            for n in SIZES {
                for inner in SIZES.into_iter().take(11) {
                    let x: Vec<f64> =
                        (0..outer * n * inner).map(|i| ((i * 37) % 101) as f64 - 50.0).collect();
                    let mut y = vec![7.0; outer * inner];
                    sum(&x, &mut y, outer, n, inner);
                    let mut m = vec![7.0; outer * inner];
                    max(&x, &mut m, outer, n, inner);
                    for o in 0..outer {
                        for i in 0..inner {
                            let column = || (0..n).map(|j| x[(o * n + j) * inner + i]);
                            assert_eq!(y[o * inner + i], column().sum::<f64>());
                            assert_eq!(
                                m[o * inner + i],
                                column().fold(f64::NEG_INFINITY, f64::max)
                            );
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn long_float32_sums_stay_accurate() {
        for inner in [1, 3, 40] {
            let n = 20_000;
            let x = vec![0.1f32; n * inner];
            let mut y = vec![0.0; inner];
            sum(&x, &mut y, 1, n, inner);
            for y in y {
                let want = n as f64 * 0.1f32 as f64;
                assert!((y as f64 - want).abs() / want < 1e-6, "{y} {want}");
            }
        }
    }

    #[test]
    fn nan_is_found() {
        for place in 0..70 {
            let mut x = [1.0f32; 70];
            x[place] = f32::NAN;
            let mut y = [0.0];
            max(&x, &mut y, 1, 70, 1);
            assert!(y[0].is_nan());
            let mut at = [0];
            argmax(&x, &mut at, 1, 70, 1);
            assert_eq!(at, [place as i32]);
        }
    }

    #[test]
    fn places_are_the_first() {
        let x = [1.0f32, 5.0, 5.0, 0.0, 0.0, 5.0];
        let mut y = [0; 2];
        argmax(&x, &mut y, 2, 3, 1);
        assert_eq!(y, [1, 2]);
        argmin(&x, &mut y, 1, 3, 2);
        assert_eq!(y, [2, 1]);
    }

    #[test]
    fn running_sums_go_both_ways() {
        let x = [1.0f32, 2.0, 3.0, 4.0, 5.0, 6.0];
        let mut y = [0.0; 6];
        cumsum(&x, &mut y, 1, 3, 2, 0);
        assert_eq!(y, [1., 2., 4., 6., 9., 12.]);
        cumsum(&x, &mut y, 2, 3, 1, 1);
        assert_eq!(y, [6., 5., 3., 15., 11., 6.]);
    }
}
