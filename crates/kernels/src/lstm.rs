//! An LSTM layer over a whole sequence, in one direction, and back through time.
//!
//! ```text
//! i, f, g, o = σ, σ, tanh, σ of the four blocks of W_ih x_t + b_ih + W_hh h_{t−1} + b_hh
//! c_t = f ⊙ c_{t−1} + i ⊙ g
//! u_t = o ⊙ tanh(c_t)
//! h_t = W_hr u_t, or u_t where there is no W_hr
//! ```
//!
//! Shapes: x [T, B, D]; h0, hn [B, P]; c0, cn [B, H]; hs [T, B, P]; us, cs [T, B, H]; act, dgates [T, B, 4H] in the order
//! i, f, g, o; w_hr [P, H]. Without w_hr, P = H. A `d` in front of a name is the gradient of the loss with respect to it.

use crate::gemm;
use crate::lanes;
use crate::math::Math;
use crate::pointwise::{accumulate, sigmoid_in_place, tanh_in_place};
use crate::real::{Float, Lane};
use crate::recurrent::{
    Repeated, Sizes, bias_backward, project, project_backward, recur_backward, repeated,
};

const fn sizes(
    time: usize, batch: usize, input: usize, hidden: usize, output: usize, reverse: usize,
) -> Sizes {
    Sizes { time, batch, input, hidden, output, gates: 4, reverse: reverse == 1 }
}

/// `act` receives the activated gates, `cs` the cells and, with a projection, `us` what it projects: with `hs`, all that
/// `backward` needs. No h0, c0: zeros.
pub fn forward<T: Float>(
    x: &[T], h0: Option<&[T]>, c0: Option<&[T]>, w_ih: &[T], w_hh: &[T], b_ih: Option<&[T]>,
    b_hh: Option<&[T]>, w_hr: Option<&[T]>, hs: &mut [T], us: Option<&mut [T]>, cs: &mut [T],
    act: &mut [T], hn: &mut [T], cn: &mut [T], scratch: &mut [T], time: usize, batch: usize,
    input: usize, hidden: usize, output: usize, reverse: usize,
) {
    let s = sizes(time, batch, input, hidden, output, reverse);
    project(x, w_ih, [b_ih, b_hh], act, scratch, s);
    let (repeats, rest) = scratch.split_at_mut(repeated(s, s.rows(), output));
    let mut recurrence = Repeated::nt(w_hh, repeats, s, s.rows(), output);
    let mut projection = w_hr.zip(us).map(|(w, us)| (us, Repeated::nt(w, rest, s, output, hidden)));
    let (n, p) = (s.state(), s.outputs());
    for (t, before) in s.walk() {
        let act = &mut act[t * 4 * n..][..4 * n];
        if let Some(h) = before.map(|b| &hs[b * p..][..p]).or(h0) {
            recurrence.add(h, act);
        }
        // c_{t−1} moves to cn, where the step is made in place.
        match before.map(|b| &cs[b * n..][..n]).or(c0) {
            Some(c) => cn.copy_from_slice(c),
            None => cn.fill(T::ZERO),
        }
        let h = &mut hs[t * p..][..p];
        match &mut projection {
            None => steps(act, cn, h, s),
            Some((us, w_hr)) => {
                let u = &mut us[t * n..][..n];
                steps(act, cn, u, s);
                h.fill(T::ZERO);
                w_hr.add(u, h);
            }
        }
        cs[t * n..][..n].copy_from_slice(cn);
        hn.copy_from_slice(h);
    }
}

/// Every row of the batch: act from raw to activated, c to c', and u'.
fn steps<T: Float>(act: &mut [T], c: &mut [T], u: &mut [T], s: Sizes) {
    for b in 0..s.batch {
        let row = b * s.hidden;
        step(
            &mut act[4 * row..][..4 * s.hidden],
            &mut c[row..][..s.hidden],
            &mut u[row..][..s.hidden],
            s.hidden,
        )
    }
}

fn step<T: Float>(act: &mut [T], c: &mut [T], u: &mut [T], hidden: usize) {
    sigmoid_in_place(&mut act[..2 * hidden]);
    tanh_in_place(&mut act[2 * hidden..3 * hidden]);
    sigmoid_in_place(&mut act[3 * hidden..]);
    #[inline(always)]
    fn next<T: Float, V: Lane<Item = T>>(
        act: &[T], c: &mut [T], u: &mut [T], hidden: usize, k: usize,
    ) {
        let [i, f, g] = [0, 1, 2].map(|gate| V::load(&act[gate * hidden + k..]));
        let next = f * V::load(&c[k..]) + i * g;
        next.store(&mut c[k..]);
        next.store(&mut u[k..])
    }
    lanes!(T, hidden, |k| next(act, c, u, hidden, k));
    tanh_in_place(u);
    #[inline(always)]
    fn open<T: Float, V: Lane<Item = T>>(o: &[T], u: &mut [T], k: usize) {
        (V::load(&o[k..]) * V::load(&u[k..])).store(&mut u[k..])
    }
    lanes!(T, hidden, |k| open(&act[3 * hidden..], u, k))
}

