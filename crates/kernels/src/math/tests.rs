use super::*;
use ulps::ulps;

#[path = "../../examples/sweep/ulps.rs"]
mod ulps;

type Function = (&'static str, fn(f32) -> f32, fn(f64) -> f64, f64);

/// Function, reference in f64, and the largest error that is promised, in ulp.
const PROMISES: [Function; 7] = [
    ("exp", Math::exp, Math::exp, 2.0),
    ("ln", Math::ln, Math::ln, 2.0),
    ("tanh", Math::tanh, Math::tanh, 4.0),
    ("sigmoid", Math::sigmoid, Math::sigmoid, 4.0),
    ("erf", Math::erf, Math::erf, 4.0),
    ("sin", Math::sin, Math::sin, 2.0),
    ("cos", Math::cos, Math::cos, 2.0),
];

#[test]
fn functions_keep_their_promises() {
    for (name, got, want, most) in PROMISES {
        let mut worst = (0.0, 0.0);
        for bits in (0..=u32::MAX).step_by(4099) {
            let x = f32::from_bits(bits);
            let error = ulps(got(x), want(x as f64));
            if error > worst.0 {
                worst = (error, x);
            }
        }
        println!("{name}: {:.2} ulp at {:e}", worst.0, worst.1);
        assert!(worst.0 <= most, "{name}: {} ulp at {:e}", worst.0, worst.1);
    }
}

#[test]
fn special_values_are_right() {
    let inf = f32::INFINITY;
    for (name, f, reference, most) in PROMISES {
        for x in [0.0, -0.0, inf, -inf, f32::MIN_POSITIVE, 1e-45, -1e-45, f32::MAX, f32::MIN] {
            let (got, want) = (f(x), reference(x as f64));
            assert!(ulps(got, want) <= most, "{name} of {x:e}: {got:e}, not {want:e}");
            assert!(f(f32::NAN).is_nan());
            if got.is_nan() {
                continue; // the sign of NaN means nothing
            }
            assert_eq!(
                got.to_bits() >> 31,
                (want as f32).to_bits() >> 31,
                "the sign of {name} of {x:e}"
            );
        }
    }
}

#[test]
fn a_lane_gives_the_bits_of_a_number_alone() {
    for bits in (0..u32::MAX - 4).step_by(1_000_003) {
        let x: [f32; 4] = core::array::from_fn(|i| f32::from_bits(bits + i as u32));
        let pairs: [(fn(f32) -> f32, fn(F32x4) -> F32x4); 5] = [
            (Math::exp, Math::exp),
            (Math::ln, Math::ln),
            (Math::tanh, Math::tanh),
            (Math::sigmoid, Math::sigmoid),
            (Math::erf, Math::erf),
        ];
        for (alone, together) in pairs {
            let mut y = [0.0; 4];
            together(F32x4::load(&x)).store(&mut y);
            for i in 0..4 {
                assert!(y[i].to_bits() == alone(x[i]).to_bits() || y[i].is_nan());
            }
        }
    }
}

/// Abramowitz & Stegun's table, to 16 digits.
#[test]
fn erf_in_f64_agrees_with_the_tables() {
    for (x, want) in [
        (0.1, 0.1124629160182849),
        (0.5, 0.5204998778130465),
        (1.0, 0.8427007929497149),
        (2.0, 0.9953222650189527),
        (2.5, 0.9995930479825550),
        (3.0, 0.9999779095030014),
        (4.0, 0.9999999845827421),
    ] {
        assert!((Math::erf(x) - want).abs() < 4e-16, "{x}: {}", Math::erf(x));
        assert_eq!(Math::erf(-x), -Math::erf(x));
    }
}

/// What a NaN carries in its last bits must not meet the exponent.
#[test]
fn nan_stays_nan_whatever_it_carries() {
    for bits in [0x7fc0_0000, 0x7fc0_0001, 0x7fc0_01ff, 0xffc0_0080] {
        let x = f32::from_bits(bits);
        let all = [x.exp(), x.decay(), x.ln(), x.tanh(), x.sigmoid(), Math::erf(x)];
        assert!(all.iter().all(|y| y.is_nan()), "{bits:x}: {all:?}");
    }
}
