//! Each sequence against its formula step by step, and each gradient against central differences, in f64.

use super::{Sizes, scratch};
use crate::{gru, lstm, rnn};

#[derive(Clone, Copy, PartialEq)]
enum Net {
    Tanh,
    Relu,
    Lstm,
    Gru,
}

#[derive(Clone, Copy)]
struct Case {
    net: Net,
    s: Sizes,
    bias: bool,
    initial: bool,
}

/// x, h0, c0, w_ih, w_hh, b_ih, b_hh, w_hr
type Inputs = [Vec<f64>; 8];
/// hs, hn, cn
type Outputs = [Vec<f64>; 3];

fn wave(n: usize, phase: f64) -> Vec<f64> {
    (0..n).map(|i| (i as f64 * 0.7 + phase).sin()).collect()
}

impl Case {
    fn sizes(self) -> [usize; 5] {
        let Sizes { time, batch, input, hidden, reverse, .. } = self.s;
        [time, batch, input, hidden, reverse as usize]
    }
    fn inputs(self) -> Inputs {
        let ([t, b, d, h, _], n, p) = (self.sizes(), self.s.rows(), self.s.output);
        [
            wave(t * b * d, 0.1),
            wave(b * p, 0.2),
            wave(b * h, 0.3),
            wave(n * d, 0.4),
            wave(n * p, 0.5),
            wave(n, 0.6),
            wave(n, 0.7),
            wave(p * h, 0.8),
        ]
    }
    fn projected(self) -> bool {
        self.s.output != self.s.hidden
    }
    fn projection<T>(self, x: T) -> Option<T> {
        self.projected().then_some(x)
    }
    fn initial(self, x: &[f64]) -> Option<&[f64]> {
        self.initial.then_some(x)
    }
    fn bias(self, x: &[f64]) -> Option<&[f64]> {
        self.bias.then_some(x)
    }

    /// The formulas, one number at a time.
    fn naive(self, [x, h0, c0, w_ih, w_hh, b_ih, b_hh, w_hr]: &Inputs) -> Outputs {
        let ([time, batch, input, hidden, _], output) = (self.sizes(), self.s.output);
        let zeros = |n: usize| vec![0.0; batch * n];
        let (mut h, mut c) =
            if self.initial { (h0.clone(), c0.clone()) } else { (zeros(output), zeros(hidden)) };
        let mut hs = vec![0.0; time * batch * output];
        let sigma = |x: f64| 1.0 / (1.0 + (-x).exp());
        for (t, _) in self.s.walk() {
            let before = h.clone();
            let mut u = zeros(hidden);
            for b in 0..batch {
                let dot = |w: &[f64], x: &[f64], row: usize, n: usize| {
                    (0..n).map(|k| w[row * n + k] * x[b * n + k]).sum::<f64>()
                };
                let x_part = |row: usize| {
                    dot(w_ih, &x[t * batch * input..], row, input)
                        + if self.bias { b_ih[row] } else { 0.0 }
                };
                let h_part = |row: usize| {
                    dot(w_hh, &before, row, output) + if self.bias { b_hh[row] } else { 0.0 }
                };
                for k in 0..hidden {
                    let gate = |g: usize| x_part(g * hidden + k) + h_part(g * hidden + k);
                    let at = b * hidden + k;
                    u[at] = match self.net {
                        Net::Tanh => gate(0).tanh(),
                        Net::Relu => gate(0).max(0.0),
                        Net::Lstm => {
                            c[at] = sigma(gate(1)) * c[at] + sigma(gate(0)) * gate(2).tanh();
                            sigma(gate(3)) * c[at].tanh()
                        }
                        Net::Gru => {
                            let (r, z) = (sigma(gate(0)), sigma(gate(1)));
                            let n = (x_part(2 * hidden + k) + r * h_part(2 * hidden + k)).tanh();
                            (1.0 - z) * n + z * before[at]
                        }
                    };
                }
                for k in 0..output {
                    let u = &u[b * hidden..][..hidden];
                    let projected = || w_hr[k * hidden..].iter().zip(u).map(|(w, u)| w * u).sum();
                    h[b * output + k] = if self.projected() { projected() } else { u[k] };
                }
            }
            hs[t * batch * output..][..batch * output].copy_from_slice(&h);
        }
        [hs, h, if self.net == Net::Lstm { c } else { vec![] }]
    }

