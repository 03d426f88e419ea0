//! Matrix multiplication: C += A B, with A or B transposed in place, one or many at a time.
//!
//! B is cut into panels as wide as a tile of the micro-kernel and, where that pays, packed; a block of k lasts
//! long enough for one panel to stay in the first cache. Whatever the path, an element of C is summed in an order
//! that depends on the sizes alone.

pub(crate) mod pack;
mod thin;
pub(crate) mod tile;

use crate::real::Float;
use tile::{View, width};

/// Steps of k per block: a panel of B and a block of A take 24 KB.
const K: usize = 128;
/// Columns of B packed at a time: K · N fits a second-level cache.
const N: usize = 512;
/// Rows of A at a time.
const M: usize = 32;
/// Up to here C has few rows; twice as many where a sum is long.
const FEW: usize = 4;

/// C[m, n] += A[m, k] B[k, n], `batch` times; C advances by m · n, a stride of 0 repeats its operand.
pub fn nn<T: Float>(
    a: &[T], b: &[T], c: &mut [T], scratch: &mut [T], m: usize, n: usize, k: usize, batch: usize,
    a_stride: usize, b_stride: usize,
) {
    let (a, b) = (View { at: a, row: k, col: 1 }, View { at: b, row: n, col: 1 });
    if b_stride == 0 && a_stride == m * k {
        return product(a, b, c, scratch, batch * m, n, k); // one tall A
    }
    each(a, b, c, scratch, m, n, k, batch, a_stride, b_stride)
}

/// C[m, n] += A[m, k] B[n, k]ᵀ
pub fn nt<T: Float>(
    a: &[T], b: &[T], c: &mut [T], scratch: &mut [T], m: usize, n: usize, k: usize, batch: usize,
    a_stride: usize, b_stride: usize,
) {
    let (a, b) = (View { at: a, row: k, col: 1 }, View { at: b, row: 1, col: k });
    if b_stride == 0 && a_stride == m * k {
        return product(a, b, c, scratch, batch * m, n, k);
    }
    each(a, b, c, scratch, m, n, k, batch, a_stride, b_stride)
}

/// C[m, n] += A[k, m]ᵀ B[k, n]
pub fn tn<T: Float>(
    a: &[T], b: &[T], c: &mut [T], scratch: &mut [T], m: usize, n: usize, k: usize, batch: usize,
    a_stride: usize, b_stride: usize,
) {
    let (a, b) = (View { at: a, row: 1, col: m }, View { at: b, row: n, col: 1 });
    each(a, b, c, scratch, m, n, k, batch, a_stride, b_stride)
}

/// C[m, n] += A[k, m]ᵀ B[n, k]ᵀ
pub fn tt<T: Float>(
    a: &[T], b: &[T], c: &mut [T], scratch: &mut [T], m: usize, n: usize, k: usize, batch: usize,
    a_stride: usize, b_stride: usize,
) {
    let (a, b) = (View { at: a, row: 1, col: m }, View { at: b, row: 1, col: k });
    each(a, b, c, scratch, m, n, k, batch, a_stride, b_stride)
}

fn each<T: Float>(
    a: View<T>, b: View<T>, c: &mut [T], scratch: &mut [T], m: usize, n: usize, k: usize,
    batch: usize, a_stride: usize, b_stride: usize,
) {
    for i in 0..batch {
        let (a, b) =
            (View { at: &a.at[i * a_stride..], ..a }, View { at: &b.at[i * b_stride..], ..b });
        product(a, b, &mut c[i * m * n..][..m * n], scratch, m, n, k)
    }
}

/// Elements of scratch that a product of these sizes needs, whatever is transposed.
pub fn scratch(m: usize, n: usize, k: usize) -> usize {
    k.min(K) * (n.min(N).next_multiple_of(width::<f32>()) + m.min(M))
}

#[inline(never)]
fn product<T: Float>(
    a: View<T>, b: View<T>, c: &mut [T], scratch: &mut [T], m: usize, n: usize, k: usize,
) {
    if m == 0 || n == 0 {
        return;
    }
    if n == 1 && m > 1 {
        return product(b.transposed(), a.transposed(), c, scratch, 1, m, k);
    }
    if m <= FEW && b.col == 1 && n > 1 {
        return thin::sums(a, b, c, m, n, k);
    }
    let few = if k >= 32 { 2 * FEW } else { FEW };
    if m <= few && b.row == 1 && a.col == 1 {
        return thin::dots(a, b, c, m, n, k);
    }
    if n > 96 && m >= 16 && !T::PLAIN {
        blocked(a, b, c, scratch, m, n, k)
    } else {
        small(a, b, c, scratch, m, n, k)
    }
}

