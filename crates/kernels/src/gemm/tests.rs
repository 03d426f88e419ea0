use super::*;

fn numbers<T: Float>(n: usize, seed: usize) -> Vec<T> {
    (0..n).map(|i| T::from_f64(((i * 7919 + seed * 104729) % 1009) as f64 / 504.0 - 1.0)).collect()
}

type Product<T> = fn(&[T], &[T], &mut [T], &mut [T], usize, usize, usize, usize, usize, usize);

fn agree<T: Float>(
    m: usize, n: usize, k: usize, batch: usize, repeat_a: bool, repeat_b: bool, tolerance: f64,
) {
    let kinds: [(Product<T>, bool, bool); 4] =
        [(nn, false, false), (nt, false, true), (tn, true, false), (tt, true, true)];
    for (product, a_t, b_t) in kinds {
        let (a_stride, b_stride) =
            (if repeat_a { 0 } else { m * k }, if repeat_b { 0 } else { k * n });
        let a = numbers::<T>(if repeat_a { m * k } else { batch * m * k }, 1);
        let b = numbers::<T>(if repeat_b { k * n } else { batch * k * n }, 2);
        let mut got = numbers::<T>(batch * m * n, 3);
        let mut want = got.clone();
        let mut room = numbers::<T>(scratch(batch.max(1) * m, n, k), 4); // what is in there must not matter
        product(&a, &b, &mut got, &mut room, m, n, k, batch, a_stride, b_stride);
        for i in 0..batch {
            let (a, b) = (&a[i * a_stride..], &b[i * b_stride..]);
            let a =
                if a_t { View { at: a, row: 1, col: m } } else { View { at: a, row: k, col: 1 } };
            let b =
                if b_t { View { at: b, row: 1, col: k } } else { View { at: b, row: n, col: 1 } };
            reference(a, b, &mut want[i * m * n..][..m * n], m, n, k)
        }
        for (got, want) in got.iter().zip(&want) {
            let (got, want) = (got.to_f64(), want.to_f64());
            assert!(
                (got - want).abs() <= tolerance * (1.0 + k as f64),
                "{m} {n} {k}, batch {batch}, transposed {a_t} {b_t}: {got}, expected {want}"
            );
        }
    }
}

#[test]
fn every_small_size_agrees_with_the_reference() {
    for m in 0..=9 {
        for n in 0..=9 {
            for k in 0..=9 {
                agree::<f32>(m, n, k, 1, false, false, 1e-6);
                agree::<f64>(m, n, k, 1, false, false, 1e-15);
            }
        }
    }
}

#[test]
fn sizes_around_the_tile_and_the_panel_agree() {
    let sizes = [1, 5, 15, 16, 17, 31, 32, 33, 63, 64, 65];
    for m in sizes {
        for n in sizes {
            for k in [1, 4, 17, 64] {
                agree::<f32>(m, n, k, 1, false, false, 1e-6);
                agree::<f64>(m, n, k, 1, false, false, 1e-15);
            }
        }
    }
}

#[test]
fn sizes_around_the_blocks_agree() {
    for (m, n, k) in [
        (129, 70, 257),
        (5, 513, 300),
        (260, 17, 256),
        (33, 530, 513),
        (1, 530, 513),
        (530, 1, 300),
    ] {
        agree::<f32>(m, n, k, 1, false, false, 1e-6);
        agree::<f64>(m, n, k, 1, false, false, 1e-15);
    }
}

#[test]
fn a_batch_walks_and_repeats_its_operands() {
    for (m, n, k) in [(1, 1, 1), (1, 7, 3), (5, 1, 9), (3, 20, 6), (9, 33, 17), (66, 70, 300)] {
        for batch in [0, 1, 3] {
            for (repeat_a, repeat_b) in [(false, false), (true, false), (false, true), (true, true)]
            {
                agree::<f32>(m, n, k, batch, repeat_a, repeat_b, 1e-6);
            }
        }
    }
}

/// A row of C does not depend on how many rows there are, once there are more than a few.
#[test]
fn the_bits_of_a_row_do_not_depend_on_the_number_of_rows() {
    let (n, k) = (37, 290);
    let (a, b) = (numbers::<f32>(40 * k, 1), numbers::<f32>(n * k, 2));
    let rows = |m: usize| {
        let (mut c, mut room) = (vec![0.0; m * n], vec![0.0; scratch(m, n, k)]);
        nt(&a[..m * k], &b, &mut c, &mut room, m, n, k, 1, 0, 0);
        c
    };
    let all = rows(40);
    for m in 2 * FEW + 1..40 {
        assert_eq!(rows(m), all[..m * n], "{m} rows");
    }
}