/// Accumulates into every gradient that is wanted. `dh` [B, P] and `dc` [B, H] are on their way back. With a projection,
/// `dprojected` [T, B, P] receives all dh, and `du` [B, H] is one step's.
pub fn backward<T: Float>(
    x: &[T], h0: Option<&[T]>, c0: Option<&[T]>, w_ih: &[T], w_hh: &[T], w_hr: Option<&[T]>,
    hs: &[T], us: Option<&[T]>, cs: &[T], act: &[T], dhs: Option<&[T]>, dhn: Option<&[T]>,
    dcn: Option<&[T]>, dx: Option<&mut [T]>, dh0: Option<&mut [T]>, dc0: Option<&mut [T]>,
    dw_ih: Option<&mut [T]>, dw_hh: Option<&mut [T]>, db_ih: Option<&mut [T]>,
    db_hh: Option<&mut [T]>, dw_hr: Option<&mut [T]>, dgates: &mut [T], dh: &mut [T], dc: &mut [T],
    dprojected: Option<&mut [T]>, du: Option<&mut [T]>, scratch: &mut [T], time: usize,
    batch: usize, input: usize, hidden: usize, output: usize, reverse: usize,
) {
    let s = sizes(time, batch, input, hidden, output, reverse);
    let (n, p) = (s.state(), s.outputs());
    for (d, given) in [(&mut *dh, dhn), (&mut *dc, dcn)] {
        match given {
            Some(given) => d.copy_from_slice(given),
            None => d.fill(T::ZERO),
        }
    }
    let (repeats, rest) = scratch.split_at_mut(repeated(s, output, s.rows()));
    let mut recurrence = Repeated::nn(w_hh, repeats, s, output, s.rows());
    let mut projection = match (w_hr, dprojected, du) {
        (Some(w), Some(all), Some(du)) => Some((Repeated::nn(w, rest, s, hidden, output), all, du)),
        _ => None,
    };
    for (t, before) in s.walk().rev() {
        if let Some(dhs) = dhs {
            accumulate(&dhs[t * p..][..p], dh, p);
        }
        let c_before = before.map(|b| &cs[b * n..][..n]).or(c0);
        let (act, dgates) = (&act[t * 4 * n..][..4 * n], &mut dgates[t * 4 * n..][..4 * n]);
        let du = match &mut projection {
            None => &*dh,
            Some((w_hr, all, du)) => {
                all[t * p..][..p].copy_from_slice(dh);
                du.fill(T::ZERO);
                w_hr.add(dh, du); // through h' = W_hr u'
                &**du
            }
        };
        for b in 0..batch {
            let row = b * hidden;
            step_backward(
                &act[4 * row..][..4 * hidden],
                c_before.map(|c| &c[row..][..hidden]),
                &cs[t * n + row..][..hidden],
                &du[row..][..hidden],
                &mut dc[row..][..hidden],
                &mut dgates[4 * row..][..4 * hidden],
                hidden,
            )
        }
        dh.fill(T::ZERO);
        recurrence.add(dgates, dh);
    }
    for (given, d) in [(dh0, dh), (dc0, dc)] {
        if let Some(given) = given {
            accumulate(d, given, d.len());
        }
    }
    if let (Some((_, all, _)), Some(us), Some(dw)) = (projection, us, dw_hr) {
        gemm::tn(all, us, dw, scratch, output, hidden, time * batch, 1, 0, 0)
    }
    project_backward(dgates, x, w_ih, dx, dw_ih, scratch, s);
    bias_backward(dgates, [db_ih, db_hh], s);
    recur_backward(dgates, hs, h0, dw_hh, scratch, s);
}

/// One row of the batch: dc' becomes dc, and dgates is written. σ' = σ(1 − σ) and tanh' = 1 − tanh².
fn step_backward<T: Float>(
    act: &[T], c: Option<&[T]>, c_next: &[T], du: &[T], dc: &mut [T], dgates: &mut [T],
    hidden: usize,
) {
    #[inline(always)]
    fn at<T: Float, V: Lane<Item = T> + Math>(
        act: &[T], c: Option<&[T]>, c_next: &[T], du: &[T], dc: &mut [T], dgates: &mut [T],
        hidden: usize, k: usize,
    ) {
        let gate = |gate: usize| V::load(&act[gate * hidden + k..]);
        let (i, f, g, o) = (gate(0), gate(1), gate(2), gate(3));
        let t = V::load(&c_next[k..]).tanh();
        let du = V::load(&du[k..]);
        let d = V::load(&dc[k..]) + du * o * (V::ONE - t * t); // through u' = o ⊙ tanh(c')
        let c = c.map_or(V::ZERO, |c| V::load(&c[k..]));
        let raw = [
            d * g * i * (V::ONE - i), // through c' = f ⊙ c + i ⊙ g
            d * c * f * (V::ONE - f),
            d * i * (V::ONE - g * g),
            du * t * o * (V::ONE - o),
        ];
        for (gate, value) in raw.into_iter().enumerate() {
            value.store(&mut dgates[gate * hidden + k..])
        }
        (d * f).store(&mut dc[k..])
    }
    lanes!(T, hidden, |k| at(act, c, c_next, du, dc, dgates, hidden, k))
}
