//! Back through attention. A weight is computed again from its score and the row's lse, a block of queries and keys at a time.
//!
//! ```text
//! dV = (A ⊙ Z)ᵀ dO
//! dA = Z ⊙ dO Vᵀ
//! dS = A ⊙ (dA − D),   D = Σ_j A_j dA_j = O · dO of the row
//! dQ = scale · dS K,   dK = scale · dSᵀ Q,   dM = dS
//! ```

use super::{KEYS, Mask, QUERIES, Setting, cut, padded, products, rows_times, scaled};
use crate::gemm::pack;
use crate::gemm::tile::{self, ROWS, View, strip_width, width};
use crate::math::Math;
use crate::real::{Float, Lane, Real};

/// Scratch, by what it holds.
struct Rooms<'a, T> {
    /// Kᵀ, Vᵀ and scale · K as panels.
    kt: &'a mut [T],
    vt: &'a mut [T],
    k: &'a mut [T],
    /// dKᵀ and dVᵀ, in panels of keys.
    dkt: &'a mut [T],
    dvt: &'a mut [T],
    /// scale · Q of the block; its transpose and dOᵀ, wide.
    q: &'a mut [T],
    qt: &'a mut [T],
    dot: &'a mut [T],
    /// Four rows of Q, dO or dS, wide.
    strip: &'a mut [T],
    /// A ⊙ Z and dS of the block, in panels of keys; Z of a row.
    a: &'a mut [T],
    ds: &'a mut [T],
    z: &'a mut [T],
}

