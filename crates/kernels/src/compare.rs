//! Comparisons, whose answers are bytes 0 and 1, and choices by such bytes. For every element type.

/// Whatever can be compared with a number.
pub trait Number: Copy + PartialOrd {
    fn of_number(x: f64) -> Self;
}
macro_rules! number {
    ($($T:ty)+) => {$(
        impl Number for $T {
            fn of_number(x: f64) -> $T {
                x as $T
            }
        }
    )+};
}
number!(f32 f64 i32 u8);

/// As in `pointwise`: an operand that is `None` is `number`, a short one repeats.
macro_rules! comparison {
    ($($name:ident: $a:ident $op:tt $b:ident;)+) => {$(
        pub fn $name<T: Number>(
            a: Option<&[T]>, b: Option<&[T]>, y: &mut [u8], _n: usize, _a_len: usize, _b_len: usize, number: f64,
        ) {
            let number = [T::of_number(number)];
            let (a, b) = (a.unwrap_or(&number), b.unwrap_or(&number));
            if y.is_empty() {
                return;
            }
            if let [b] = b {
                return y.iter_mut().zip(a).for_each(|(y, a)| *y = (a $op b) as u8);
            }
            if let [a] = a {
                return y.iter_mut().zip(b).for_each(|(y, b)| *y = (a $op b) as u8);
            }
            let block = a.len().min(b.len());
            for (i, y) in y.chunks_exact_mut(block).enumerate() {
                let at = i * block;
                let (a, b) = (&a[at % a.len()..][..block], &b[at % b.len()..][..block]);
                y.iter_mut().zip(a).zip(b).for_each(|((y, $a), $b)| *y = ($a $op $b) as u8);
            }
        }
    )+};
}
comparison! {
    eq: a == b;
    lt: a < b;
    le: a <= b;
}

/// y = c ? a : b, each full or repeating; a or b that is `None` is its number.
pub fn choose<T: Number>(
    c: &[u8], a: Option<&[T]>, b: Option<&[T]>, y: &mut [T], _n: usize, c_len: usize,
    _a_len: usize, _b_len: usize, a_number: f64, b_number: f64,
) {
    let (a_number, b_number) = ([T::of_number(a_number)], [T::of_number(b_number)]);
    let (a, b) = (a.unwrap_or(&a_number), b.unwrap_or(&b_number));
    if y.is_empty() {
        return;
    }
    // The operands' lengths divide one another; those of one element are the same everywhere.
    let long = |len: usize| if len == 1 { usize::MAX } else { len };
    let block = long(c_len).min(long(a.len())).min(long(b.len())).min(y.len());
    for (i, y) in y.chunks_exact_mut(block).enumerate() {
        let at = i * block;
        let c = if c_len == 1 { c } else { &c[at % c_len..][..block] };
        match (c, a, b) {
            ([c], _, _) if block > 1 => {
                let from = if *c != 0 { a } else { b };
                match from {
                    [x] => y.fill(*x),
                    _ => y.copy_from_slice(&from[at % from.len()..][..block]),
                }
            }
            (_, [a], [b]) => {
                y.iter_mut().zip(c).for_each(|(y, c)| *y = if *c != 0 { *a } else { *b })
            }
            (_, [a], _) => {
                let b = &b[at % b.len()..][..block];
                y.iter_mut()
                    .zip(c)
                    .zip(b)
                    .for_each(|((y, c), b)| *y = if *c != 0 { *a } else { *b })
            }
            (_, _, [b]) => {
                let a = &a[at % a.len()..][..block];
                y.iter_mut()
                    .zip(c)
                    .zip(a)
                    .for_each(|((y, c), a)| *y = if *c != 0 { *a } else { *b })
            }
            _ => {
                let (a, b) = (&a[at % a.len()..][..block], &b[at % b.len()..][..block]);
                y.iter_mut()
                    .zip(c)
                    .zip(a.iter().zip(b))
                    .for_each(|((y, c), (a, b))| *y = if *c != 0 { *a } else { *b })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operands_repeat() {
        let long: Vec<i32> = (0..12).collect();
        let mut y = [9; 12];
        eq(Some(&long), Some(&[0, 1, 2, 3]), &mut y, 12, 12, 4, 0.0);
        assert_eq!(y, [1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
        lt(None, Some(&long), &mut y, 12, 1, 12, 10.0);
        assert_eq!(y, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    }

    #[test]
    fn every_mix_of_operands_is_chosen_from() {
        let (full, short, one) = ([1.0f32, 2., 3., 4., 5., 6.], [10., 20., 30.], [7.0f32]);
        for c in [&[1u8, 0, 0, 1, 1, 0][..], &[0, 1, 1], &[1], &[0]] {
            for a in [Some(&full[..]), Some(&short), Some(&one), None] {
                for b in [Some(&full[..]), Some(&short), Some(&one), None] {
                    let mut y = [0.0; 6];
                    let len = |o: Option<&[f32]>| o.map_or(1, |o| o.len());
                    choose(c, a, b, &mut y, 6, c.len(), len(a), len(b), 8.0, 9.0);
                    for (i, y) in y.into_iter().enumerate() {
                        let of = |o: Option<&[f32]>, number| o.map_or(number, |o| o[i % o.len()]);
                        assert_eq!(y, if c[i % c.len()] != 0 { of(a, 8.0) } else { of(b, 9.0) });
                    }
                }
            }
        }
    }

    #[test]
    fn every_length_is_compared_and_chosen_from() {
        for n in 0..=67 {
            let a: Vec<i32> = (0..n as i32).map(|i| i * 7 % 5).collect();
            let b: Vec<i32> = (0..n as i32).map(|i| i * 3 % 4).collect();
            let mut y = [vec![2; n], vec![2; n], vec![2; n]];
            eq(Some(&a), Some(&b), &mut y[0], n, n, n, 0.0);
            lt(Some(&a), Some(&b), &mut y[1], n, n, n, 0.0);
            le(Some(&a), None, &mut y[2], n, n, 1, 2.0);
            let mut chosen = vec![-1; n];
            choose(&y[1], Some(&a), Some(&b), &mut chosen, n, n, n, n, 0.0, 0.0);
            for k in 0..n {
                let want = [a[k] == b[k], a[k] < b[k], a[k] <= 2].map(u8::from);
                assert_eq!([y[0][k], y[1][k], y[2][k]], want);
                assert_eq!(chosen[k], a[k].min(b[k]));
            }
        }
    }
}
