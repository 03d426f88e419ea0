//! What the sequences of an RNN, an LSTM and a GRU share: the products, and the walk through time.
//!
//! Shapes: x [T, B, D], hs [T, B, P], gates [T, B, G·H], w_ih [G·H, D], w_hh [G·H, P], biases [G·H]. P = H but where an
//! LSTM projects h.

use crate::gemm;
use crate::real::{Float, Lane};

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
    let n = s.rows();
    for row in gates.chunks_exact_mut(n) {
        fill(row, biases)
    }
    gemm::nt(x, w_ih, gates, scratch, s.time * s.batch, n, s.input, 1, 0, 0);
}

/// row = the sum of the biases that there are
pub fn fill<T: Float>(row: &mut [T], biases: [Option<&[T]>; 2]) {
    row.fill(T::ZERO);
    for bias in biases.into_iter().flatten() {
        crate::pointwise::accumulate(bias, row, row.len());
    }
}

/// Whether a weight that is used at every step is packed.
const fn packs<T: Float>(batch: usize) -> bool {
    !T::PLAIN && batch > FEW
}

/// A weight, ready for a product at every step.
pub struct Repeated<'a, T> {
    weight: &'a [T],
    panels: &'a [T],
    rows: &'a mut [T],
    /// [B, N] += [B, K] by the weight
    sizes: [usize; 3],
    transposed: bool,
}

impl<'a, T: Float> Repeated<'a, T> {
    /// For x Wᵀ, with W [N, K].
    pub fn nt(weight: &'a [T], scratch: &'a mut [T], s: Sizes, n: usize, k: usize) -> Self {
        let (panels, rows) = scratch.split_at_mut(gemm::panels(n, k));
        if packs::<T>(s.batch) {
            gemm::pack_nt(weight, panels, n, k);
        }
        Self { weight, panels, rows, sizes: [s.batch, n, k], transposed: true }
    }
    /// For x W, with W [K, N].
    pub fn nn(weight: &'a [T], scratch: &'a mut [T], s: Sizes, n: usize, k: usize) -> Self {
        let (panels, rows) = scratch.split_at_mut(gemm::panels(n, k));
        if packs::<T>(s.batch) {
            gemm::pack_nn(weight, panels, n, k);
        }
        Self { weight, panels, rows, sizes: [s.batch, n, k], transposed: false }
    }
    /// y [B, N] += x Wᵀ or x W
    pub fn add(&mut self, x: &[T], y: &mut [T]) {
        let [m, n, k] = self.sizes;
        if packs::<T>(m) {
            gemm::packed(x, self.panels, y, self.rows, m, n, k)
        } else if self.transposed {
            gemm::nt(x, self.weight, y, self.rows, m, n, k, 1, 0, 0)
        } else {
            gemm::nn(x, self.weight, y, self.rows, m, n, k, 1, 0, 0)
        }
    }
}

/// Elements of scratch that a `Repeated` needs.
pub fn repeated(s: Sizes, n: usize, k: usize) -> usize {
    gemm::panels(n, k) + gemm::packed_scratch(s.batch, k)
}

/// Through gates = W_ih x + b_ih, for all steps at once.
pub fn project_backward<T: Float>(
    dgates: &[T], x: &[T], w_ih: &[T], dx: Option<&mut [T]>, dw_ih: Option<&mut [T]>,
    db_ih: Option<&mut [T]>, scratch: &mut [T], s: Sizes,
) {
    let (n, tb) = (s.rows(), s.time * s.batch);
    if let Some(dx) = dx {
        gemm::nn(dgates, w_ih, dx, scratch, tb, s.input, n, 1, 0, 0)
    }
    if let Some(dw) = dw_ih {
        gemm::tn(dgates, x, dw, scratch, n, s.input, tb, 1, 0, 0)
    }
    if let Some(db) = db_ih {
        add_columns(dgates, db)
    }
}

/// Through gates += W_hh h_{t−1} + b_hh, for all steps at once: h_{t−1} is `hs` one step over, and h0 at the first.
pub fn recur_backward<T: Float>(
    dgates: &[T], hs: &[T], h0: Option<&[T]>, dw_hh: Option<&mut [T]>, db_hh: Option<&mut [T]>,
    scratch: &mut [T], s: Sizes,
) {
    let (n, step, state) = (s.rows(), s.batch * s.rows(), s.outputs());
    if let Some(db) = db_hh {
        add_columns(dgates, db)
    }
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

/// y[j] += Σ_i x[i, j], pairwise, a cache line of columns at a time.
fn add_columns<T: Float>(x: &[T], y: &mut [T]) {
    const VECTORS: usize = 4;
    let (n, lanes) = (y.len(), T::Wide::LANES);
    let rows = x.len() / n.max(1);
    let wide = n - n % (VECTORS * lanes);
    for j in (0..wide).step_by(VECTORS * lanes) {
        let sums = columns::<T, T::Wide, VECTORS>(x, n, j, 0, rows);
        for (i, sum) in sums.into_iter().enumerate() {
            sum.add_to(&mut y[j + i * lanes..])
        }
    }
    for j in wide..n {
        y[j] = y[j] + columns::<T, T, 1>(x, n, j, 0, rows)[0]
    }
}

fn columns<T: Float, V: Lane<Item = T>, const N: usize>(
    x: &[T], n: usize, j: usize, from: usize, to: usize,
) -> [V; N] {
    if to - from > 64 {
        let half = from + (to - from) / 2;
        let (a, b) =
            (columns::<T, V, N>(x, n, j, from, half), columns::<T, V, N>(x, n, j, half, to));
        return core::array::from_fn(|i| a[i] + b[i]);
    }
    let mut sums = [V::ZERO; N];
    for row in from..to {
        for (i, sum) in sums.iter_mut().enumerate() {
            *sum = *sum + V::load(&x[row * n + j + i * V::LANES..])
        }
    }
    sums
}

#[cfg(test)]
mod tests;