    /// The kernels: outputs, and the gradients of Σ w ⊙ outputs.
    fn fused(self, inputs: &Inputs, w: &Outputs) -> (Outputs, Inputs) {
        let [x, h0, c0, w_ih, w_hh, b_ih, b_hh, w_hr] = inputs;
        let ([t, b, d, h, r], n, p) = (self.sizes(), self.s.rows(), self.s.output);
        let (state, mut scr) = (b * h, vec![f64::NAN; scratch(self.s)]);
        let (mut hs, mut hn, mut cn) =
            (vec![f64::NAN; t * b * p], vec![f64::NAN; b * p], vec![f64::NAN; state]);
        let (mut us, mut du) = (vec![f64::NAN; t * state], vec![f64::NAN; state]);
        let (mut dall, mut dh, mut dc) =
            (vec![f64::NAN; t * b * p], vec![f64::NAN; b * p], vec![f64::NAN; state]);
        let (mut act, mut cs) = (vec![f64::NAN; t * b * n], vec![f64::NAN; t * state]);
        let (mut dgates, mut dus, mut carry) =
            (vec![f64::NAN; t * b * n], vec![f64::NAN; t * b * n], vec![f64::NAN; state]);
        let (h0, c0, b_ih, b_hh) =
            (self.initial(h0), self.initial(c0), self.bias(b_ih), self.bias(b_hh));
        let mut grads: Inputs = inputs.clone().map(|x| vec![0.0; x.len()]);
        let (dhs, dhn, dcn) = (Some(&w[0][..]), Some(&w[1][..]), Some(&w[2][..]));
        {
            let [dx, dh0, dc0, dw_ih, dw_hh, db_ih, db_hh, dw_hr] = &mut grads;
            let (dx, dh0, dw_ih, dw_hh) =
                (Some(&mut dx[..]), Some(&mut dh0[..]), Some(&mut dw_ih[..]), Some(&mut dw_hh[..]));
            let (db_ih, db_hh) = (Some(&mut db_ih[..]), Some(&mut db_hh[..]));
            match self.net {
                Net::Tanh | Net::Relu => {
                    let relu = (self.net == Net::Relu) as usize;
                    rnn::forward(
                        x, h0, w_ih, w_hh, b_ih, b_hh, &mut hs, &mut hn, &mut scr, t, b, d, h, r,
                        relu,
                    );
                    rnn::backward(
                        x,
                        h0,
                        w_ih,
                        w_hh,
                        &hs,
                        dhs,
                        dhn,
                        dx,
                        dh0,
                        dw_ih,
                        dw_hh,
                        db_ih,
                        db_hh,
                        &mut dgates,
                        &mut carry,
                        &mut scr,
                        t,
                        b,
                        d,
                        h,
                        r,
                        relu,
                    );
                }
                Net::Lstm => {
                    let w_hr = self.projection(&w_hr[..]);
                    let saved = self.projection(&mut us[..]);
                    lstm::forward(
                        x, h0, c0, w_ih, w_hh, b_ih, b_hh, w_hr, &mut hs, saved, &mut cs, &mut act,
                        &mut hn, &mut cn, &mut scr, t, b, d, h, p, r,
                    );
                    let (saved, du) = (self.projection(&us[..]), self.projection(&mut du[..]));
                    let (dall, dw_hr) =
                        (self.projection(&mut dall[..]), self.projection(&mut dw_hr[..]));
                    lstm::backward(
                        x,
                        h0,
                        c0,
                        w_ih,
                        w_hh,
                        w_hr,
                        &hs,
                        saved,
                        &cs,
                        &act,
                        dhs,
                        dhn,
                        dcn,
                        dx,
                        dh0,
                        Some(dc0),
                        dw_ih,
                        dw_hh,
                        db_ih,
                        db_hh,
                        dw_hr,
                        &mut dgates,
                        &mut dh,
                        &mut dc,
                        dall,
                        du,
                        &mut scr,
                        t,
                        b,
                        d,
                        h,
                        p,
                        r,
                    );
                }
                Net::Gru => {
                    let mut recurrent = vec![f64::NAN; b * n];
                    gru::forward(
                        x,
                        h0,
                        w_ih,
                        w_hh,
                        b_ih,
                        b_hh,
                        &mut hs,
                        &mut act,
                        &mut cs,
                        &mut hn,
                        &mut recurrent,
                        &mut scr,
                        t,
                        b,
                        d,
                        h,
                        r,
                    );
                    gru::backward(
                        x,
                        h0,
                        w_ih,
                        w_hh,
                        &hs,
                        &act,
                        &cs,
                        dhs,
                        dhn,
                        dx,
                        dh0,
                        dw_ih,
                        dw_hh,
                        db_ih,
                        db_hh,
                        &mut dgates,
                        &mut dus,
                        &mut carry,
                        &mut scr,
                        t,
                        b,
                        d,
                        h,
                        r,
                    );
                }
            }
        }
        ([hs, hn, if self.net == Net::Lstm { cn } else { vec![] }], grads)
    }

