//! Kernels that move elements and do not look at them: any `Copy` type, so that int32 moves as float32 does.
//! Axes around the one at hand are collapsed: x is [outer, n, inner].

/// y[o, j, i] = x[o, start + j · step, i], for m steps j. A negative step arrives wrapped.
pub fn slice<T: Copy>(
    x: &[T], y: &mut [T], outer: usize, n: usize, inner: usize, m: usize, start: usize, step: usize,
) {
    if m == 0 || inner == 0 {
        return;
    }
    for (o, y) in y.chunks_exact_mut(m * inner).take(outer).enumerate() {
        let x = &x[o * n * inner..][..n * inner];
        if step == 1 {
            y.copy_from_slice(&x[start * inner..][..m * inner]);
            continue;
        }
        let mut at = start;
        for y in y.chunks_exact_mut(inner) {
            y.copy_from_slice(&x[at * inner..][..inner]);
            at = at.wrapping_add(step);
        }
    }
}

/// y[o, start + j · step, i] = x[o, j, i]: the way back of `slice`. Leaves the rest of y [outer, n, inner] as it is.
pub fn place<T: Copy>(
    x: &[T], y: &mut [T], outer: usize, n: usize, inner: usize, m: usize, start: usize, step: usize,
) {
    if m == 0 || inner == 0 {
        return;
    }
    for (o, x) in x.chunks_exact(m * inner).take(outer).enumerate() {
        let y = &mut y[o * n * inner..][..n * inner];
        if step == 1 {
            y[start * inner..][..m * inner].copy_from_slice(x);
            continue;
        }
        let mut at = start;
        for x in x.chunks_exact(inner) {
            y[at * inner..][..inner].copy_from_slice(x);
            at = at.wrapping_add(step);
        }
    }
}

/// Side of the square blocks that `transpose` works in: both sides stay in the first cache.
const BLOCK: usize = 16;

/// y[b, c, r, i] = x[b, r, c, i]
pub fn transpose<T: Copy>(
    x: &[T], y: &mut [T], batch: usize, rows: usize, cols: usize, inner: usize,
) {
    let size = rows * cols * inner;
    for b in 0..batch {
        let (x, y) = (&x[b * size..][..size], &mut y[b * size..][..size]);
        for r in (0..rows).step_by(BLOCK) {
            let height = BLOCK.min(rows - r);
            for c in 0..cols {
                if inner == 1 {
                    let to = &mut y[c * rows + r..][..height];
                    let from = x[r * cols + c..].iter().step_by(cols);
                    to.iter_mut().zip(from).for_each(|(y, x)| *y = *x);
                    continue;
                }
                for r in r..r + height {
                    y[(c * rows + r) * inner..][..inner]
                        .copy_from_slice(&x[(r * cols + c) * inner..][..inner])
                }
            }
        }
    }
}

/// y[o, j, i] = x[o, i], n times
pub fn repeat<T: Copy>(x: &[T], y: &mut [T], _outer: usize, n: usize, inner: usize) {
    if n == 0 || inner == 0 {
        return;
    }
    for (x, y) in x.chunks_exact(inner).zip(y.chunks_exact_mut(n * inner)) {
        match x {
            [x] => y.fill(*x),
            _ => y.chunks_exact_mut(inner).for_each(|y| y.copy_from_slice(x)),
        }
    }
}

