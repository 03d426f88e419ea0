//! An LSTM layer over a whole sequence, in one direction, and back through time.
//!
//! ```text
//! i, f, g, o = σ, σ, tanh, σ of the four blocks of W_ih x_t + b_ih + W_hh h_{t−1} + b_hh
//! c_t = f ⊙ c_{t−1} + i ⊙ g
//! h_t = o ⊙ tanh(c_t)
//! ```
//!
//! Shapes: x [T, B, D]; h0, c0, hn, cn [B, H]; hs, cs [T, B, H]; act, dgates [T, B, 4H] in the order i, f, g, o.
//! A `d` in front of a name is the gradient of the loss with respect to it.

use crate::lanes;
use crate::math::Math;
use crate::pointwise::{sigmoid_in_place, tanh_in_place};
use crate::real::{Float, Lane};
use crate::recurrent::{Recurrence, Sizes, project, project_backward, recur_backward};

const fn sizes(time: usize, batch: usize, input: usize, hidden: usize, reverse: usize) -> Sizes {
    Sizes { time, batch, input, hidden, gates: 4, reverse: reverse == 1 }
}

/// `act` receives the activated gates and `cs` the cells: with `hs`, all that `backward` needs. No h0, c0: zeros.
pub fn forward<T: Float>(
    x: &[T], h0: Option<&[T]>, c0: Option<&[T]>, w_ih: &[T], w_hh: &[T], b_ih: Option<&[T]>,
    b_hh: Option<&[T]>, hs: &mut [T], cs: &mut [T], act: &mut [T], hn: &mut [T], cn: &mut [T],
    scratch: &mut [T], time: usize, batch: usize, input: usize, hidden: usize, reverse: usize,
) {
    let s = sizes(time, batch, input, hidden, reverse);
    project(x, w_ih, [b_ih, b_hh], act, scratch, s);
    let mut recurrence = Recurrence::forward(w_hh, scratch, s);
    let n = s.state();
    for (t, before) in s.walk() {
        let act = &mut act[t * 4 * n..][..4 * n];
        if let Some(h) = before.map(|b| &hs[b * n..][..n]).or(h0) {
            recurrence.add(h, act);
        }
        // c_{t−1} moves to cn, where the step is made in place.
        match before.map(|b| &cs[b * n..][..n]).or(c0) {
            Some(c) => cn.copy_from_slice(c),
            None => cn.fill(T::ZERO),
        }
        let h = &mut hs[t * n..][..n];
        for b in 0..batch {
            let row = b * hidden;
            step(
                &mut act[4 * row..][..4 * hidden],
                &mut cn[row..][..hidden],
                &mut h[row..][..hidden],
                hidden,
            )
        }
        cs[t * n..][..n].copy_from_slice(cn);
        hn.copy_from_slice(h);
    }
}

/// One row of the batch: act from raw to activated, c to c', and h'.
fn step<T: Float>(act: &mut [T], c: &mut [T], h: &mut [T], hidden: usize) {
    sigmoid_in_place(&mut act[..2 * hidden]);
    tanh_in_place(&mut act[2 * hidden..3 * hidden]);
    sigmoid_in_place(&mut act[3 * hidden..]);
    #[inline(always)]
    fn next<T: Float, V: Lane<Item = T>>(
        act: &[T], c: &mut [T], h: &mut [T], hidden: usize, k: usize,
    ) {
        let [i, f, g] = [0, 1, 2].map(|gate| V::load(&act[gate * hidden + k..]));
        let next = f * V::load(&c[k..]) + i * g;
        next.store(&mut c[k..]);
        next.store(&mut h[k..])
    }
    lanes!(T, hidden, |k| next(act, c, h, hidden, k));
    tanh_in_place(h);
    #[inline(always)]
    fn open<T: Float, V: Lane<Item = T>>(o: &[T], h: &mut [T], k: usize) {
        (V::load(&o[k..]) * V::load(&h[k..])).store(&mut h[k..])
    }
    lanes!(T, hidden, |k| open(&act[3 * hidden..], h, k))
}

