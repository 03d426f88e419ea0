//! The largest error of each function over every float32, in units in the last place, against float64:
//! `cargo run --release -p kernels --example sweep`. Minutes; the tests look at every 4099th float.

mod ulps;

use kernels::math::Math;
use std::thread::{available_parallelism, scope};
use ulps::ulps;

type Function = (&'static str, fn(f32) -> f32, fn(f64) -> f64);

const FUNCTIONS: [Function; 7] = [
    ("exp", Math::exp, f64::exp),
    ("ln", Math::ln, f64::ln),
    ("tanh", Math::tanh, f64::tanh),
    ("sigmoid", Math::sigmoid, |x| 1.0 / (1.0 + f64::exp(-x))),
    ("erf", Math::erf, Math::erf), // the standard library has none; ours in float64 is tested against tables
    ("sin", Math::sin, f64::sin),
    ("cos", Math::cos, f64::cos),
];

fn main() {
    let threads = available_parallelism().map_or(1, |n| n.get() as u64);
    for (name, f, reference) in FUNCTIONS {
        let worst = scope(|s| {
            let parts: Vec<_> = (0..threads)
                .map(|part| s.spawn(move || sweep(f, reference, part, threads)))
                .collect();
            parts.into_iter().map(|part| part.join().unwrap()).fold((0.0, 0.0), larger)
        });
        println!("{name}: {:.3} ulp at {:e}", worst.0, worst.1);
    }
}

/// The largest error, and where, of each `threads`th stretch of the floats.
fn sweep(f: fn(f32) -> f32, reference: fn(f64) -> f64, part: u64, threads: u64) -> (f64, f32) {
    const STRETCH: u64 = 1 << 20;
    let stretches = (0..1 << 32).step_by(STRETCH as usize).skip(part as usize);
    stretches.step_by(threads as usize).fold((0.0, 0.0), |worst, from| {
        (from..from + STRETCH).fold(worst, |worst, bits| {
            let x = f32::from_bits(bits as u32);
            larger(worst, (ulps(f(x), reference(x as f64)), x))
        })
    })
}

fn larger(a: (f64, f32), b: (f64, f32)) -> (f64, f32) {
    if b.0 > a.0 { b } else { a }
}
