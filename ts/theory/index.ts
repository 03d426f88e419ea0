/** @file `unrolled/theory`: the mathematics of recurrent nets, as functions that can be run. */

// oxlint-disable-next-line unicorn/require-module-specifiers -- nothing is here yet
export {};
