//! `export!` turns the rows of the table into exported functions.
//! This is the only place in the code base where a slice is made from a pointer.

macro_rules! export {
    ($($($name:ident: $T:ident),+ = $module:ident::$kernel:ident(
        $($kind:ident $arg:ident[$len:expr]),* $(; $($dim:ident),* $(; $($scalar:ident),*)?)?);)+) => {$(
        export!(@each [$($name: $T),+] $module $kernel [$($kind $arg [$len]),*]
            [$($($dim),*)?] [$($($($scalar),*)?)?]);
    )+};

    (@each [$($name:ident: $T:ident),+] $module:ident $kernel:ident $buffers:tt $dims:tt $scalars:tt) => {$(
        export!(@one $name $T, $module $kernel $buffers $dims $scalars);
    )+};

    (@one $name:ident f32, $($rest:tt)*) => {
        #[cfg(not(feature = "compact"))]
        export!(@function $name f32, $($rest)*);
    };
    (@one $name:ident $T:ident, $($rest:tt)*) => {
        #[cfg(any(feature = "checked", feature = "compact"))]
        export!(@function $name $T, $($rest)*);
    };

    (@function $name:ident $T:ident, $module:ident $kernel:ident
        [$($kind:ident $arg:ident [$len:expr]),*] [$($dim:ident),*] [$($scalar:ident),*]) => {
        #[wasm_bindgen]
        pub fn $name($($arg: usize,)* $($dim: usize,)* $($scalar: f64,)*) {
            #[cfg(feature = "checked")]
            check::call(stringify!($name), &[$(buffer!($kind $T, $arg, $len)),*]);
            // SAFETY: the contract at the top of this file.
            unsafe { kernels::$module::$kernel($(slice!($kind $T, $arg, $len),)* $($dim,)* $($scalar,)*) }
        }
    };
}

#[rustfmt::skip]
macro_rules! slice {
    (read $T:ty, $p:ident, $n:expr) => { from_raw_parts($p as *const $T, $n) };
    (write $T:ty, $p:ident, $n:expr) => { from_raw_parts_mut($p as *mut $T, $n) };
    (maybe_read $T:ty, $p:ident, $n:expr) => { ($p != 0).then(|| from_raw_parts($p as *const $T, $n)) };
    (maybe_write $T:ty, $p:ident, $n:expr) => { ($p != 0).then(|| from_raw_parts_mut($p as *mut $T, $n)) };
    (read_ints $T:ty, $p:ident, $n:expr) => { from_raw_parts($p as *const i32, $n) };
    (write_ints $T:ty, $p:ident, $n:expr) => { from_raw_parts_mut($p as *mut i32, $n) };
    (read_bools $T:ty, $p:ident, $n:expr) => { from_raw_parts($p as *const u8, $n) };
    (maybe_bools $T:ty, $p:ident, $n:expr) => { ($p != 0).then(|| from_raw_parts($p as *const u8, $n)) };
    (write_bools $T:ty, $p:ident, $n:expr) => { from_raw_parts_mut($p as *mut u8, $n) };
}

/// What the checked build knows of an argument: its name, place, size in bytes, and use.
#[cfg(feature = "checked")]
#[rustfmt::skip]
macro_rules! buffer {
    (read $T:ty, $p:ident, $n:expr) => { buffer!(@ $p, $n, $T, false, false) };
    (write $T:ty, $p:ident, $n:expr) => { buffer!(@ $p, $n, $T, true, false) };
    (maybe_read $T:ty, $p:ident, $n:expr) => { buffer!(@ $p, $n, $T, false, true) };
    (maybe_write $T:ty, $p:ident, $n:expr) => { buffer!(@ $p, $n, $T, true, true) };
    (read_ints $T:ty, $p:ident, $n:expr) => { buffer!(@ $p, $n, i32, false, false) };
    (write_ints $T:ty, $p:ident, $n:expr) => { buffer!(@ $p, $n, i32, true, false) };
    (read_bools $T:ty, $p:ident, $n:expr) => { buffer!(@ $p, $n, u8, false, false) };
    (maybe_bools $T:ty, $p:ident, $n:expr) => { buffer!(@ $p, $n, u8, false, true) };
    (write_bools $T:ty, $p:ident, $n:expr) => { buffer!(@ $p, $n, u8, true, false) };
    (@ $p:ident, $n:expr, $T:ty, $written:literal, $optional:literal) => {
        check::Buffer {
            name: stringify!($p), at: $p, bytes: $n * size_of::<$T>(), written: $written, optional: $optional,
        }
    };
}
