//! The weighted sum of what a query looks at, a block of keys after the other.

use super::{FEW, KEYS, Mask, Setting, cut, padded, rows_times, scaled, scores};
use crate::gemm;
use crate::gemm::pack;
use crate::gemm::tile::{View, width};
use crate::lanes;
use crate::math::Math;
use crate::real::{Float, Lane, Real};

/// Queries that are worked on at a time: with a panel of keys or values they stay in the first cache.
const QUERIES: usize = 32;

/// Kᵀ and V as panels; scale · Q of a block; its scores, then its weights; Z; Σ e^(S − m) of every row.
pub fn rooms<T: Float>(rows: usize, keys: usize, features: usize, values: usize) -> [usize; 6] {
    let (block, queries) = (padded::<T>(keys), QUERIES.min(rows));
    [
        block * features,
        block * values.next_multiple_of(width::<T>()),
        queries * features,
        queries * block,
        block,
        rows,
    ]
}

/// `lse`, with `out`, is all that `backward` needs: with it a weight is one exponential of its score.
pub fn forward<T: Float>(
    q: &[T], k: &[T], v: &[T], keep: Option<&[u8]>, bias: Option<&[T]>, out: &mut [T],
    lse: &mut [T], scratch: &mut [T], batch: usize, heads: usize, group: usize, queries: usize,
    keys: usize, features: usize, values: usize, _mask_len: usize, mask_batch: usize,
    mask_head: usize, mask_row: usize, mask_col: usize, causal: usize, lower_right: usize,
    seed_lo: usize, seed_hi: usize, counter_lo: usize, counter_hi: usize, scale: f64, dropout: f64,
) {
    let mask =
        Mask { keep, bias, batch: mask_batch, head: mask_head, row: mask_row, col: mask_col };
    let setting = Setting::new(
        [heads, group, queries, keys, features, values],
        mask,
        [causal, lower_right],
        [seed_lo, seed_hi, counter_lo, counter_hi],
        [scale, dropout],
    );
    out.fill(T::ZERO);
    lse.fill(T::of(f64::NEG_INFINITY));
    let rows = group * queries;
    let mut rooms = cut(scratch, rooms::<T>(rows, keys, features, values));
    for n in 0..batch * heads {
        head(
            &setting,
            n,
            &q[n * rows * features..][..rows * features],
            &k[n * keys * features..][..keys * features],
            &v[n * keys * values..][..keys * values],
            &mut out[n * rows * values..][..rows * values],
            &mut lse[n * rows..][..rows],
            &mut rooms,
        )
    }
}

