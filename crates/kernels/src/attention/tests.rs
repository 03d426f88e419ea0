use super::*;

fn numbers<T: Float>(n: usize, seed: usize) -> Vec<T> {
    (0..n).map(|i| T::from_f64(((i * 7919 + seed * 104729) % 1009) as f64 / 504.0 - 1.0)).collect()
}

#[derive(Clone, Copy, Debug)]
struct Case {
    /// B, H, G, L, S, E, Ev
    sizes: [usize; 7],
    causal: bool,
    lower_right: bool,
    keep: bool,
    bias: bool,
    /// Whether there is a mask for each head, and not one for all.
    masks: bool,
    dropout: f64,
}

const PLAIN: Case = Case {
    sizes: [1, 1, 1, 1, 1, 1, 1],
    causal: false,
    lower_right: false,
    keep: false,
    bias: false,
    masks: false,
    dropout: 0.0,
};

const SCALE: f64 = 0.3;
const SEED: [usize; 4] = [1, 2, u32::MAX as usize, 3];

/// out, lse, dq, dk, dv, dbias
type Results = [Vec<f64>; 6];

/// The formulas, one weight after the other, with gradients of Σ out · dout.
fn reference(case: Case, q: &[f64], k: &[f64], v: &[f64], keep: &[u8], bias: &[f64]) -> Results {
    let [batch, heads, group, l, n, e, ev] = case.sizes;
    let rows = batch * heads * group * l;
    let dout = numbers::<f32>(rows * ev, 5).iter().map(|x| *x as f64).collect::<Vec<_>>();
    let mut got = [rows * ev, rows, q.len(), k.len(), v.len(), bias.len()].map(|n| vec![0.0; n]);
    for r in 0..rows {
        let (g, i) = (r / l, r % l);
        let mask = if case.masks { g * l * n } else { 0 } + i * n;
        let head = g / group * n;
        let shift = if case.lower_right { n as isize - l as isize } else { 0 };
        let sees = |j: usize| {
            (!case.causal || j as isize <= i as isize + shift)
                && (!case.keep || keep[mask + j] == 1)
        };
        let row = &q[r * e..][..e];
        let key = |j: usize| &k[(head + j) * e..][..e];
        let score = |j: usize| {
            let s: f64 = row.iter().zip(key(j)).map(|(a, b)| a * b).sum();
            s * SCALE + if case.bias { bias[mask + j] } else { 0.0 }
        };
        let s: Vec<f64> =
            (0..n).map(|j| if sees(j) { score(j) } else { f64::NEG_INFINITY }).collect();
        let m = s.iter().fold(f64::NEG_INFINITY, |m, s| f64::max(m, *s));
        if m == f64::NEG_INFINITY {
            continue;
        }
        let sum: f64 = s.iter().map(|s| (s - m).exp()).sum();
        got[1][r] = m + sum.ln();
        let a: Vec<f64> = s.iter().map(|s| (s - m).exp() / sum).collect();
        let mut z = vec![1.0; n];
        if let Some(dropout) = Dropout::<f64>::new(SEED, case.dropout) {
            dropout.fill(&mut z, (r * n) as u64)
        }
        let dout = &dout[r * ev..][..ev];
        let mut da = vec![0.0; n];
        for j in 0..n {
            for c in 0..ev {
                let at = (head + j) * ev + c;
                got[0][r * ev + c] += a[j] * z[j] * v[at];
                got[4][at] += a[j] * z[j] * dout[c];
                da[j] += z[j] * dout[c] * v[at];
            }
        }
        let along: f64 = a.iter().zip(&da).map(|(a, d)| a * d).sum();
        for j in 0..n {
            let ds = a[j] * (da[j] - along);
            if case.bias {
                got[5][mask + j] += ds
            }
            for c in 0..e {
                got[2][r * e + c] += SCALE * ds * key(j)[c];
                got[3][(head + j) * e + c] += SCALE * ds * row[c]
            }
        }
    }
    got
}

