//! Elements by their numbers. TypeScript has checked that every id lies in 0..n.

use crate::pointwise::accumulate;
use crate::real::Float;

/// y[o, j, i] = x[o, ids[j], i]
pub fn index_select<T: Copy>(
    x: &[T], ids: &[i32], y: &mut [T], outer: usize, n: usize, inner: usize, _m: usize,
) {
    if inner == 0 {
        return;
    }
    let mut rows = y.chunks_exact_mut(inner);
    for o in 0..outer {
        for (id, y) in ids.iter().zip(rows.by_ref()) {
            y.copy_from_slice(&x[(o * n + *id as usize) * inner..][..inner])
        }
    }
}

/// y[o, ids[j], i] += x[o, j, i]: the backward of `index_select`, and the other way round.
pub fn index_add<T: Float>(
    x: &[T], ids: &[i32], y: &mut [T], outer: usize, n: usize, inner: usize, m: usize,
) {
    for o in 0..outer {
        for (j, id) in ids.iter().enumerate() {
            let x = &x[(o * m + j) * inner..][..inner];
            accumulate(x, &mut y[(o * n + *id as usize) * inner..][..inner], inner)
        }
    }
}

/// y[o, j, i] = x[o, ids[o, j, i], i], for m steps j
pub fn gather<T: Copy>(
    x: &[T], ids: &[i32], y: &mut [T], _outer: usize, n: usize, inner: usize, m: usize,
) {
    for (k, (id, y)) in ids.iter().zip(y).enumerate() {
        *y = x[(k / (m * inner) * n + *id as usize) * inner + k % inner]
    }
}

/// y[o, ids[o, j, i], i] += x[o, j, i]: the backward of `gather`, and the other way round.
pub fn scatter_add<T: Float>(
    x: &[T], ids: &[i32], y: &mut [T], _outer: usize, n: usize, inner: usize, m: usize,
) {
    for (k, (id, x)) in ids.iter().zip(x).enumerate() {
        let at = (k / (m * inner) * n + *id as usize) * inner + k % inner;
        y[at] = y[at] + *x
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_selected_and_added_back() {
        let x: Vec<f32> = (0..2 * 3 * 5).map(|i| i as f32).collect();
        let ids = [2, 0, 2, 1];
        let mut y = [0.0; 2 * 4 * 5];
        index_select(&x, &ids, &mut y, 2, 3, 5, 4);
        let mut back = [0.0; 30];
        index_add(&y, &ids, &mut back, 2, 3, 5, 4);
        for o in 0..2 {
            for (j, id) in ids.into_iter().enumerate() {
                for i in 0..5 {
                    let at = (o * 3 + id as usize) * 5 + i;
                    assert_eq!(y[(o * 4 + j) * 5 + i], x[at]);
                    assert_eq!(back[at], x[at] * if id == 2 { 2.0 } else { 1.0 });
                }
            }
        }
    }

    #[test]
    fn elements_are_gathered_and_scattered_back() {
        let x: Vec<f32> = (0..2 * 3 * 2).map(|i| i as f32).collect();
        let ids = [0, 2, 2, 1, 1, 1, 0, 0]; // [2, 2, 2]
        let mut y = [0.0; 8];
        gather(&x, &ids, &mut y, 2, 3, 2, 2);
        assert_eq!(y, [0.0, 5.0, 4.0, 3.0, 8.0, 9.0, 6.0, 7.0]);
        let mut back = [0.0; 12];
        scatter_add(&[1.0; 8], &ids, &mut back, 2, 3, 2, 2);
        assert_eq!(back, [1., 0., 0., 1., 1., 1., 1., 1., 1., 1., 0., 0.]);
    }

    #[test]
    fn every_size_is_what_single_elements_say() {
        let sizes = [0, 1, 2, 3, 5, 8, 17];
        for (outer, n, inner, m) in sizes
            .iter()
            .flat_map(|&s| [(s, 3, 2, 4), (2, s.max(1), 3, 5), (2, 4, s, 3), (3, 2, 2, s)])
        {
            let x: Vec<f64> = (0..outer * n * inner).map(|i| i as f64 + 1.0).collect();
            let rows: Vec<i32> = (0..m).map(|j| (j * 7 % n) as i32).collect();
            let ids: Vec<i32> = (0..outer * m * inner).map(|k| (k * 5 % n) as i32).collect();
            let size = outer * m * inner;
            let (mut selected, mut gathered) = (vec![0.0; size], vec![0.0; size]);
            index_select(&x, &rows, &mut selected, outer, n, inner, m);
            gather(&x, &ids, &mut gathered, outer, n, inner, m);
            let (mut added, mut scattered) = (vec![1.0; x.len()], vec![1.0; x.len()]);
            index_add(&selected, &rows, &mut added, outer, n, inner, m);
            scatter_add(&gathered, &ids, &mut scattered, outer, n, inner, m);
            let (mut want_added, mut want_scattered) = (vec![1.0; x.len()], vec![1.0; x.len()]);
            for k in 0..size {
                let (o, j, i) = (k / (m * inner), k / inner % m, k % inner);
                let at = |id: i32| (o * n + id as usize) * inner + i;
                assert_eq!(selected[k], x[at(rows[j])]);
                assert_eq!(gathered[k], x[at(ids[k])]);
                want_added[at(rows[j])] += selected[k];
                want_scattered[at(ids[k])] += gathered[k];
            }
            assert_eq!(added, want_added);
            assert_eq!(scattered, want_scattered);
        }
    }
}
