//! A GRU layer over a whole sequence, in one direction, and back through time.
//!
//! ```text
//! r, z = σ of the first two blocks of W_ih x_t + b_ih + W_hh h_{t−1} + b_hh
//! m    = W_hn h_{t−1} + b_hn
//! n    = tanh(W_in x_t + b_in + r ⊙ m)
//! h_t  = (1 − z) ⊙ n + z ⊙ h_{t−1}
//! ```
//!
//! Shapes: x [T, B, D]; h0, hn [B, H]; hs [T, B, H]; act [T, B, 3H] in the order r, z, n; ms [T, B, H]; dxs, dus [T, B, 3H].

use crate::lanes;
use crate::pointwise::{accumulate, sigmoid_in_place, tanh_in_place};
use crate::real::{Float, Lane};
use crate::recurrent::{
    Repeated, Sizes, bias_backward, fill, project, project_backward, recur_backward,
};

const fn sizes(time: usize, batch: usize, input: usize, hidden: usize, reverse: usize) -> Sizes {
    Sizes { time, batch, input, hidden, output: hidden, gates: 3, reverse: reverse == 1 }
}

/// `act` and `ms`, with `hs`, are all that `backward` needs. `recurrent` is [B, 3H]: W_hh h + b_hh of one step.
pub fn forward<T: Float>(
    x: &[T], h0: Option<&[T]>, w_ih: &[T], w_hh: &[T], b_ih: Option<&[T]>, b_hh: Option<&[T]>,
    hs: &mut [T], act: &mut [T], ms: &mut [T], hn: &mut [T], recurrent: &mut [T],
    scratch: &mut [T], time: usize, batch: usize, input: usize, hidden: usize, reverse: usize,
) {
    let s = sizes(time, batch, input, hidden, reverse);
    project(x, w_ih, [b_ih, None], act, scratch, s);
    let mut recurrence = Repeated::nt(w_hh, scratch, s, s.rows(), hidden);
    let n = s.state();
    match h0 {
        Some(h0) => hn.copy_from_slice(h0),
        None => hn.fill(T::ZERO),
    }
    for (t, before) in s.walk() {
        fill(recurrent, [b_hh, None], s);
        if before.is_some() || h0.is_some() {
            recurrence.add(hn, recurrent);
        }
        for b in 0..batch {
            let row = b * hidden;
            step(
                &recurrent[3 * row..][..3 * hidden],
                &mut act[3 * (t * n + row)..][..3 * hidden],
                &mut ms[t * n + row..][..hidden],
                &mut hn[row..][..hidden],
                hidden,
            )
        }
        hs[t * n..][..n].copy_from_slice(hn);
    }
}

/// One row of the batch: act from W_ih x + b_ih to r, z, n; m; and h to h'.
fn step<T: Float>(u: &[T], act: &mut [T], m: &mut [T], h: &mut [T], hidden: usize) {
    let (rz, n) = act.split_at_mut(2 * hidden);
    let (urz, un) = u.split_at(2 * hidden);
    accumulate(urz, rz, 2 * hidden);
    sigmoid_in_place(rz);
    #[inline(always)]
    fn gated<T: Float, V: Lane<Item = T>>(r: &[T], un: &[T], n: &mut [T], k: usize) {
        (V::load(&n[k..]) + V::load(&r[k..]) * V::load(&un[k..])).store(&mut n[k..])
    }
    lanes!(T, hidden, |k| gated(rz, un, n, k));
    tanh_in_place(n);
    m.copy_from_slice(un);
    #[inline(always)]
    fn next<T: Float, V: Lane<Item = T>>(z: &[T], n: &[T], h: &mut [T], k: usize) {
        let z = V::load(&z[k..]);
        ((V::ONE - z) * V::load(&n[k..]) + z * V::load(&h[k..])).store(&mut h[k..])
    }
    lanes!(T, hidden, |k| next(&rz[hidden..], n, h, k))
}