fn agree<T: Float>(case: Case, tolerance: f64) {
    let [batch, heads, group, l, n, e, ev] = case.sizes;
    let rows = batch * heads * group * l;
    // numbers of few digits, the same in either type
    let draw = |n: usize, seed: usize| -> Vec<T> {
        numbers::<f32>(n, seed).iter().map(|x| T::from_f64(*x as f64)).collect()
    };
    let masks = if case.masks { batch * heads * group } else { 1 };
    let mask_len = masks * l * n;
    let (q, k, v) =
        (draw(rows * e, 1), draw(batch * heads * n * e, 2), draw(batch * heads * n * ev, 3));
    // a row in three sees nothing, where there are several
    let keep: Vec<u8> =
        (0..mask_len).map(|i| (i * 7 % 3 > 0 && i / n.max(1) % 3 != 1) as u8).collect();
    let bias: Vec<T> = draw(mask_len, 4);
    let f64s = |x: &[T]| x.iter().map(|x| x.to_f64()).collect::<Vec<f64>>();
    let want = reference(case, &f64s(&q), &f64s(&k), &f64s(&v), &keep, &f64s(&bias));

    let mut room: Vec<T> = draw(scratch(group * l, n, e, ev), 9); // what is in there must not matter
    room.iter_mut().step_by(3).for_each(|x| *x = T::of(f64::NAN));
    let (mut out, mut lse) = (draw(rows * ev, 6), draw(rows, 7));
    let (given_keep, given_bias) = (case.keep.then_some(&keep[..]), case.bias.then_some(&bias[..]));
    let strides = if case.masks { [heads * group * l * n, l * n] } else { [0, 0] };
    let [s0, s1, s2, s3] = SEED;
    #[rustfmt::skip]
    forward(
        &q, &k, &v, given_keep, given_bias, &mut out, &mut lse, &mut room, batch, heads, group, l,
        n, e, ev, mask_len, strides[0], strides[1], n, 1, case.causal as usize,
        case.lower_right as usize, s0, s1, s2, s3, SCALE, case.dropout,
    );
    let dout: Vec<T> = draw(rows * ev, 5);
    let mut d = [q.len(), k.len(), v.len(), bias.len()].map(|n| vec![T::ONE; n]);
    let [dq, dk, dv, dbias] = &mut d;
    room.iter_mut().step_by(3).for_each(|x| *x = T::of(f64::NAN));
    #[rustfmt::skip]
    backward(
        &q, &k, &v, given_keep, given_bias, &out, &lse, &dout, Some(dq), Some(dk), Some(dv),
        case.bias.then_some(&mut dbias[..]), &mut room, batch, heads, group, l, n, e, ev, mask_len,
        strides[0], strides[1], n, 1, case.causal as usize, case.lower_right as usize, s0, s1, s2,
        s3, SCALE, case.dropout,
    );
    for (x, name) in ["out", "lse", "dq", "dk", "dv", "dbias"].into_iter().enumerate() {
        let got = [&out, &lse, &d[0], &d[1], &d[2], &d[3]][x];
        let before = if x < 2 || (x == 5 && !case.bias) { 0.0 } else { 1.0 };
        for (i, (got, want)) in got.iter().zip(&want[x]).enumerate() {
            let (got, want) = (got.to_f64() - before, *want);
            if x == 5 && !case.bias {
                continue;
            }
            assert!(
                (got - want).abs() <= tolerance * want.abs().max(1.0),
                "{case:?}: {name}[{i}] is {got}, expected {want}"
            );
        }
    }
}

fn both(case: Case) {
    agree::<f32>(case, 1e-5);
    agree::<f64>(case, 1e-12);
}

#[test]
fn every_remainder_of_every_size_agrees() {
    for x in 0..68 {
        for sizes in [
            [x, 1, 1, 5, 3, 4, 2],
            [1, x, 2, 3, 5, 2, 4],
            [1, 2, x, 5, 6, 3, 3],
            [1, 1, 1, x, 19, 6, 5],
            [1, 1, 1, 19, x, 5, 6],
            [1, 1, 1, 3, x, 5, 6],
            [1, 1, 1, 9, 17, x, 3],
            [1, 1, 1, 9, 17, 3, x],
            [1, 1, 1, 2, 17, x, 3],
            [1, 1, 1, 2, 17, 3, x],
        ] {
            both(Case { sizes, causal: x % 2 == 1, lower_right: x % 3 == 0, ..PLAIN })
        }
    }
}

#[test]
fn masks_dropout_and_groups_agree() {
    for bits in 0..64 {
        let is = |bit: usize| bits >> bit & 1 == 1;
        for sizes in [[2, 2, 3, 7, 20, 5, 6], [1, 2, 1, 18, 9, 16, 3], [2, 1, 2, 2, 21, 8, 17]] {
            both(Case {
                sizes,
                causal: is(0),
                lower_right: is(1),
                keep: is(2),
                bias: is(3),
                masks: is(4),
                dropout: if is(5) { 0.4 } else { 0.0 },
            })
        }
    }
}

#[test]
fn several_blocks_of_queries_and_keys_agree() {
    for (l, n) in [(130, 129), (65, 300), (300, 70), (3, 300), (128, 256)] {
        for causal in [false, true] {
            for lower_right in [false, true] {
                let sizes = [1, 1, 2, l, n, 20, 18];
                both(Case { sizes, causal, lower_right, dropout: 0.25, ..PLAIN });
                both(Case { sizes, causal, lower_right, bias: true, keep: true, ..PLAIN })
            }
        }
    }
}

/// The largest score comes last, first, or is far from the others: e^(S − m) neither overflows nor is forgotten.
#[test]
fn scores_far_apart_neither_overflow_nor_vanish() {
    let n = 300;
    for at in [0, 127, 128, 299] {
        let mut k = vec![0f32; n];
        k[at] = 3000.0;
        let v: Vec<f32> = (0..n).map(|j| j as f32).collect();
        for queries in [1, 6] {
            let (mut out, mut lse) = (vec![0.0; queries], vec![0.0; queries]);
            let mut room = vec![0.0; scratch(queries, n, 1, 1)];
            #[rustfmt::skip]
            forward(
                &vec![1.0; queries], &k, &v, None, None, &mut out, &mut lse, &mut room, 1, 1, 1,
                queries, n, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1.0, 0.0,
            );
            assert!(out.iter().all(|y| *y == at as f32) && lse.iter().all(|y| *y == 3000.0));
        }
    }
}

#[test]
fn what_is_not_a_number_stays_in_its_row() {
    let (l, n) = (6, 150);
    for at in [0, 149] {
        let (mut q, v) = (vec![1f32; l], vec![1f32; n]);
        q[2] = f32::NAN;
        let mut bias = vec![0f32; l * n];
        bias[4 * n + at] = f32::NAN;
        let (mut out, mut lse) = (vec![0.0; l], vec![0.0; l]);
        let mut room = vec![0.0; scratch(l, n, 1, 1)];
        #[rustfmt::skip]
        forward(
            &q, &v, &v, None, Some(&bias), &mut out, &mut lse, &mut room, 1, 1, 1, l, n, 1, 1,
            l * n, 0, 0, n, 1, 0, 0, 0, 0, 0, 0, 1.0, 0.0,
        );
        let nan: Vec<usize> = (0..l).filter(|i| out[*i].is_nan()).collect();
        assert_eq!(nan, [2, 4]);
    }
}
