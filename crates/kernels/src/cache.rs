//! Attention of a decoder's next queries over the keys and values that it keeps: [batch, heads, capacity, size] each, of
//! which sequence b has filled the first starts[b].

use crate::gemm;
use crate::lanes;
use crate::real::{Float, Lane};
use crate::softmax::softmax;

/// Queries that share one reading of the keys and values.
const FEW: usize = 4;

/// cache[b, h, starts[b] + l] = x[b, l, h], where the rows x[b, l] lie `width` apart.
pub fn append<T: Float>(
    x: &[T], starts: &[i32], cache: &mut [T], batch: usize, steps: usize, heads: usize,
    size: usize, capacity: usize, width: usize,
) {
    for b in 0..batch {
        for l in 0..steps {
            for h in 0..heads {
                let from = (b * steps + l) * width + h * size;
                let to = ((b * heads + h) * capacity + starts[b] as usize + l) * size;
                cache[to..][..size].copy_from_slice(&x[from..][..size])
            }
        }
    }
}

/// Elements of scratch that `attend` needs.
pub fn scratch(capacity: usize, size: usize) -> usize {
    2 * FEW * (capacity + size)
}

/// y[b, l, h] = softmax(scale q Kᵀ + bias) V over the keys that query l sees: the first starts[b] + l + 1 if causal, else the
/// first starts[b]. bias[h, capacity − 1 − d] goes to the key d places before the query.
pub fn attend<T: Float>(
    q: &[T], keys: &[T], values: &[T], starts: &[i32], bias: Option<&[T]>, y: &mut [T],
    scratch: &mut [T], batch: usize, steps: usize, heads: usize, size: usize, capacity: usize,
    width: usize, causal: usize, scale: f64,
) {
    let scale = T::from_f64(scale);
    let (scores, rest) = scratch.split_at_mut(FEW * capacity);
    let (weights, rest) = rest.split_at_mut(FEW * capacity);
    let (rows, sums) = rest.split_at_mut(FEW * size);
    for (b, h) in (0..batch).flat_map(|b| (0..heads).map(move |h| (b, h))) {
        let start = starts[b] as usize;
        let kept = (b * heads + h) * capacity * size;
        for first in (0..steps).step_by(FEW) {
            let m = FEW.min(steps - first);
            let seen = |r: usize| if causal == 0 { start } else { start + first + r + 1 };
            let n = seen(m - 1);
            for r in 0..m {
                let row = &q[(b * steps + first + r) * width + h * size..][..size];
                rows[r * size..][..size].copy_from_slice(row)
            }
            let (keys, values) = (&keys[kept..][..n * size], &values[kept..][..n * size]);
            scores[..m * n].fill(T::ZERO);
            gemm::nt(&rows[..m * size], keys, &mut scores[..m * n], &mut [], m, n, size, 1, 0, 0);
            for r in 0..m {
                let (row, n) = (&mut scores[r * n..][..n], seen(r));
                let bias = bias.map(|bias| &bias[(h + 1) * capacity - n..][..n]);
                lanes!(T, n, |k| scaled(row, bias, scale, k));
                let weights = &mut weights[r * row.len()..][..row.len()];
                softmax(&row[..n], &mut weights[..n], 1, n);
                weights[n..].fill(T::ZERO)
            }
            sums[..m * size].fill(T::ZERO);
            gemm::nn(
                &weights[..m * n],
                values,
                &mut sums[..m * size],
                &mut [],
                m,
                size,
                n,
                1,
                0,
                0,
            );
            for r in 0..m {
                let to = (b * steps + first + r) * heads * size + h * size;
                y[to..][..size].copy_from_slice(&sums[r * size..][..size])
            }
        }
    }
}

#[inline(always)]
fn scaled<T: Float, V: Lane<Item = T>>(row: &mut [T], bias: Option<&[T]>, scale: T, k: usize) {
    let product = V::load(&row[k..]) * V::splat(scale);
    bias.map_or(product, |bias| product + V::load(&bias[k..])).store(&mut row[k..])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers without a pattern.
    fn noise(n: usize, seed: usize) -> Vec<f64> {
        (0..n).map(|i| ((i * 7919 + seed * 104729) % 1009) as f64 / 504.5 - 1.0).collect()
    }

    /// The definition, one score after another.
    fn expected(
        q: &[f64], keys: &[f64], values: &[f64], bias: Option<&[f64]>, seen: usize, scale: f64,
    ) -> Vec<f64> {
        let size = q.len();
        let score = |j: usize| -> f64 {
            let dot: f64 = (0..size).map(|e| q[e] * keys[j * size + e]).sum();
            dot * scale + bias.map_or(0.0, |bias| bias[bias.len() - seen + j])
        };
        let weights: Vec<f64> = (0..seen).map(|j| score(j).exp()).collect();
        let total: f64 = weights.iter().sum();
        (0..size)
            .map(|e| (0..seen).map(|j| weights[j] / total * values[j * size + e]).sum())
            .collect()
    }

    #[test]
    fn appended_steps_are_attended_to_as_defined() {
        for (steps, heads, size, causal) in
            [(1, 1, 1, 1), (1, 3, 8, 1), (5, 2, 3, 1), (9, 2, 5, 1), (4, 1, 1, 1), (6, 2, 7, 0)]
        {
            let (batch, capacity) = (2, 17);
            let starts = [3, 8];
            let inner = heads * size;
            let width = 3 * inner;
            let qkv = noise(batch * steps * width, 1);
            let bias = noise(heads * capacity, 2);
            let cached = batch * heads * capacity * size;
            let (mut keys, mut values) = (noise(cached, 3), noise(cached, 4));
            append(&qkv[inner..], &starts, &mut keys, batch, steps, heads, size, capacity, width);
            append(
                &qkv[2 * inner..],
                &starts,
                &mut values,
                batch,
                steps,
                heads,
                size,
                capacity,
                width,
            );
            let mut y = vec![7.0; batch * steps * inner];
            let mut scratch = vec![7.0; scratch(capacity, size)];
            attend(
                &qkv,
                &keys,
                &values,
                &starts,
                Some(&bias),
                &mut y,
                &mut scratch,
                batch,
                steps,
                heads,
                size,
                capacity,
                width,
                causal,
                0.5,
            );
            for b in 0..batch {
                for l in 0..steps {
                    for h in 0..heads {
                        let row = (b * steps + l) * width + h * size;
                        let kept = (b * heads + h) * capacity * size;
                        let last = kept + (starts[b] as usize + l) * size;
                        assert_eq!(keys[last..][..size], qkv[row + inner..][..size]);
                        assert_eq!(values[last..][..size], qkv[row + 2 * inner..][..size]);
                        let seen = starts[b] as usize + if causal == 1 { l + 1 } else { 0 };
                        let want = expected(
                            &qkv[row..][..size],
                            &keys[kept..],
                            &values[kept..],
                            Some(&bias[h * capacity..][..capacity]),
                            seen,
                            0.5,
                        );
                        for e in 0..size {
                            let got = y[(b * steps + l) * inner + h * size + e];
                            assert!((got - want[e]).abs() < 1e-12, "{got} {}", want[e]);
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn nothing_kept_and_nothing_seen_is_zero() {
        let mut y = [7.0f32; 4];
        let mut scratch = [0.0; 2 * FEW * (3 + 4)];
        attend(
            &[1.0; 4],
            &[1.0; 12],
            &[1.0; 12],
            &[0],
            None,
            &mut y,
            &mut scratch,
            1,
            1,
            1,
            4,
            3,
            4,
            0,
            1.0,
        );
        assert_eq!(y, [0.0; 4]);
    }
}