/// One head of keys and values, and the queries of its group.
fn head<T: Float>(
    setting: &Setting<T>, n: usize, q: &[T], k: &[T], v: &[T], out: &mut [T], lse: &mut [T],
    [k_panels, v_panels, qs, weights, z, sums]: &mut [&mut [T]; 6],
) {
    let Setting { s, mask, dropout, scale } = setting;
    let (e, ev, w) = (s.features, s.values, width::<T>());
    // Few queries: packing keys and values would cost more than multiplying with them.
    let in_place = s.queries <= FEW;
    sums.fill(T::ZERO);
    for j in (0..s.keys).step_by(KEYS) {
        let block = KEYS.min(s.keys - j);
        let (k, v) = (&k[j * e..][..block * e], &v[j * ev..][..block * ev]);
        if !in_place {
            pack::panels(View { at: k, row: 1, col: e }, k_panels, e, block);
            pack::panels(View { at: v, row: ev, col: 1 }, v_panels, block, ev);
        }
        for r in (0..s.group * s.queries).filter(|r| (r % s.queries).is_multiple_of(QUERIES)) {
            let (g, i) = (r / s.queries, r % s.queries);
            let rows = QUERIES.min(s.queries - i);
            let seen = s.seen(i + rows - 1, j).min(block);
            if seen == 0 {
                continue;
            }
            let ld = if in_place { seen } else { seen.next_multiple_of(w) };
            for (x, weights) in weights.chunks_exact_mut(ld).enumerate().take(rows) {
                let (b, h) = (n / s.heads, n % s.heads * s.group + g);
                mask.start(weights, mask.row(b, h, i + x), j, s.seen(i + x, j).min(seen))
            }
            scaled(&q[r * e..][..rows * e], qs, *scale);
            if in_place {
                gemm::nt(qs, k, weights, &mut [], rows, seen, e, 1, 0, 0)
            } else {
                let q = View { at: qs, row: e, col: 1 };
                scores(q, k_panels, weights, (ld, ld), rows, e, |p| s.blind(i, rows, j + p * w))
            }
            let alike = s.alike(i, j, seen);
            for y in (0..rows).step_by(alike.min(rows)) {
                let m = alike.min(rows - y);
                let seen = s.seen(i + y + m - 1, j).min(block);
                if seen == 0 {
                    continue;
                }
                let used = if in_place { seen } else { seen.next_multiple_of(w) };
                let out = &mut out[(r + y) * ev..][..m * ev];
                let weights = &mut weights[y * ld..][..m * ld];
                for (x, weights) in weights.chunks_exact_mut(ld).enumerate() {
                    let (row, weights) = (r + y + x, &mut weights[..used]);
                    weigh(weights, &mut out[x * ev..][..ev], &mut lse[row], &mut sums[row]);
                    if let Some(dropout) = dropout {
                        let row = n * s.group * s.queries + row;
                        dropout.fill(&mut z[..used], row as u64 * s.keys as u64 + j as u64);
                        for (a, z) in weights.iter_mut().zip(z.iter()) {
                            *a = *a * *z
                        }
                    }
                }
                if in_place {
                    gemm::nn(weights, v, out, &mut [], m, ev, seen, 1, 0, 0)
                } else {
                    let weights = View { at: weights, row: ld, col: 1 };
                    rows_times(weights, v_panels, out, m, ev, seen, block)
                }
            }
        }
    }
    for (r, (m, sum)) in lse.iter_mut().zip(sums.iter()).enumerate() {
        let blind = *sum == T::ZERO;
        let out = &mut out[r * ev..][..ev];
        multiply(out, if blind { T::ZERO } else { T::ONE / *sum });
        *m = if blind { T::ZERO } else { *m + sum.ln() }
    }
}

/// The scores of a row become e^(S − m), where m is the largest so far; what was added up with a smaller one shrinks.
#[inline(never)]
fn weigh<T: Float>(scores: &mut [T], out: &mut [T], m: &mut T, sum: &mut T) {
    let largest = largest(scores, *m);
    let base = if largest == T::of(f64::NEG_INFINITY) { T::ZERO } else { largest };
    if *sum != T::ZERO && *m != largest {
        let shrink = (*m - base).decay();
        *sum = *sum * shrink;
        multiply(out, shrink)
    }
    *sum = *sum + exponentials(scores, base);
    *m = largest
}

/// The larger of m and all of s. A NaN may be passed over: its exponential is one, too.
fn largest<T: Float>(s: &[T], m: T) -> T {
    let lanes = T::Wide::LANES;
    let mut acc = [T::Wide::splat(m); 4];
    let mut turns = s.chunks_exact(4 * lanes);
    for s in turns.by_ref() {
        for (i, acc) in acc.iter_mut().enumerate() {
            *acc = acc.larger(T::Wide::load(&s[i * lanes..]))
        }
    }
    let all = (acc[0].larger(acc[1])).larger(acc[2].larger(acc[3]));
    turns.remainder().iter().fold(all.largest(), |m, s| m.larger(*s))
}

/// s = e^(s − m), and their sum
fn exponentials<T: Float>(s: &mut [T], m: T) -> T {
    let mut wide = s.chunks_exact_mut(T::Long::LANES);
    let mut sum = T::Long::ZERO;
    for s in wide.by_ref() {
        let a = (T::Long::load(s) - T::Long::splat(m)).decay();
        a.store(s);
        sum = sum + a
    }
    wide.into_remainder().iter_mut().fold(sum.sum(), |sum, s| {
        *s = (*s - m).decay();
        sum + *s
    })
}

fn multiply<T: Float>(x: &mut [T], factor: T) {
    #[inline(always)]
    fn at<T: Float, V: Lane<Item = T>>(x: &mut [T], factor: T, k: usize) {
        (V::load(&x[k..]) * V::splat(factor)).store(&mut x[k..])
    }
    lanes!(T, x.len(), |k| at(x, factor, k))
}
