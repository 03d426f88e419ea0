//! The weighted sum of what a query looks at, a block of keys after the other.

use super::{KEYS, Mask, Setting, cut, padded, products, rows_times, scaled};
use crate::gemm;
use crate::gemm::pack;
use crate::gemm::tile::{ROWS, View, strip_width, width};
use crate::lanes;
use crate::math::Math;
use crate::real::{Float, Lane, Real};

/// Kᵀ and V as panels; four queries, one by one and wide; their scores, and the weights wide; Z; Σ e^(S − m) of every row.
pub fn rooms<T: Float>(rows: usize, keys: usize, features: usize, values: usize) -> [usize; 8] {
    let block = padded::<T>(keys);
    [
        block * features,
        block * values.next_multiple_of(width::<T>()),
        ROWS * features,
        strip_width::<T>() * features,
        ROWS * block,
        strip_width::<T>() * block,
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
    [k_panels, v_panels, few, few_wide, scores, wide, z, sums]: &mut [&mut [T]; 8],
) {
    let Setting { s, mask, dropout, scale } = setting;
    let (e, ev, w) = (s.features, s.values, width::<T>());
    // Few queries: packing keys and values would cost more than multiplying with them.
    let in_place = s.queries <= ROWS;
    sums.fill(T::ZERO);
    for j in (0..s.keys).step_by(KEYS) {
        let block = KEYS.min(s.keys - j);
        let (k, v) = (&k[j * e..][..block * e], &v[j * ev..][..block * ev]);
        if !in_place {
            pack::panels(View { at: k, row: 1, col: e }, k_panels, e, block);
            pack::panels(View { at: v, row: ev, col: 1 }, v_panels, block, ev);
        }
        for r in (0..s.group * s.queries).filter(|r| (r % s.queries).is_multiple_of(ROWS)) {
            let (g, i) = (r / s.queries, r % s.queries);
            let m = ROWS.min(s.queries - i);
            let seen = s.seen(i + m - 1, j).min(block);
            if seen == 0 {
                continue;
            }
            let out = &mut out[r * ev..][..m * ev];
            let ld = if in_place { seen } else { seen.next_multiple_of(w) };
            for (x, scores) in scores.chunks_exact_mut(ld).enumerate().take(m) {
                let (b, h) = (n / s.heads, n % s.heads * s.group + g);
                mask.start(scores, mask.row(b, h, i + x), j, s.seen(i + x, j).min(seen))
            }
            scaled(&q[r * e..][..m * e], few, *scale);
            if in_place {
                gemm::nt(few, k, scores, &mut [], m, seen, e, 1, 0, 0)
            } else if e > 0 {
                pack::strips(View { at: few, row: e, col: 1 }, few_wide, m, e);
                products(few_wide, k_panels, scores, ld, w, m, seen, e)
            }
            for (x, scores) in scores.chunks_exact_mut(ld).enumerate().take(m) {
                let out = &mut out[x * ev..][..ev];
                weigh(scores, out, &mut lse[r + x], &mut sums[r + x]);
                if let Some(dropout) = dropout {
                    let row = n * s.group * s.queries + r + x;
                    dropout.fill(&mut z[..ld], row as u64 * s.keys as u64 + j as u64);
                    for (s, z) in scores.iter_mut().zip(z.iter()) {
                        *s = *s * *z
                    }
                }
            }
            if in_place {
                gemm::nn(scores, v, out, &mut [], m, ev, seen, 1, 0, 0)
            } else {
                pack::strips(View { at: scores, row: ld, col: 1 }, wide, m, seen);
                rows_times(wide, v_panels, out, m, ev, seen, block)
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
    let shrink = (*m - base).decay();
    *sum = *sum * shrink + exponentials(scores, base);
    *m = largest;
    if shrink != T::ONE {
        multiply(out, shrink)
    }
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