/// Accumulates into every gradient that is wanted. `dxs` and `dus` receive the gradients of W_ih x + b_ih and of
/// W_hh h + b_hh; `carry` is [B, H]: dh on its way back.
pub fn backward<T: Float>(
    x: &[T], h0: Option<&[T]>, w_ih: &[T], w_hh: &[T], hs: &[T], act: &[T], ms: &[T],
    dhs: Option<&[T]>, dhn: Option<&[T]>, dx: Option<&mut [T]>, dh0: Option<&mut [T]>,
    dw_ih: Option<&mut [T]>, dw_hh: Option<&mut [T]>, db_ih: Option<&mut [T]>,
    db_hh: Option<&mut [T]>, dxs: &mut [T], dus: &mut [T], carry: &mut [T], scratch: &mut [T],
    time: usize, batch: usize, input: usize, hidden: usize, reverse: usize,
) {
    let s = sizes(time, batch, input, hidden, reverse);
    let (n, dh) = (s.state(), carry);
    match dhn {
        Some(dhn) => dh.copy_from_slice(dhn),
        None => dh.fill(T::ZERO),
    }
    let mut recurrence = Repeated::nn(w_hh, scratch, s, hidden, s.rows());
    for (t, before) in s.walk().rev() {
        if let Some(dhs) = dhs {
            accumulate(&dhs[t * n..][..n], dh, n);
        }
        let h_before = before.map(|b| &hs[b * n..][..n]).or(h0);
        for b in 0..batch {
            let row = b * hidden;
            let gates = 3 * (t * n + row);
            step_backward(
                &act[gates..][..3 * hidden],
                &ms[t * n + row..][..hidden],
                h_before.map(|h| &h[row..][..hidden]),
                &mut dh[row..][..hidden],
                &mut dxs[gates..][..3 * hidden],
                &mut dus[gates..][..3 * hidden],
                hidden,
            )
        }
        recurrence.add(&dus[3 * t * n..][..3 * n], dh);
    }
    if let Some(dh0) = dh0 {
        accumulate(dh, dh0, n);
    }
    project_backward(dxs, x, w_ih, dx, dw_ih, scratch, s);
    bias_backward(dxs, [db_ih, None], s);
    bias_backward(dus, [db_hh, None], s);
    recur_backward(dus, hs, h0, dw_hh, scratch, s);
}

/// One row of the batch: dxs and dus are written, and dh' becomes the part of dh that skips the gates.
fn step_backward<T: Float>(
    act: &[T], m: &[T], h: Option<&[T]>, dh: &mut [T], dxs: &mut [T], dus: &mut [T], hidden: usize,
) {
    #[inline(always)]
    fn at<T: Float, V: Lane<Item = T>>(
        act: &[T], m: &[T], h: Option<&[T]>, dh: &mut [T], dxs: &mut [T], dus: &mut [T],
        hidden: usize, k: usize,
    ) {
        let gate = |gate: usize| V::load(&act[gate * hidden + k..]);
        let (r, z, n) = (gate(0), gate(1), gate(2));
        let h = h.map_or(V::ZERO, |h| V::load(&h[k..]));
        let d = V::load(&dh[k..]);
        let dn = d * (V::ONE - z) * (V::ONE - n * n); // through h' = (1 − z) ⊙ n + z ⊙ h
        let dz = d * (h - n) * z * (V::ONE - z);
        let dr = dn * V::load(&m[k..]) * r * (V::ONE - r); // through n = tanh(... + r ⊙ m)
        for (gate, value) in [dr, dz, dn].into_iter().enumerate() {
            value.store(&mut dxs[gate * hidden + k..])
        }
        for (gate, value) in [dr, dz, dn * r].into_iter().enumerate() {
            value.store(&mut dus[gate * hidden + k..])
        }
        (d * z).store(&mut dh[k..])
    }
    lanes!(T, hidden, |k| at(act, m, h, dh, dxs, dus, hidden, k))
}
