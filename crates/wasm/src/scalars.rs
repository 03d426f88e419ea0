//! Functions of a number for TypeScript: engines disagree about the last bits of their own.

use wasm_bindgen::prelude::wasm_bindgen;

macro_rules! scalars {
    ($($name:ident($($x:ident),+) = $value:expr;)+) => {$(
        #[wasm_bindgen]
        pub fn $name($($x: f64),+) -> f64 {
            $value
        }
    )+};
}

scalars! {
    scalar_exp(x) = x.exp();
    scalar_log(x) = x.ln();
    scalar_cos(x) = x.cos();
    scalar_pow(x, y) = x.powf(y);
}
