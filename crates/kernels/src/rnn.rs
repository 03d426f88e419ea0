//! A simple recurrent layer over a whole sequence, in one direction, and back through time.
//!
//! ```text
//! h_t = φ(W_ih x_t + b_ih + W_hh h_{t−1} + b_hh), φ = tanh or relu
//! ```
//!
//! Shapes: x [T, B, D]; h0, hn [B, H]; hs, dgates [T, B, H].

use crate::lanes;
use crate::pointwise::{relu_in_place, tanh_in_place};
use crate::real::{Float, Lane};
use crate::recurrent::{Repeated, Sizes, bias_backward, project, project_backward, recur_backward};

const fn sizes(time: usize, batch: usize, input: usize, hidden: usize, reverse: usize) -> Sizes {
    Sizes { time, batch, input, hidden, output: hidden, gates: 1, reverse: reverse == 1 }
}

/// `hs` is all that `backward` needs. `relu` = 1 takes relu in tanh's place.
pub fn forward<T: Float>(
    x: &[T], h0: Option<&[T]>, w_ih: &[T], w_hh: &[T], b_ih: Option<&[T]>, b_hh: Option<&[T]>,
    hs: &mut [T], hn: &mut [T], scratch: &mut [T], time: usize, batch: usize, input: usize,
    hidden: usize, reverse: usize, relu: usize,
) {
    let s = sizes(time, batch, input, hidden, reverse);
    project(x, w_ih, [b_ih, b_hh], hs, scratch, s);
    let mut recurrence = Repeated::nt(w_hh, scratch, s, s.rows(), hidden);
    let n = s.state();
    for (t, before) in s.walk() {
        // hn holds h_{t−1}; h_t grows in its place in hs.
        let h = &mut hs[t * n..][..n];
        if before.is_some() {
            recurrence.add(hn, h)
        } else if let Some(h0) = h0 {
            recurrence.add(h0, h)
        }
        if relu == 1 {
            relu_in_place(h)
        } else {
            tanh_in_place(h)
        }
        hn.copy_from_slice(h);
    }
}

/// Accumulates into every gradient that is wanted. `carry` is [B, H]: dh on its way back.
pub fn backward<T: Float>(
    x: &[T], h0: Option<&[T]>, w_ih: &[T], w_hh: &[T], hs: &[T], dhs: Option<&[T]>,
    dhn: Option<&[T]>, dx: Option<&mut [T]>, dh0: Option<&mut [T]>, dw_ih: Option<&mut [T]>,
    dw_hh: Option<&mut [T]>, db_ih: Option<&mut [T]>, db_hh: Option<&mut [T]>, dgates: &mut [T],
    carry: &mut [T], scratch: &mut [T], time: usize, batch: usize, input: usize, hidden: usize,
    reverse: usize, relu: usize,
) {
    let s = sizes(time, batch, input, hidden, reverse);
    let (n, dh) = (s.state(), carry);
    match dhn {
        Some(dhn) => dh.copy_from_slice(dhn),
        None => dh.fill(T::ZERO),
    }
    let mut recurrence = Repeated::nn(w_hh, scratch, s, hidden, s.rows());
    for (t, _) in s.walk().rev() {
        if let Some(dhs) = dhs {
            crate::pointwise::accumulate(&dhs[t * n..][..n], dh, n);
        }
        let (h, d) = (&hs[t * n..][..n], &mut dgates[t * n..][..n]);
        if relu == 1 {
            relu_backward(h, dh, d, n)
        } else {
            tanh_backward(h, dh, d, n)
        }
        dh.fill(T::ZERO);
        recurrence.add(d, dh);
    }
    if let Some(dh0) = dh0 {
        crate::pointwise::accumulate(dh, dh0, n);
    }
    project_backward(dgates, x, w_ih, dx, dw_ih, scratch, s);
    bias_backward(dgates, [db_ih, db_hh], s);
    recur_backward(dgates, hs, h0, dw_hh, scratch, s);
}

/// da = dh (1 − h²)
fn tanh_backward<T: Float>(h: &[T], dh: &[T], da: &mut [T], n: usize) {
    #[inline(always)]
    fn at<T: Float, V: Lane<Item = T>>(h: &[T], dh: &[T], da: &mut [T], k: usize) {
        let h = V::load(&h[k..]);
        (V::load(&dh[k..]) * (V::ONE - h * h)).store(&mut da[k..])
    }
    lanes!(T, n, |k| at(h, dh, da, k))
}

/// da = dh where h > 0
fn relu_backward<T: Float>(h: &[T], dh: &[T], da: &mut [T], n: usize) {
    #[inline(always)]
    fn at<T: Float, V: Lane<Item = T>>(h: &[T], dh: &[T], da: &mut [T], k: usize) {
        let alive = V::ZERO.lt(V::load(&h[k..]));
        V::pick(alive, V::load(&dh[k..]), V::ZERO).store(&mut da[k..])
    }
    lanes!(T, n, |k| at(h, dh, da, k))
}
