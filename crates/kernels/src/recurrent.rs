//! What the sequences of an RNN, an LSTM and a GRU share: the products, and the walk through time.
//!
//! Shapes: x [T, B, D], hs [T, B, H], gates [T, B, G·H], w_ih [G·H, D], w_hh [G·H, H], biases [G·H].

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
        (n, s.hidden, tb),
        (s.batch, n, s.hidden),
    ];
    let products = products.into_iter().map(|(m, n, k)| gemm::scratch(m, n, k));
    let steps = [(n, s.hidden), (s.hidden, n)].into_iter();
    let steps = steps.map(|(n, k)| gemm::panels(n, k) + gemm::packed_scratch(s.batch, k));
    products.chain(steps).max().unwrap_or(0)
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

/// Whether the recurrent weight is packed.
const fn packs<T: Float>(s: Sizes) -> bool {
    !T::PLAIN && s.batch > FEW
}

/// The recurrent weight, ready for T products W_hh h.
pub struct Recurrence<'a, T> {
    weight: &'a [T],
    panels: &'a [T],
    rows: &'a mut [T],
    s: Sizes,
}

impl<'a, T: Float> Recurrence<'a, T> {
    pub fn forward(w_hh: &'a [T], scratch: &'a mut [T], s: Sizes) -> Self {
        let (panels, rows) = scratch.split_at_mut(gemm::panels(s.rows(), s.hidden));
        if packs::<T>(s) {
            gemm::pack_nt(w_hh, panels, s.rows(), s.hidden);
        }
        Self { weight: w_hh, panels, rows, s }
    }
    /// gates [B, G·H] += h W_hhᵀ
    pub fn add(&mut self, h: &[T], gates: &mut [T]) {
        let (m, n, k) = (self.s.batch, self.s.rows(), self.s.hidden);
        if packs::<T>(self.s) {
            gemm::packed(h, self.panels, gates, self.rows, m, n, k)
        } else {
            gemm::nt(h, self.weight, gates, self.rows, m, n, k, 1, 0, 0)
        }
    }

    pub fn backward(w_hh: &'a [T], scratch: &'a mut [T], s: Sizes) -> Self {
        let (panels, rows) = scratch.split_at_mut(gemm::panels(s.hidden, s.rows()));
        if packs::<T>(s) {
            gemm::pack_nn(w_hh, panels, s.hidden, s.rows());
        }
        Self { weight: w_hh, panels, rows, s }
    }
    /// dh [B, H] += dgates W_hh
    pub fn add_adjoint(&mut self, dgates: &[T], dh: &mut [T]) {
        let (m, n, k) = (self.s.batch, self.s.hidden, self.s.rows());
        if packs::<T>(self.s) {
            gemm::packed(dgates, self.panels, dh, self.rows, m, n, k)
        } else {
            gemm::nn(dgates, self.weight, dh, self.rows, m, n, k, 1, 0, 0)
        }
    }
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
    let (n, step, state) = (s.rows(), s.batch * s.rows(), s.state());
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
    gemm::tn(later, earlier, dw, scratch, n, s.hidden, (s.time - 1) * s.batch, 1, 0, 0);
    if let Some(h0) = h0 {
        gemm::tn(first, h0, dw, scratch, n, s.hidden, s.batch, 1, 0, 0)
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
