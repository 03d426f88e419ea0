//! Back through attention. A weight is computed again from its score and the row's lse, a block of queries and keys at a time.
//!
//! ```text
//! dV = (A ⊙ Z)ᵀ dO
//! dA = Z ⊙ dO Vᵀ
//! dS = A ⊙ (dA − D),   D = Σ_j A_j dA_j = O · dO of the row
//! dQ = scale · dS K,   dK = scale · dSᵀ Q,   dM = dS
//! ```

use super::{KEYS, Mask, Setting, cut, padded, rows_times, scaled, scores};
use crate::gemm::pack;
use crate::gemm::tile::{self, View, width};
use crate::math::Math;
use crate::real::{Float, Lane, Real};

/// Queries whose weights and their gradients are kept at a time.
const QUERIES: usize = 64;

/// Scratch, by what it holds.
struct Rooms<'a, T> {
    /// Kᵀ, Vᵀ and scale · K of a block, as panels.
    kt: &'a mut [T],
    vt: &'a mut [T],
    k: &'a mut [T],
    /// scale · Q of a block, then as panels, and dO as panels.
    q: &'a mut [T],
    q_panels: &'a mut [T],
    dout: &'a mut [T],
    /// A ⊙ Z and dS of the block; Z of a row.
    a: &'a mut [T],
    ds: &'a mut [T],
    z: &'a mut [T],
}

pub fn rooms<T: Float>(rows: usize, keys: usize, features: usize, values: usize) -> [usize; 9] {
    let (block, queries) = (padded::<T>(keys), QUERIES.min(rows));
    let (e, ev) = (features.next_multiple_of(width::<T>()), values.next_multiple_of(width::<T>()));
    [
        block * features,
        block * values,
        block * e,
        queries * features,
        queries * e,
        queries * ev,
        queries * apart::<T>(block),
        queries * apart::<T>(block),
        block,
    ]
}

/// From a row of weights to the next: not a power of two, whose columns would meet in one set of the cache.
fn apart<T: Float>(block: usize) -> usize {
    block + width::<T>()
}

/// Adds to every gradient that is wanted.
pub fn backward<T: Float>(
    q: &[T], k: &[T], v: &[T], keep: Option<&[u8]>, bias: Option<&[T]>, out: &[T], lse: &[T],
    dout: &[T], dq: Option<&mut [T]>, dk: Option<&mut [T]>, dv: Option<&mut [T]>,
    dbias: Option<&mut [T]>, scratch: &mut [T], batch: usize, heads: usize, group: usize,
    queries: usize, keys: usize, features: usize, values: usize, _mask_len: usize,
    mask_batch: usize, mask_head: usize, mask_row: usize, mask_col: usize, causal: usize,
    lower_right: usize, seed_lo: usize, seed_hi: usize, counter_lo: usize, counter_hi: usize,
    scale: f64, dropout: f64,
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
    let [kt, vt, k_panels, q_rows, q_panels, dout_panels, a, ds, z] =
        cut(scratch, rooms::<T>(group * queries, keys, features, values));
    let mut rooms = Rooms { kt, vt, k: k_panels, q: q_rows, q_panels, dout: dout_panels, a, ds, z };
    let mut d = Gradients { dq, dk, dv, dbias };
    for n in 0..batch * heads {
        for j in (0..keys).step_by(KEYS) {
            let block = KEYS.min(keys - j);
            let at = n * keys + j;
            rooms.load(
                &setting,
                &k[at * features..][..block * features],
                &v[at * values..][..block * values],
                block,
            );
            for g in 0..group {
                for i in (0..queries).step_by(QUERIES) {
                    let rows = QUERIES.min(queries - i);
                    if setting.s.seen(i + rows - 1, j) > 0 {
                        rooms.block(&setting, q, out, lse, dout, &mut d, n, g, i, rows, j, block)
                    }
                }
            }
        }
    }
}

struct Gradients<'a, T> {
    dq: Option<&'a mut [T]>,
    dk: Option<&'a mut [T]>,
    dv: Option<&'a mut [T]>,
    dbias: Option<&'a mut [T]>,
}

