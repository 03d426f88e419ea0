//! Convolution along one axis: y[b, o, t] += Σ_{c, k} w[o, c, k] x[b, c, t · stride + k · dilation − padding], where x
//! is 0 outside itself.
//!
//! With groups, the channels of x and y are cut into as many parts, and each part of y sees its part of x. The
//! windows of one part are written out side by side (im2col); what remains is a product.
//!
//! Shapes: x [B, G·C, L], w [G·O, C, K], y [B, G·O, T].

use crate::gemm;
use crate::pointwise::accumulate;
use crate::real::Float;

/// What the windows of one part look at.
#[derive(Clone, Copy)]
struct Windows {
    /// L
    length: usize,
    /// T
    steps: usize,
    /// K
    width: usize,
    stride: usize,
    dilation: usize,
    padding: usize,
}

impl Windows {
    /// For tap k: the first step and the step after the last that see x, and where in x the first one looks.
    fn seen(self, k: usize) -> (usize, usize, usize) {
        let (ahead, back) = (k * self.dilation, self.padding);
        let from = back.saturating_sub(ahead).div_ceil(self.stride).min(self.steps);
        let to = (self.length + back).saturating_sub(ahead).div_ceil(self.stride);
        let to = to.clamp(from, self.steps);
        (from, to, (from * self.stride + ahead).saturating_sub(back))
    }

    /// columns[c, k, t] = x[c, t · stride + k · dilation − padding]
    fn columns<T: Float>(self, x: &[T], columns: &mut [T]) {
        for (row, to) in columns.chunks_exact_mut(self.steps).enumerate() {
            let x = &x[row / self.width * self.length..][..self.length];
            let (first, last, at) = self.seen(row % self.width);
            to[..first].fill(T::ZERO);
            to[last..].fill(T::ZERO);
            if first == last {
                continue;
            }
            let to = &mut to[first..last];
            match self.stride {
                1 => to.copy_from_slice(&x[at..][..to.len()]),
                s => to.iter_mut().zip(x[at..].iter().step_by(s)).for_each(|(y, x)| *y = *x),
            }
        }
    }

    /// dx[c, t · stride + k · dilation − padding] += dcolumns[c, k, t]: the adjoint of `columns`.
    fn add_back<T: Float>(self, columns: &[T], dx: &mut [T]) {
        for (row, from) in columns.chunks_exact(self.steps).enumerate() {
            let dx = &mut dx[row / self.width * self.length..][..self.length];
            let (first, last, at) = self.seen(row % self.width);
            if first == last {
                continue;
            }
            let from = &from[first..last];
            match self.stride {
                1 => accumulate(from, &mut dx[at..][..from.len()], from.len()),
                s => {
                    from.iter().zip(dx[at..].iter_mut().step_by(s)).for_each(|(x, y)| *y = *y + *x)
                }
            }
        }
    }
}

/// Elements of scratch that each of the kernels needs, for parts of C · K = `taps` rows and `outputs` channels.
pub fn scratch(taps: usize, outputs: usize, steps: usize) -> usize {
    let products = [(outputs, steps, taps), (outputs, taps, steps), (taps, steps, outputs)];
    let room = products.into_iter().map(|(m, n, k)| gemm::scratch(m, n, k)).max();
    taps * steps + room.unwrap_or(0)
}

/// y += w ∗ x
pub fn forward<T: Float>(
    x: &[T], w: &[T], y: &mut [T], scratch: &mut [T], batch: usize, groups: usize, inputs: usize,
    outputs: usize, length: usize, steps: usize, width: usize, stride: usize, dilation: usize,
    padding: usize,
) {
    let windows = Windows { length, steps, width, stride, dilation, padding };
    let taps = inputs * width;
    let (columns, room) = scratch.split_at_mut(taps * steps);
    for part in 0..batch * groups {
        let w = &w[part % groups * outputs * taps..][..outputs * taps];
        let y = &mut y[part * outputs * steps..][..outputs * steps];
        windows.columns(&x[part * inputs * length..][..inputs * length], columns);
        gemm::nn(w, columns, y, room, outputs, steps, taps, 1, 0, 0) // y += w columns
    }
}

/// dx += the adjoint of w ∗ x in x, at dy
pub fn backward_input<T: Float>(
    dy: &[T], w: &[T], dx: &mut [T], scratch: &mut [T], batch: usize, groups: usize, inputs: usize,
    outputs: usize, length: usize, steps: usize, width: usize, stride: usize, dilation: usize,
    padding: usize,
) {
    let windows = Windows { length, steps, width, stride, dilation, padding };
    let taps = inputs * width;
    let (columns, room) = scratch.split_at_mut(taps * steps);
    for part in 0..batch * groups {
        let w = &w[part % groups * outputs * taps..][..outputs * taps];
        let dy = &dy[part * outputs * steps..][..outputs * steps];
        columns.fill(T::ZERO);
        gemm::tn(w, dy, columns, room, taps, steps, outputs, 1, 0, 0); // through y = w columns
        windows.add_back(columns, &mut dx[part * inputs * length..][..inputs * length])
    }
}

