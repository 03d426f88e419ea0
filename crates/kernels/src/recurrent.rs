//! What the sequences of an RNN, an LSTM and a GRU share: the products, and the walk through time.
//!
//! Shapes: x [T, B, D], hs [T, B, P], gates [T, B, G·H], w_ih [G·H, D], w_hh [G·H, P], biases [G·H]. P = H but where an
//! LSTM projects h.

use crate::gemm;
use crate::pointwise::accumulate;
use crate::real::Float;

/// Up to this batch the recurrent weight is read in place: packing it would cost more than it saves.
const FEW: usize = 4;

#[derive(Clone, Copy)]
pub struct Sizes {
    pub time: usize,
    pub batch: usize,
    pub input: usize,
    pub hidden: usize,
    /// P
    pub output: usize,
    /// G
    pub gates: usize,
    /// Whether the net reads from the last step to the first.
    pub reverse: bool,
}

impl Sizes {
    pub fn rows(self) -> usize {
        self.gates * self.hidden
    }
    /// Elements of one step's states.
    pub fn state(self) -> usize {
        self.batch * self.hidden
    }
    /// Elements of one step's h.
    pub fn outputs(self) -> usize {
        self.batch * self.output
    }
    /// The steps as the net walks them, each with the one before it.
    pub fn walk(self) -> impl DoubleEndedIterator<Item = (usize, Option<usize>)> {
        let last = self.time.wrapping_sub(1);
        (0..self.time).map(move |i| {
            let place = |i: usize| if self.reverse { last - i } else { i };
            (place(i), i.checked_sub(1).map(place))
        })
    }
}

/// Elements of scratch that a forward or backward pass needs.
pub fn scratch(s: Sizes) -> usize {
    let (n, tb) = (s.rows(), s.time * s.batch);
    let products = [
        (tb, n, s.input),
        (tb, s.input, n),
        (n, s.input, tb),
        (n, s.output, tb),
        (s.batch, n, s.output),
        (s.output, s.hidden, tb),
    ];
    let products = products.into_iter().map(|(m, n, k)| gemm::scratch(m, n, k)).max();
    let either = |n: usize, k: usize| repeated(s, n, k).max(repeated(s, k, n));
    let projection = if s.gates == 4 { either(s.output, s.hidden) } else { 0 }; // even to P = H
    products.unwrap_or(0).max(either(n, s.output) + projection)
}

/// gates[t] = W_ih x_t + biases, for all t in one product.
pub fn project<T: Float>(
    x: &[T], w_ih: &[T], biases: [Option<&[T]>; 2], gates: &mut [T], scratch: &mut [T], s: Sizes,
) {
    fill(gates, biases, s);
    gemm::nt(x, w_ih, gates, scratch, s.time * s.batch, s.rows(), s.input, 1, 0, 0);
}

/// Each row of gates becomes the sum of the biases that there are.
pub fn fill<T: Float>(gates: &mut [T], biases: [Option<&[T]>; 2], s: Sizes) {
    let (first, rest) = gates.split_at_mut(s.rows().min(gates.len()));
    first.fill(T::ZERO);
    for bias in biases.into_iter().flatten() {
        accumulate(bias, first, first.len());
    }
    for row in rest.chunks_exact_mut(s.rows()) {
        row.copy_from_slice(first)
    }
}

/// Whether a weight that is used at every step is packed.
const fn packs<T: Float>(batch: usize) -> bool {
    !T::PLAIN && batch > FEW
}

/// A weight, ready for a product at every step.
pub struct Repeated<'a, T> {
    weight: &'a [T],
    /// The packed weight, or what products with it in place need.
    scratch: &'a mut [T],
    /// [B, N] += [B, K] by the weight
    sizes: [usize; 3],
    transposed: bool,
}

