//! Random numbers: Philox4x32-10, a counter-based generator (Salmon, Moraes, Dror & Shaw 2011).
//!
//! The state is a seed (64 bits) and a counter (64 bits), both arguments: block `counter + b` gives four 32-bit words, and
//! nothing is remembered. What a fill uses of the words is fixed, so that TypeScript can advance the counter:
//! float32 takes a word a number (⌈n / 4⌉ blocks), float64 and integers two (⌈n / 2⌉).

use crate::real::Float;

/// The words from a block on, one after the other.
pub struct Stream {
    key: [u32; 2],
    counter: u64,
    block: [u32; 4],
    used: usize,
}

impl Stream {
    fn new(seed_lo: usize, seed_hi: usize, counter_lo: usize, counter_hi: usize) -> Self {
        let counter = counter_lo as u32 as u64 | (counter_hi as u32 as u64) << 32;
        Self { key: [seed_lo as u32, seed_hi as u32], counter, block: [0; 4], used: 4 }
    }
    /// The words from the nth on.
    fn from(mut self, n: u64) -> Self {
        self.counter = self.counter.wrapping_add(n / 4);
        for _ in 0..n % 4 {
            self.word();
        }
        self
    }
    #[inline(always)]
    fn word(&mut self) -> u32 {
        if self.used == 4 {
            let at = self.counter;
            self.block = philox([at as u32, (at >> 32) as u32, 0, 0], self.key);
            self.counter = at.wrapping_add(1);
            self.used = 0;
        }
        self.used += 1;
        self.block[self.used - 1]
    }
    fn pair(&mut self) -> u64 {
        self.word() as u64 | (self.word() as u64) << 32
    }
}

/// Ten rounds of two multiplications each; the key is bumped by Weyl constants in between.
fn philox(mut c: [u32; 4], mut key: [u32; 2]) -> [u32; 4] {
    for _ in 0..10 {
        let (p0, p1) = (0xD251_1F53u64 * c[0] as u64, 0xCD9E_8D57u64 * c[2] as u64);
        c = [
            (p1 >> 32) as u32 ^ c[1] ^ key[0],
            p1 as u32,
            (p0 >> 32) as u32 ^ c[3] ^ key[1],
            p0 as u32,
        ];
        key = [key[0].wrapping_add(0x9E37_79B9), key[1].wrapping_add(0xBB67_AE85)];
    }
    c
}