/// dw += the adjoint of w ∗ x in w, at dy
pub fn backward_weight<T: Float>(
    dy: &[T], x: &[T], dw: &mut [T], scratch: &mut [T], batch: usize, groups: usize, inputs: usize,
    outputs: usize, length: usize, steps: usize, width: usize, stride: usize, dilation: usize,
    padding: usize,
) {
    let windows = Windows { length, steps, width, stride, dilation, padding };
    let taps = inputs * width;
    let (columns, room) = scratch.split_at_mut(taps * steps);
    for part in 0..batch * groups {
        let dy = &dy[part * outputs * steps..][..outputs * steps];
        let dw = &mut dw[part % groups * outputs * taps..][..outputs * taps];
        windows.columns(&x[part * inputs * length..][..inputs * length], columns);
        gemm::nt(dy, columns, dw, room, outputs, taps, steps, 1, 0, 0) // through y = w columns
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(n: usize, seed: usize) -> Vec<f64> {
        (0..n).map(|i| ((i * 7919 + seed * 104729) % 1009) as f64 / 504.0 - 1.0).collect()
    }

    /// For each term of the sum over all b, o, t, c, k: its places in y, w and x.
    fn terms(
        (batch, groups, inputs, outputs): (usize, usize, usize, usize), w: Windows,
    ) -> Vec<(usize, usize, usize)> {
        let mut found = vec![];
        for part in 0..batch * groups {
            for (o, t) in (0..outputs).flat_map(|o| (0..w.steps).map(move |t| (o, t))) {
                for (c, k) in (0..inputs).flat_map(|c| (0..w.width).map(move |k| (c, k))) {
                    let at = (t * w.stride + k * w.dilation).wrapping_sub(w.padding);
                    if at < w.length {
                        found.push((
                            (part * outputs + o) * w.steps + t,
                            ((part % groups * outputs + o) * inputs + c) * w.width + k,
                            (part * inputs + c) * w.length + at,
                        ))
                    }
                }
            }
        }
        found
    }

    fn close(got: &[f64], want: &[f64]) {
        got.iter().zip(want).for_each(|(g, w)| assert!((g - w).abs() < 1e-12, "{g}, expected {w}"))
    }

    #[test]
    fn all_three_agree_with_the_sum_term_by_term() {
        for (length, width) in [(1, 1), (5, 1), (7, 3), (6, 2), (16, 5), (3, 3)] {
            for (stride, dilation, padding) in
                [(1, 1, 0), (1, 1, 2), (2, 1, 1), (1, 2, 2), (3, 2, 4), (2, 3, 5)]
            {
                let span = dilation * (width - 1) + 1;
                if length + 2 * padding < span {
                    continue;
                }
                let steps = (length + 2 * padding - span) / stride + 1;
                for (batch, groups, inputs, outputs) in [(1, 1, 1, 1), (2, 1, 3, 5), (3, 2, 2, 3)] {
                    let windows = Windows { length, steps, width, stride, dilation, padding };
                    let x = numbers(batch * groups * inputs * length, 1);
                    let w = numbers(groups * outputs * inputs * width, 2);
                    let y = numbers(batch * groups * outputs * steps, 3);
                    let mut room = vec![f64::NAN; scratch(inputs * width, outputs, steps)];
                    let (mut dx, mut dw, mut dy) = (x.clone(), w.clone(), y.clone());
                    for (i, j, k) in terms((batch, groups, inputs, outputs), windows) {
                        dy[i] += w[j] * x[k];
                        dw[j] += y[i] * x[k];
                        dx[k] += y[i] * w[j];
                    }
                    macro_rules! check {
                        ($kernel:ident, $a:expr, $b:expr, $c:expr, $want:expr) => {
                            let mut got = $c.clone();
                            $kernel(
                                $a, $b, &mut got, &mut room, batch, groups, inputs, outputs,
                                length, steps, width, stride, dilation, padding,
                            );
                            close(&got, $want);
                        };
                    }
                    check!(forward, &x, &w, y, &dy);
                    check!(backward_input, &y, &w, x, &dx);
                    check!(backward_weight, &y, &x, w, &dw);
                }
            }
        }
    }
}