/// y[b, r, c] = x[b, r, c] where c − r ≤ diagonal, or ≥ it if `upper` is 1; else 0. The diagonal is shifted by `rows`
/// to cross as a size.
pub fn triangle<T: Copy + Default>(
    x: &[T], y: &mut [T], _batch: usize, rows: usize, cols: usize, shifted: usize, upper: usize,
) {
    if cols == 0 {
        return;
    }
    for (i, (x, y)) in x.chunks_exact(cols).zip(y.chunks_exact_mut(cols)).enumerate() {
        // columns c with c + rows < r + shifted lie below the diagonal
        let r = i % rows;
        let low = (r + shifted + 1 - upper).saturating_sub(rows).min(cols);
        let (kept, cleared) = if upper == 1 { (low..cols, 0..low) } else { (0..low, low..cols) };
        y[kept.clone()].copy_from_slice(&x[kept]);
        y[cleared].fill(T::default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_and_places_go_both_ways() {
        let x: Vec<i32> = (0..2 * 5 * 3).collect();
        for (m, start, step) in
            [(5, 0, 1), (2, 1, 1), (3, 0, 2), (5, 4, -1isize), (2, 3, -2), (0, 2, 1)]
        {
            let mut y = vec![-1; 2 * m * 3];
            slice(&x, &mut y, 2, 5, 3, m, start, step as usize);
            let mut back = vec![-1; 30];
            place(&y, &mut back, 2, 5, 3, m, start, step as usize);
            for o in 0..2 {
                for j in 0..m {
                    let from = (start as isize + j as isize * step) as usize;
                    for i in 0..3 {
                        let at = (o * 5 + from) * 3 + i;
                        assert_eq!(y[(o * m + j) * 3 + i], x[at]);
                        assert_eq!(back[at], x[at]);
                    }
                }
            }
            assert_eq!(back.iter().filter(|&&b| b == -1).count(), 30 - y.len());
        }
    }

    #[test]
    fn every_block_size_is_transposed() {
        for rows in [0, 1, 3, 15, 16, 17, 33] {
            for cols in [0, 1, 2, 16, 19] {
                for inner in [1, 3] {
                    let x: Vec<u32> = (0..2 * rows * cols * inner).map(|i| i as u32).collect();
                    let mut y = vec![0; x.len()];
                    transpose(&x, &mut y, 2, rows, cols, inner);
                    for b in 0..2 {
                        for r in 0..rows {
                            for c in 0..cols {
                                for i in 0..inner {
                                    let to = ((b * cols + c) * rows + r) * inner + i;
                                    assert_eq!(y[to], x[((b * rows + r) * cols + c) * inner + i]);
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn elements_and_rows_are_repeated() {
        let mut y = [0; 12];
        repeat(&[1, 2], &mut y[..6], 2, 3, 1);
        assert_eq!(y[..6], [1, 1, 1, 2, 2, 2]);
        repeat(&[1, 2, 3, 4], &mut y, 2, 3, 2);
        assert_eq!(y, [1, 2, 1, 2, 1, 2, 3, 4, 3, 4, 3, 4]);
    }

    #[test]
    fn triangles_are_cut_along_every_diagonal() {
        let x: Vec<i32> = (1..=24).collect();
        for diagonal in -4..=5 {
            for upper in [0, 1] {
                let mut y = vec![-1; 24];
                triangle(&x, &mut y, 2, 3, 4, (diagonal + 3).clamp(0, 7) as usize, upper);
                for (k, y) in y.into_iter().enumerate() {
                    let (r, c) = (k as isize / 4 % 3, k as isize % 4);
                    let d = diagonal.clamp(-3, 4);
                    let kept = if upper == 1 { c - r >= d } else { c - r <= d };
                    assert_eq!(y, if kept { x[k] } else { 0 }, "{diagonal} {upper} {r} {c}");
                }
            }
        }
    }

    #[test]
    fn every_size_is_repeated_or_empty() {
        for outer in [0, 1, 3] {
            for n in [0, 1, 2, 7] {
                for inner in [0, 1, 2, 5, 16, 33] {
                    let x: Vec<u8> = (0..outer * inner).map(|i| i as u8).collect();
                    let mut y = vec![255; outer * n * inner];
                    repeat(&x, &mut y, outer, n, inner);
                    for (k, y) in y.into_iter().enumerate() {
                        assert_eq!(y, x[k / (n * inner) * inner + k % inner]);
                    }
                }
            }
        }
        slice::<u8>(&[], &mut [], 0, 3, 2, 2, 1, 1);
        slice::<u8>(&[], &mut [], 2, 0, 3, 0, 0, 1);
        place::<u8>(&[], &mut [], 2, 3, 0, 1, 1, 1);
        triangle::<u8>(&[], &mut [], 2, 0, 3, 1, 0);
        triangle::<u8>(&[], &mut [], 2, 3, 0, 1, 1);
    }
}
