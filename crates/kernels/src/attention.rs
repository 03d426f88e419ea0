//! Scaled dot-product attention (Vaswani et al. 2017), block by block with an online softmax (Milakov & Gimelshein 2018;
//! Dao et al. 2022): memory is linear in the lengths, and what a causal mask hides is not computed.
//!
//! ```text
//! S = scale · Q Kᵀ + M
//! A = softmax S = e^(S − lse),   lse = ln Σ_j e^(S_j)
//! O = (A ⊙ Z) V
//! ```
//!
//! M is an additive mask, or −∞ where a query may not look; Z is dropout's 0 or 1 / (1 − p). The row of a query that may look
//! nowhere is 0, and so are its gradients.
//!
//! Shapes: q [B, H, G, L, E], k [B, H, S, E], v [B, H, S, Ev], out [B, H, G, L, Ev], lse [B, H, G, L]: the G query heads of a
//! group share keys and values.

mod backward;
mod forward;

pub use backward::backward;
pub use forward::forward;

use crate::gemm::tile::{self, View, width};
use crate::random::Dropout;
use crate::real::Float;

/// Queries that do not see about equally many keys are taken by so many.
const FEW: usize = 4;
/// Keys that are worked on at a time.
const KEYS: usize = 128;

#[derive(Clone, Copy)]
struct Sizes {
    heads: usize,
    group: usize,
    queries: usize,
    keys: usize,
    features: usize,
    values: usize,
    /// Query i sees the keys up to i + this.
    causal: Option<isize>,
}

impl Sizes {
    fn new(
        [heads, group, queries, keys, features, values]: [usize; 6], causal: usize,
        lower_right: usize,
    ) -> Self {
        let shift = if lower_right == 1 { keys as isize - queries as isize } else { 0 };
        let causal = (causal == 1).then_some(shift);
        Self { heads, group, queries, keys, features, values, causal }
    }
    /// How many keys from j on query i sees.
    fn seen(self, i: usize, j: usize) -> usize {
        let end = match self.causal {
            Some(shift) => (i as isize + 1 + shift).clamp(0, self.keys as isize) as usize,
            None => self.keys,
        };
        end.saturating_sub(j)
    }
    /// Of m queries from i on, how many, in pairs, do not see the key j.
    fn blind(self, i: usize, m: usize, j: usize) -> usize {
        (0..m).step_by(2).find(|x| self.seen(i + x + 1, j) > 0).unwrap_or(m)
    }
    /// How many queries from i on to take together, that see about equally many of the `keys` from j on.
    fn alike(self, i: usize, j: usize, keys: usize) -> usize {
        if self.seen(i, j) >= keys { usize::MAX } else { FEW }
    }
}

/// Elements of scratch that either pass needs.
pub fn scratch(rows: usize, keys: usize, features: usize, values: usize) -> usize {
    let forward: usize = forward::rooms::<f32>(rows, keys, features, values).iter().sum();
    let backward: usize = backward::rooms::<f32>(rows, keys, features, values).iter().sum();
    forward.max(backward)
}

/// Keys of a block, padded to whole panels.
fn padded<T: Float>(keys: usize) -> usize {
    keys.min(KEYS).next_multiple_of(width::<T>())
}

/// Scratch, cut into rooms.
fn cut<T, const N: usize>(mut scratch: &mut [T], rooms: [usize; N]) -> [&mut [T]; N] {
    rooms.map(|n| {
        let (room, rest) = core::mem::take(&mut scratch).split_at_mut(n);
        scratch = rest;
        room
    })
}

/// The mask of query (b, h, i) begins at Σ index · stride, and its keys lie `col` apart; a stride of 0 repeats.
#[derive(Clone, Copy)]
struct Mask<'a, T> {
    keep: Option<&'a [u8]>,
    bias: Option<&'a [T]>,
    batch: usize,
    head: usize,
    row: usize,
    col: usize,
}

impl<T: Float> Mask<'_, T> {
    fn row(&self, b: usize, h: usize, i: usize) -> usize {
        b * self.batch + h * self.head + i * self.row
    }
    /// Where the scores of the keys from j on begin: at M, for those `seen`, and at −∞.
    fn start(&self, s: &mut [T], row: usize, j: usize, seen: usize) {
        let never = T::of(f64::NEG_INFINITY);
        let (s, hidden) = s.split_at_mut(seen.min(s.len()));
        hidden.fill(never);
        match self.bias {
            Some(bias) => {
                for (x, s) in s.iter_mut().enumerate() {
                    *s = bias[row + (j + x) * self.col]
                }
            }
            None => s.fill(T::ZERO),
        }
        if let Some(keep) = self.keep {
            for (x, s) in s.iter_mut().enumerate() {
                if keep[row + (j + x) * self.col] == 0 {
                    *s = never
                }
            }
        }
    }
}

/// c[m, n] += A times panels, n of whole panels; the first `blind(p)` rows do not look at panel p.
fn scores<T: Float>(
    a: View<T>, panels: &[T], c: &mut [T], (ld, n): (usize, usize), m: usize, k: usize,
    blind: impl Fn(usize) -> usize,
) {
    let w = width::<T>();
    for (p, panel) in panels.chunks_exact((k * w).max(1)).enumerate().take(n / w) {
        let i = blind(p);
        tile::panel(a.from(i, 0), panel, &mut c[i * ld + p * w..], ld, m - i, w, k)
    }
}

/// c[m, n] += A times panels of `rows`, of which the first k count.
fn rows_times<T: Float>(
    a: View<T>, panels: &[T], c: &mut [T], m: usize, n: usize, k: usize, rows: usize,
) {
    let w = width::<T>();
    for (p, panel) in panels.chunks_exact((rows * w).max(1)).enumerate().take(n.div_ceil(w)) {
        tile::panel(a, panel, &mut c[p * w..], n, m, w.min(n - p * w), k)
    }
}

/// y = x · factor
fn scaled<T: Float>(x: &[T], y: &mut [T], factor: T) {
    for (x, y) in x.iter().zip(y) {
        *y = *x * factor
    }
}

/// What both passes are given besides their tensors.
struct Setting<'a, T> {
    s: Sizes,
    mask: Mask<'a, T>,
    dropout: Option<Dropout<T>>,
    scale: T,
}

impl<'a, T: Float> Setting<'a, T> {
    fn new(
        sizes: [usize; 6], mask: Mask<'a, T>, [causal, lower_right]: [usize; 2], seed: [usize; 4],
        [scale, dropout]: [f64; 2],
    ) -> Self {
        let s = Sizes::new(sizes, causal, lower_right);
        Self { s, mask, dropout: Dropout::new(seed, dropout), scale: T::from_f64(scale) }
    }
}

#[cfg(test)]
mod tests;