pub fn rooms<T: Float>(rows: usize, keys: usize, features: usize, values: usize) -> [usize; 12] {
    let (block, queries, w, sw) =
        (padded::<T>(keys), QUERIES.min(rows), width::<T>(), strip_width::<T>());
    let rows_of = |n: usize| n.div_ceil(ROWS) * sw;
    [
        block * features,
        block * values,
        block * features.next_multiple_of(w),
        block * features,
        block * values,
        queries * features,
        queries * rows_of(features),
        queries * rows_of(values),
        sw * features.max(values).max(block),
        queries * block,
        queries * block,
        block,
    ]
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
    let [kt, vt, k_rows, dkt, dvt, q_rows, qt, dot, strip, a, ds, z] =
        cut(scratch, rooms::<T>(group * queries, keys, features, values));
    let mut rooms = Rooms { kt, vt, k: k_rows, dkt, dvt, q: q_rows, qt, dot, strip, a, ds, z };
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
            rooms.unload(&mut d, at, block, features, values)
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
        self.dkt.fill(T::ZERO);
        self.dvt.fill(T::ZERO);
    }

    /// Adds what a block of keys has gathered.
    fn unload(&self, d: &mut Gradients<T>, at: usize, block: usize, e: usize, ev: usize) {
        let w = width::<T>();
        let add = |from: &[T], to: Option<&mut [T]>, n: usize| {
            let Some(to) = to else { return };
            for (x, to) in to[at * n..][..block * n].chunks_exact_mut(n.max(1)).enumerate() {
                let panel = &from[x / w * w * n + x % w..];
                for (c, to) in to.iter_mut().enumerate() {
                    *to = *to + panel[c * w]
                }
            }
        };
        add(self.dkt, d.dk.as_deref_mut(), e);
        add(self.dvt, d.dv.as_deref_mut(), ev);
    }

    /// A block of queries against a block of keys.
    fn block(
        &mut self, setting: &Setting<T>, q: &[T], out: &[T], lse: &[T], dout: &[T],
        d: &mut Gradients<T>, n: usize, g: usize, i: usize, rows: usize, j: usize, block: usize,
    ) {
        let Setting { s, mask, dropout, scale } = setting;
        let (e, ev, w, sw) = (s.features, s.values, width::<T>(), strip_width::<T>());
        let first = (n * s.group + g) * s.queries + i;
        let (b, h) = (n / s.heads, n % s.heads * s.group + g);
        let (out, dout) = (&out[first * ev..][..rows * ev], &dout[first * ev..][..rows * ev]);
        scaled(&q[first * e..][..rows * e], self.q, *scale);
        let q = &self.q[..rows * e];
        pack::strips(View { at: q, row: 1, col: e }, self.qt, e, rows);
        pack::strips(View { at: dout, row: 1, col: ev }, self.dot, ev, rows);
        let panel = QUERIES.min(s.group * s.queries) * w; // of the block's weights
        let seen_at = |i: usize| s.seen(i, j).min(block);

        for y in (0..rows).step_by(ROWS) {
            let m = ROWS.min(rows - y);
            let seen = seen_at(i + y + m - 1);
            for x in y..y + m {
                for (p, a) in self.a.chunks_exact_mut(panel).enumerate().take(seen.div_ceil(w)) {
                    let seen = seen_at(i + x).saturating_sub(p * w);
                    mask.start(&mut a[x * w..][..w], mask.row(b, h, i + x), j + p * w, seen)
                }
                for ds in self.ds.chunks_exact_mut(panel).take(seen.div_ceil(w)) {
                    ds[x * w..][..w].fill(T::ZERO)
                }
            }
            // S = scale · Q Kᵀ + M, dO Vᵀ
            if e > 0 {
                pack::strips(View { at: &q[y * e..], row: e, col: 1 }, self.strip, m, e);
                products(self.strip, self.kt, &mut self.a[y * w..], w, panel, m, seen, e);
            }
            if ev > 0 {
                pack::strips(View { at: &dout[y * ev..], row: ev, col: 1 }, self.strip, m, ev);
                products(self.strip, self.vt, &mut self.ds[y * w..], w, panel, m, seen, ev);
            }
            for x in y..y + m {
                let r = first + x;
                let delta = dot(&out[x * ev..][..ev], &dout[x * ev..][..ev]);
                if let Some(dropout) = dropout {
                    dropout.fill(self.z, r as u64 * s.keys as u64 + j as u64)
                }
                let z = dropout.map(|_| &*self.z);
                let panels = seen.div_ceil(w);
                differentiate(self.a, self.ds, x * w, panel, panels, lse[r], delta, z);
                if let Some(dbias) = d.dbias.as_deref_mut() {
                    let row = mask.row(b, h, i + x) + j * mask.col;
                    for c in 0..seen {
                        let dm = &mut dbias[row + c * mask.col];
                        *dm = *dm + self.ds[c / w * panel + x * w + c % w]
                    }
                }
            }
            // dQ += dS · scale K
            if let Some(dq) = d.dq.as_deref_mut() {
                for (p, ds) in self.ds.chunks_exact(panel).enumerate().take(seen.div_ceil(w)) {
                    let ds = View { at: &ds[y * w..], row: w, col: 1 };
                    pack::strips(ds, &mut self.strip[p * w * sw..], m, w.min(seen - p * w))
                }
                let dq = &mut dq[(first + y) * e..][..m * e];
                rows_times(self.strip, self.k, dq, m, e, seen, block)
            }
        }

        // dKᵀ += scale Qᵀ dS, dVᵀ += dOᵀ (A ⊙ Z)
        let first_row = |p: usize| {
            (0..rows)
                .step_by(ROWS)
                .find(|y| seen_at(i + (y + ROWS).min(rows) - 1) > p * w)
                .unwrap_or(rows)
        };
        let add = |wide: &[T], weights: &[T], to: &mut [T], n: usize| {
            for (c, wide) in wide.chunks_exact(rows * sw).enumerate().take(n.div_ceil(ROWS)) {
                for (p, weights) in weights.chunks_exact(panel).enumerate().take(block.div_ceil(w))
                {
                    let from = first_row(p);
                    let to = &mut to[p * n * w + c * ROWS * w..];
                    let m = ROWS.min(n - c * ROWS);
                    tile::wide(&wide[from * sw..], &weights[from * w..], to, w, m, w, rows - from)
                }
            }
        };
        if d.dk.is_some() {
            add(self.qt, self.ds, self.dkt, e)
        }
        if d.dv.is_some() {
            add(self.dot, self.a, self.dvt, ev)
        }
    }
}

/// Σ x y
fn dot<T: Float>(x: &[T], y: &[T]) -> T {
    x.iter().zip(y).fold(T::ZERO, |sum, (x, y)| sum + *x * *y)
}

/// The scores of a row become A ⊙ Z, and dO Vᵀ becomes dS: `panels` pieces, `apart` from one to the next.
#[inline(never)]
fn differentiate<T: Float>(
    s: &mut [T], ds: &mut [T], at: usize, apart: usize, panels: usize, lse: T, delta: T,
    z: Option<&[T]>,
) {
    let (w, lanes) = (width::<T>(), T::Long::LANES);
    let (lse, delta) = (T::Long::splat(lse), T::Long::splat(delta));
    for p in 0..panels {
        let at = p * apart + at;
        let (s, ds) = (&mut s[at..][..w], &mut ds[at..][..w]);
        for k in (0..w).step_by(lanes) {
            let a = (T::Long::load(&s[k..]) - lse).decay();
            let z = z.map_or(T::Long::ONE, |z| T::Long::load(&z[p * w + k..]));
            (a * z).store(&mut s[k..]);
            (a * (T::Long::load(&ds[k..]) * z - delta)).store(&mut ds[k..])
        }
    }
}