/// A float type that random bits can fill.
pub trait Draw: Float {
    /// In [0, 1), from the top 24 bits of a word (float32) or the top 53 of a pair (float64).
    fn uniform(stream: &mut Stream) -> Self;
}
impl Draw for f32 {
    fn uniform(stream: &mut Stream) -> f32 {
        (stream.word() >> 8) as f32 / (1u32 << 24) as f32
    }
}
impl Draw for f64 {
    fn uniform(stream: &mut Stream) -> f64 {
        (stream.pair() >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// y from U[low, high)
pub fn uniform<T: Draw>(
    y: &mut [T], _n: usize, seed_lo: usize, seed_hi: usize, counter_lo: usize, counter_hi: usize,
    low: f64, high: f64,
) {
    let mut stream = Stream::new(seed_lo, seed_hi, counter_lo, counter_hi);
    let (low, high) = (T::from_f64(low), T::from_f64(high));
    for y in y.iter_mut() {
        let x = low + (high - low) * T::uniform(&mut stream);
        *y = if x < high { x } else { low }; // rounding may reach the end that is not included
    }
}

/// y from N(mean, std²): √(−2 ln u) cos 2πv and sin 2πv of each pair u, v (Box & Muller 1958). An odd n takes a whole pair.
pub fn normal<T: Draw>(
    y: &mut [T], _n: usize, seed_lo: usize, seed_hi: usize, counter_lo: usize, counter_hi: usize,
    mean: f64, std: f64,
) {
    let mut stream = Stream::new(seed_lo, seed_hi, counter_lo, counter_hi);
    let (mean, std) = (T::from_f64(mean), T::from_f64(std));
    for y in y.chunks_mut(2) {
        let u = T::ONE - T::uniform(&mut stream); // (0, 1]: its logarithm is finite
        let angle = T::from_f64(core::f64::consts::TAU) * T::uniform(&mut stream);
        let radius = std * (T::from_f64(-2.0) * u.ln()).sqrt();
        for (y, turn) in y.iter_mut().zip([angle.cos(), angle.sin()]) {
            *y = mean + radius * turn
        }
    }
}

/// y = x / (1 − p), or 0 with probability p. The same stream drops the same elements: backward is forward on dy.
pub fn dropout<T: Float>(
    x: &[T], y: &mut [T], _n: usize, seed_lo: usize, seed_hi: usize, counter_lo: usize,
    counter_hi: usize, p: f64,
) {
    let mut stream = Stream::new(seed_lo, seed_hi, counter_lo, counter_hi);
    let scale = T::from_f64(if p < 1.0 { 1.0 / (1.0 - p) } else { 0.0 });
    let bound = (p * 4294967296.0) as u64;
    for (x, y) in x.iter().zip(y) {
        *y = if (stream.word() as u64) < bound { T::ZERO } else { *x * scale }
    }
}

/// What `dropout` multiplies with, for kernels that draw it piece by piece.
#[derive(Clone, Copy)]
pub struct Dropout<T> {
    seed: [usize; 4],
    bound: u64,
    scale: T,
}

impl<T: Float> Dropout<T> {
    /// None where nothing is dropped.
    pub fn new(seed: [usize; 4], p: f64) -> Option<Self> {
        let scale = T::from_f64(if p < 1.0 { 1.0 / (1.0 - p) } else { 0.0 });
        (p > 0.0).then_some(Self { seed, bound: (p * 4294967296.0) as u64, scale })
    }
    /// z = 0 or 1 / (1 − p), from the nth element of the whole on.
    pub fn fill(&self, z: &mut [T], n: u64) {
        let [a, b, c, d] = self.seed;
        let mut stream = Stream::new(a, b, c, d).from(n);
        for z in z {
            *z = if (stream.word() as u64) < self.bound { T::ZERO } else { self.scale }
        }
    }
}

/// y is 1 with probability p[i], else 0. A word a number.
pub fn bernoulli<T: Float>(
    p: &[T], y: &mut [T], _n: usize, seed_lo: usize, seed_hi: usize, counter_lo: usize,
    counter_hi: usize,
) {
    let mut stream = Stream::new(seed_lo, seed_hi, counter_lo, counter_hi);
    for (p, y) in p.iter().zip(y) {
        let u = stream.word() as f64 / 4294967296.0;
        *y = if u < p.to_f64() { T::ONE } else { T::ZERO }
    }
}

/// y from the integers low .. high, by multiplying 64 random bits with the range: off from uniform by less than 2⁻³².
pub fn randint(
    y: &mut [i32], _n: usize, seed_lo: usize, seed_hi: usize, counter_lo: usize, counter_hi: usize,
    low: f64, high: f64,
) {
    let mut stream = Stream::new(seed_lo, seed_hi, counter_lo, counter_hi);
    let range = (high - low) as u64;
    for y in y.iter_mut() {
        *y = (low as i64 + below(stream.pair(), range) as i64) as i32
    }
}

/// y is 0 .. n in random order (Fisher & Yates 1938, Durstenfeld 1964).
pub fn permutation(
    y: &mut [i32], n: usize, seed_lo: usize, seed_hi: usize, counter_lo: usize, counter_hi: usize,
) {
    let mut stream = Stream::new(seed_lo, seed_hi, counter_lo, counter_hi);
    for (i, y) in y.iter_mut().enumerate() {
        *y = i as i32
    }
    for i in (1..n).rev() {
        y.swap(i, below(stream.pair(), i as u64 + 1) as usize)
    }
}

fn below(bits: u64, range: u64) -> u64 {
    ((bits as u128 * range as u128) >> 64) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vectors of the Random123 distribution.
    #[test]
    fn philox_gives_the_published_answers() {
        assert_eq!(philox([0; 4], [0; 2]), [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]);
        assert_eq!(philox([!0; 4], [!0; 2]), [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd]);
        let pi = [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344];
        assert_eq!(
            philox(pi, [0xa4093822, 0x299f31d0]),
            [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1]
        );
    }

    fn moments<T: Float>(y: &[T]) -> (f64, f64) {
        let n = y.len() as f64;
        let mean = y.iter().map(|y| y.to_f64()).sum::<f64>() / n;
        (mean, y.iter().map(|y| (y.to_f64() - mean).powi(2)).sum::<f64>() / n)
    }

    fn check<T: Draw>() {
        let n = 1 << 20;
        let mut y = vec![T::ZERO; n];
        uniform(&mut y, n, 1, 0, 0, 0, -1.0, 3.0);
        let (mean, var) = moments(&y);
        assert!((mean - 1.0).abs() < 0.01 && (var - 16.0 / 12.0).abs() < 0.01);
        assert!(y.iter().all(|y| (-1.0..3.0).contains(&y.to_f64())));
        normal(&mut y, n, 1, 0, 0, 0, 2.0, 0.5);
        let (mean, var) = moments(&y);
        assert!((mean - 2.0).abs() < 0.005 && (var - 0.25).abs() < 0.005);
        let fourth = y.iter().map(|y| ((y.to_f64() - mean) / 0.5).powi(4)).sum::<f64>() / n as f64;
        assert!((fourth - 3.0).abs() < 0.05);
    }

    #[test]
    fn draws_have_the_moments_of_their_distributions() {
        check::<f32>();
        check::<f64>();
    }

    #[test]
    fn dropout_drops_its_share_and_the_same_elements_again() {
        let n = 100_001;
        let (x, mut y, mut dx) = (vec![1.0f32; n], vec![0.0; n], vec![0.0; n]);
        dropout(&x, &mut y, n, 5, 0, 9, 0, 0.3);
        dropout(&x, &mut dx, n, 5, 0, 9, 0, 0.3);
        assert_eq!(y, dx);
        let kept = y.iter().filter(|&&y| y != 0.0).count() as f64 / n as f64;
        assert!(
            (kept - 0.7).abs() < 0.01
                && y.iter().all(|&y| y == 0.0 || (y - 1.0 / 0.7).abs() < 1e-6)
        );
        dropout(&x, &mut y, n, 5, 0, 9, 0, 1.0);
        assert!(y.iter().all(|&y| y == 0.0));
    }

    #[test]
    fn integers_are_uniform() {
        let n = 100_000;
        let mut y = vec![0; n];
        randint(&mut y, n, 3, 0, 0, 0, -2.0, 8.0);
        let mut counts = [0.0; 10];
        y.iter().for_each(|&y| counts[(y + 2) as usize] += 1.0);
        let expected = n as f64 / 10.0;
        let chi2: f64 = counts.iter().map(|c| (c - expected).powi(2) / expected).sum();
        assert!(chi2 < 27.9, "{chi2}"); // 9 degrees of freedom: passed by 99.9 % of uniform generators
    }

    #[test]
    fn a_permutation_has_every_number_once() {
        for n in [0, 1, 2, 100] {
            let mut y = vec![-1; n];
            permutation(&mut y, n, 3, 0, 7, 0);
            let mut sorted = y.clone();
            sorted.sort();
            assert_eq!(sorted, (0..n as i32).collect::<Vec<_>>());
            assert!(n < 100 || y != sorted);
        }
    }

    #[test]
    fn the_counter_decides_and_carries_into_its_upper_half() {
        let (mut a, mut b) = (vec![0.0f32; 8], vec![0.0f32; 4]);
        uniform(&mut a, 8, 1, 2, u32::MAX as usize, 0, 0.0, 1.0);
        uniform(&mut b, 4, 1, 2, 0, 1, 0.0, 1.0);
        assert_eq!(a[4..], b[..]);
    }

    #[test]
    fn a_shorter_draw_is_the_beginning_of_a_longer_one() {
        fn check<T: Draw>() {
            let half = T::from_f64(0.5);
            let draws: [&dyn Fn(&mut [T]); 4] = [
                &|y| uniform(y, y.len(), 1, 2, 3, 4, -1.0, 2.0),
                &|y| normal(y, y.len(), 1, 2, 3, 4, 1.0, 2.0),
                &|y| bernoulli(&vec![half; y.len()], y, y.len(), 1, 2, 3, 4),
                &|y| dropout(&vec![half; y.len()], y, y.len(), 1, 2, 3, 4, 0.5),
            ];
            for draw in draws {
                let mut long = vec![T::ZERO; 68];
                draw(&mut long);
                for n in 0..68 {
                    let mut short = vec![T::ZERO; n];
                    draw(&mut short);
                    assert!(short == long[..n], "n = {n}");
                }
            }
        }
        check::<f32>();
        check::<f64>();
        randint(&mut [], 0, 1, 2, 3, 4, 0.0, 9.0);
        permutation(&mut [], 0, 1, 2, 3, 4);
    }
}