impl<'a, T: Float> Repeated<'a, T> {
    /// For x Wᵀ, with W [N, K].
    pub fn nt(weight: &'a [T], scratch: &'a mut [T], s: Sizes, n: usize, k: usize) -> Self {
        if packs::<T>(s.batch) {
            gemm::pack_nt(weight, scratch, n, k);
        }
        Self { weight, scratch, sizes: [s.batch, n, k], transposed: true }
    }
    /// For x W, with W [K, N].
    pub fn nn(weight: &'a [T], scratch: &'a mut [T], s: Sizes, n: usize, k: usize) -> Self {
        if packs::<T>(s.batch) {
            gemm::pack_nn(weight, scratch, n, k);
        }
        Self { weight, scratch, sizes: [s.batch, n, k], transposed: false }
    }
    /// y [B, N] += x Wᵀ or x W
    pub fn add(&mut self, x: &[T], y: &mut [T]) {
        let [m, n, k] = self.sizes;
        if packs::<T>(m) {
            gemm::packed(x, self.scratch, y, m, n, k)
        } else if self.transposed {
            gemm::nt(x, self.weight, y, self.scratch, m, n, k, 1, 0, 0)
        } else {
            gemm::nn(x, self.weight, y, self.scratch, m, n, k, 1, 0, 0)
        }
    }
}

/// Elements of scratch that a `Repeated` needs.
pub fn repeated(s: Sizes, n: usize, k: usize) -> usize {
    gemm::panels(n, k).max(gemm::scratch(s.batch, n, k))
}

/// Through gates = W_ih x, for all steps at once.
pub fn project_backward<T: Float>(
    dgates: &[T], x: &[T], w_ih: &[T], dx: Option<&mut [T]>, dw_ih: Option<&mut [T]>,
    scratch: &mut [T], s: Sizes,
) {
    let (n, tb) = (s.rows(), s.time * s.batch);
    if let Some(dx) = dx {
        gemm::nn(dgates, w_ih, dx, scratch, tb, s.input, n, 1, 0, 0)
    }
    if let Some(dw) = dw_ih {
        gemm::tn(dgates, x, dw, scratch, n, s.input, tb, 1, 0, 0)
    }
}

/// Through gates += W_hh h_{t−1}, for all steps at once: h_{t−1} is `hs` one step over, and h0 at the first.
pub fn recur_backward<T: Float>(
    dgates: &[T], hs: &[T], h0: Option<&[T]>, dw_hh: Option<&mut [T]>, scratch: &mut [T], s: Sizes,
) {
    let (n, step, state) = (s.rows(), s.batch * s.rows(), s.outputs());
    let Some(dw) = dw_hh else { return };
    if s.time == 0 {
        return;
    }
    let (later, earlier, first) = if s.reverse {
        (&dgates[..dgates.len() - step], &hs[state..], &dgates[dgates.len() - step..])
    } else {
        (&dgates[step..], &hs[..hs.len() - state], &dgates[..step])
    };
    gemm::tn(later, earlier, dw, scratch, n, s.output, (s.time - 1) * s.batch, 1, 0, 0);
    if let Some(h0) = h0 {
        gemm::tn(first, h0, dw, scratch, n, s.output, s.batch, 1, 0, 0)
    }
}

/// Columns that are summed at a time: as many cache lines of each row.
const STRIP: usize = 128;

/// Through gates += b_ih + b_hh, for all steps at once: db[j] += Σ_i dgates[i, j].
pub fn bias_backward<T: Float>(dgates: &[T], mut biases: [Option<&mut [T]>; 2], s: Sizes) {
    if biases.iter().all(Option::is_none) {
        return;
    }
    for j in (0..s.rows()).step_by(STRIP) {
        let mut sums = [T::ZERO; STRIP];
        let sums = &mut sums[..STRIP.min(s.rows() - j)];
        columns(&dgates[j.min(dgates.len())..], s.rows(), s.time * s.batch, sums);
        for db in biases.iter_mut().flatten() {
            accumulate(sums, &mut db[j..], sums.len())
        }
    }
}

/// sums[j] += Σ_i x[i, j] over rows n apart, pairwise
fn columns<T: Float>(x: &[T], n: usize, rows: usize, sums: &mut [T]) {
    if rows > 64 {
        let (half, mut rest) = (rows / 2, [T::ZERO; STRIP]);
        let rest = &mut rest[..sums.len()];
        columns(x, n, half, sums);
        columns(&x[half * n..], n, rows - half, rest);
        return accumulate(rest, sums, sums.len());
    }
    for row in 0..rows {
        accumulate(&x[row * n..], sums, sums.len())
    }
}

#[cfg(test)]
mod tests;