/// For small products: A in place, and B too, where its rows are contiguous. What a tile reads past its columns it does not use;
/// steps whose reading would leave B are packed.
fn small<T: Float>(
    a: View<T>, b: View<T>, c: &mut [T], scratch: &mut [T], m: usize, n: usize, k: usize,
) {
    let w = width::<T>();
    for p in (0..k).step_by(K) {
        let k = K.min(k - p);
        for j in (0..n).step_by(w) {
            let (a, b, c, nb) = (a.from(0, p), b.from(p, j), &mut c[j..], w.min(n - j));
            let inside = if b.col == 1 { b.rows_of(w).min(k) } else { 0 };
            let tail = &mut scratch[..(k - inside) * w];
            pack::panels(b.from(inside, 0), tail, k - inside, nb);
            if inside > 0 {
                tile::in_place(a, b, tail, c, n, m, nb, k)
            } else {
                tile::panel(a, tail, c, n, m, nb, k)
            }
        }
    }
}

/// For large ones: each panel of B is packed when the first block of A needs it, and A where its rows are not contiguous, since its
/// steps may lie a page apart.
fn blocked<T: Float>(
    a: View<T>, b: View<T>, c: &mut [T], scratch: &mut [T], m: usize, n: usize, k: usize,
) {
    let w = width::<T>();
    let (panels, columns) = scratch.split_at_mut(k.min(K) * n.min(N).next_multiple_of(w));
    for p in (0..k).step_by(K) {
        let k = K.min(k - p);
        for j in (0..n).step_by(N) {
            let (b, nb) = (b.from(p, j), N.min(n - j));
            pack::panels(b, panels, k, nb);
            for i in (0..m).step_by(M) {
                let (a, mb) = (a.from(i, p), M.min(m - i));
                let a = if a.col == 1 { a } else { pack::columns(a, columns, mb, k) };
                for (q, panel) in panels.chunks_exact(k * w).enumerate().take(nb.div_ceil(w)) {
                    let c = &mut c[i * n + j + q * w..];
                    tile::panel(a, panel, c, n, mb, w.min(nb - q * w), k)
                }
            }
        }
    }
}

/// Elements that `pack_nt` or `pack_nn` fill.
pub fn panels(n: usize, k: usize) -> usize {
    n.next_multiple_of(width::<f32>()) * k
}

/// B[n, k]ᵀ as panels, to be multiplied with many times.
pub fn pack_nt<T: Float>(b: &[T], panels: &mut [T], n: usize, k: usize) {
    pack::panels(View { at: b, row: 1, col: k }, panels, k, n)
}

/// B[k, n] as panels, to be multiplied with many times.
pub fn pack_nn<T: Float>(b: &[T], panels: &mut [T], n: usize, k: usize) {
    pack::panels(View { at: b, row: n, col: 1 }, panels, k, n)
}

/// C[m, n] += A[m, k] B, with B packed.
pub fn packed<T: Float>(a: &[T], panels: &[T], c: &mut [T], m: usize, n: usize, k: usize) {
    let (a, w) = (View { at: a, row: k, col: 1 }, width::<T>());
    for p in (0..k).step_by(K) {
        let kb = K.min(k - p);
        for j in (0..n).step_by(w) {
            let panel = &panels[j * k + p * w..][..kb * w];
            tile::panel(a.from(0, p), panel, &mut c[j..], n, m, w.min(n - j), kb)
        }
    }
}

/// The same, one element after another: what the tests compare with.
pub fn reference<T: Float>(a: View<T>, b: View<T>, c: &mut [T], m: usize, n: usize, k: usize) {
    for i in 0..m {
        for j in 0..n {
            for p in 0..k {
                c[i * n + j] =
                    c[i * n + j] + a.at[i * a.row + p * a.col] * b.at[p * b.row + j * b.col]
            }
        }
    }
}

#[cfg(test)]
mod tests;