    fn check(self) {
        let inputs = self.inputs();
        let want = self.naive(&inputs);
        let w = [wave(want[0].len(), 1.0), wave(want[1].len(), 2.0), wave(want[2].len(), 3.0)];
        let (got, grads) = self.fused(&inputs, &w);
        for (got, want) in got.iter().zip(&want) {
            for (g, v) in got.iter().zip(want) {
                assert!((g - v).abs() < 1e-12, "{g} is not {v}");
            }
        }
        let loss = |x: &Inputs| -> f64 {
            self.naive(x)
                .iter()
                .zip(&w)
                .flat_map(|(y, w)| y.iter().zip(w))
                .map(|(y, w)| y * w)
                .sum()
        };
        for (i, grad) in grads.iter().enumerate() {
            let unused = (!self.initial && (i == 1 || i == 2))
                || (!self.bias && (i == 5 || i == 6))
                || (!self.projected() && i == 7)
                || (self.net != Net::Lstm && i == 2);
            for k in (0..grad.len()).step_by(1 + grad.len() / 7).take_while(|_| !unused) {
                let nudged = |by: f64| {
                    let mut x = inputs.clone();
                    x[i][k] += by;
                    loss(&x)
                };
                let numeric = (nudged(1e-6) - nudged(-1e-6)) / 2e-6;
                assert!(
                    (grad[k] - numeric).abs() < 1e-6 * numeric.abs().max(1.0),
                    "input {i}[{k}]: {} is not {numeric}",
                    grad[k]
                );
            }
        }
    }
}

#[test]
fn every_sequence_agrees_with_its_formula_and_its_gradients_with_differences() {
    for (net, gates) in [(Net::Tanh, 1), (Net::Relu, 1), (Net::Lstm, 4), (Net::Gru, 3)] {
        for (time, batch, input, hidden) in
            [(1, 1, 1, 1), (4, 2, 3, 5), (3, 6, 2, 8), (2, 5, 4, 17), (5, 1, 3, 4)]
        {
            let projected = (net == Net::Lstm).then_some(usize::div_ceil(hidden, 3));
            for output in projected.into_iter().chain([hidden]) {
                for (reverse, bias, initial) in [
                    (false, true, true),
                    (true, true, true),
                    (true, false, false),
                    (false, true, false),
                ] {
                    let s = Sizes { time, batch, input, hidden, output, gates, reverse };
                    Case { net, s, bias, initial }.check()
                }
            }
        }
    }
}