impl<T: Float> Rooms<'_, T> {
    /// Packs a block of keys and values.
    fn load(&mut self, setting: &Setting<T>, k: &[T], v: &[T], block: usize) {
        let (e, ev) = (setting.s.features, setting.s.values);
        pack::panels(View { at: k, row: 1, col: e }, self.kt, e, block);
        pack::panels(View { at: v, row: 1, col: ev }, self.vt, ev, block);
        pack::panels(View { at: k, row: e, col: 1 }, self.k, block, e);
        for k in self.k.iter_mut() {
            *k = *k * setting.scale
        }
    }

    /// A block of queries against a block of keys.
    fn block(
        &mut self, setting: &Setting<T>, q: &[T], out: &[T], lse: &[T], dout: &[T],
        d: &mut Gradients<T>, n: usize, g: usize, i: usize, rows: usize, j: usize, block: usize,
    ) {
        let Setting { s, mask, dropout, scale } = setting;
        let (e, ev, w) = (s.features, s.values, width::<T>());
        let (first, key) = ((n * s.group + g) * s.queries + i, n * s.keys + j);
        let (b, h) = (n / s.heads, n % s.heads * s.group + g);
        let (out, dout) = (&out[first * ev..][..rows * ev], &dout[first * ev..][..rows * ev]);
        scaled(&q[first * e..][..rows * e], self.q, *scale);
        let (q, dout_rows) =
            (View { at: &*self.q, row: e, col: 1 }, View { at: dout, row: ev, col: 1 });
        pack::panels(q, self.q_panels, rows, e);
        pack::panels(dout_rows, self.dout, rows, ev);
        let seen = s.seen(i + rows - 1, j).min(block);
        let used = seen.next_multiple_of(w);
        let ld = apart::<T>(padded::<T>(s.keys));

        // S = scale · Q Kᵀ + M, dO Vᵀ
        for x in 0..rows {
            let (a, ds) = (&mut self.a[x * ld..][..used], &mut self.ds[x * ld..][..used]);
            mask.start(a, mask.row(b, h, i + x), j, s.seen(i + x, j));
            ds.fill(T::ZERO)
        }
        let blind = |p: usize| s.blind(i, rows, j + p * w);
        scores(q, self.kt, self.a, (ld, used), rows, e, blind);
        scores(dout_rows, self.vt, self.ds, (ld, used), rows, ev, blind);

        let alike = s.alike(i, j, seen);
        for y in (0..rows).step_by(alike.min(rows)) {
            let m = alike.min(rows - y);
            let seen = s.seen(i + y + m - 1, j).min(block);
            let used = seen.next_multiple_of(w);
            for x in y..y + m {
                let r = first + x;
                let delta = dot(&out[x * ev..][..ev], &dout[x * ev..][..ev]);
                if let Some(dropout) = dropout {
                    dropout.fill(self.z, r as u64 * s.keys as u64 + j as u64)
                }
                let z = dropout.map(|_| &*self.z);
                let (a, ds) = (&mut self.a[x * ld..][..used], &mut self.ds[x * ld..][..used]);
                differentiate(a, ds, lse[r], delta, z);
                if let Some(dbias) = d.dbias.as_deref_mut() {
                    let row = mask.row(b, h, i + x) + j * mask.col;
                    for (c, ds) in ds[..seen].iter().enumerate() {
                        let dm = &mut dbias[row + c * mask.col];
                        *dm = *dm + *ds
                    }
                }
            }
            // dQ += dS · scale K
            if let Some(dq) = d.dq.as_deref_mut() {
                let ds = View { at: &self.ds[y * ld..], row: ld, col: 1 };
                let dq = &mut dq[(first + y) * e..][..m * e];
                rows_times(ds, self.k, dq, m, e, seen, block)
            }
        }

        // dK += dSᵀ · scale Q, dV += (A ⊙ Z)ᵀ dO
        let step = if alike < rows { w } else { block };
        let add = |weights: &[T], panels: &[T], to: Option<&mut [T]>, n: usize| {
            let Some(to) = to else { return };
            let to = &mut to[key * n..][..block * n];
            for (p, panel) in panels.chunks_exact((rows * w).max(1)).enumerate().take(n.div_ceil(w))
            {
                for c in (0..seen).step_by(step) {
                    let x = s.blind(i, rows, j + c);
                    let weights = View { at: &weights[x * ld + c..], row: 1, col: ld };
                    let panel = &panel[x * w..];
                    let (m, n_panel) = (step.min(seen - c), w.min(n - p * w));
                    tile::panel(weights, panel, &mut to[c * n + p * w..], n, m, n_panel, rows - x)
                }
            }
        };
        add(self.ds, self.q_panels, d.dk.as_deref_mut(), e);
        add(self.a, self.dout, d.dv.as_deref_mut(), ev);
    }
}

/// Σ x y
fn dot<T: Float>(x: &[T], y: &[T]) -> T {
    let lanes = T::Long::LANES;
    let (xs, ys) = (x.chunks_exact(lanes), y.chunks_exact(lanes));
    let rest = xs.remainder().iter().zip(ys.remainder());
    let sum = xs.zip(ys).fold(T::Long::ZERO, |s, (x, y)| s + T::Long::load(x) * T::Long::load(y));
    rest.fold(sum.sum(), |sum, (x, y)| sum + *x * *y)
}

/// The scores of a row become A ⊙ Z, and dO Vᵀ becomes dS.
#[inline(never)]
fn differentiate<T: Float>(s: &mut [T], ds: &mut [T], lse: T, delta: T, z: Option<&[T]>) {
    let lanes = T::Long::LANES;
    let (lse, delta) = (T::Long::splat(lse), T::Long::splat(delta));
    for (k, (s, ds)) in s.chunks_exact_mut(lanes).zip(ds.chunks_exact_mut(lanes)).enumerate() {
        let a = (T::Long::load(s) - lse).decay();
        let z = z.map_or(T::Long::ONE, |z| T::Long::load(&z[k * lanes..]));
        (a * z).store(s);
        (a * (T::Long::load(ds) * z - delta)).store(ds)
    }
}