/// Accumulates into every gradient that is wanted. `carry` is [2, B, H]: dh and dc on their way back.
pub fn backward<T: Float>(
    x: &[T], h0: Option<&[T]>, c0: Option<&[T]>, w_ih: &[T], w_hh: &[T], hs: &[T], cs: &[T],
    act: &[T], dhs: Option<&[T]>, dhn: Option<&[T]>, dcn: Option<&[T]>, dx: Option<&mut [T]>,
    dh0: Option<&mut [T]>, dc0: Option<&mut [T]>, dw_ih: Option<&mut [T]>, dw_hh: Option<&mut [T]>,
    db_ih: Option<&mut [T]>, db_hh: Option<&mut [T]>, dgates: &mut [T], carry: &mut [T],
    scratch: &mut [T], time: usize, batch: usize, input: usize, hidden: usize, reverse: usize,
) {
    let s = sizes(time, batch, input, hidden, reverse);
    let n = s.state();
    let (dh, dc) = carry.split_at_mut(n);
    for (d, given) in [(&mut *dh, dhn), (&mut *dc, dcn)] {
        match given {
            Some(given) => d.copy_from_slice(given),
            None => d.fill(T::ZERO),
        }
    }
    let mut recurrence = Recurrence::backward(w_hh, scratch, s);
    for (t, before) in s.walk().rev() {
        if let Some(dhs) = dhs {
            crate::pointwise::accumulate(&dhs[t * n..][..n], dh, n);
        }
        let c_before = before.map(|b| &cs[b * n..][..n]).or(c0);
        let (act, dgates) = (&act[t * 4 * n..][..4 * n], &mut dgates[t * 4 * n..][..4 * n]);
        for b in 0..batch {
            let row = b * hidden;
            step_backward(
                &act[4 * row..][..4 * hidden],
                c_before.map(|c| &c[row..][..hidden]),
                &cs[t * n + row..][..hidden],
                &dh[row..][..hidden],
                &mut dc[row..][..hidden],
                &mut dgates[4 * row..][..4 * hidden],
                hidden,
            )
        }
        dh.fill(T::ZERO);
        recurrence.add_adjoint(dgates, dh);
    }
    for (given, d) in [(dh0, dh), (dc0, dc)] {
        if let Some(given) = given {
            crate::pointwise::accumulate(d, given, n);
        }
    }
    project_backward(dgates, x, w_ih, dx, dw_ih, db_ih, scratch, s);
    recur_backward(dgates, hs, h0, dw_hh, db_hh, scratch, s);
}

/// One row of the batch: dc' becomes dc, and dgates is written. σ' = σ(1 − σ) and tanh' = 1 − tanh².
fn step_backward<T: Float>(
    act: &[T], c: Option<&[T]>, c_next: &[T], dh: &[T], dc: &mut [T], dgates: &mut [T],
    hidden: usize,
) {
    #[inline(always)]
    fn at<T: Float, V: Lane<Item = T> + Math>(
        act: &[T], c: Option<&[T]>, c_next: &[T], dh: &[T], dc: &mut [T], dgates: &mut [T],
        hidden: usize, k: usize,
    ) {
        let gate = |gate: usize| V::load(&act[gate * hidden + k..]);
        let (i, f, g, o) = (gate(0), gate(1), gate(2), gate(3));
        let t = V::load(&c_next[k..]).tanh();
        let dh = V::load(&dh[k..]);
        let d = V::load(&dc[k..]) + dh * o * (V::ONE - t * t); // through h' = o ⊙ tanh(c')
        let c = c.map_or(V::ZERO, |c| V::load(&c[k..]));
        let raw = [
            d * g * i * (V::ONE - i), // through c' = f ⊙ c + i ⊙ g
            d * c * f * (V::ONE - f),
            d * i * (V::ONE - g * g),
            dh * t * o * (V::ONE - o),
        ];
        for (gate, value) in raw.into_iter().enumerate() {
            value.store(&mut dgates[gate * hidden + k..])
        }
        (d * f).store(&mut dc[k..])
    }
    lanes!(T, hidden, |k| at(act, c, c_next, dh, dc, dgates, hidden, k))
}
