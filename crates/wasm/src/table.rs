//! The rows.
//!
//! A row is `name: type, ... = module::kernel(buffers; sizes; scalars)`; each name is exported for its element type.
//! `read x[len]` is `&[T]`, `write x[len]` is `&mut [T]`; with `maybe_` in front, a null pointer is `None`; `ints` are
//! i32 (indices) and `bools` are u8 (masks) whatever T is. Sizes are `usize`, scalars `f64`. The lengths are the safety
//! contract: TypeScript owns the memory, and promises that each pointer has that many elements, and that nothing
//! written overlaps anything else. The `checked` build verifies the promise on every call.

#[cfg(feature = "checked")]
use crate::check;
use crate::scratch::*;
use core::slice::{from_raw_parts, from_raw_parts_mut};
use wasm_bindgen::prelude::wasm_bindgen;

#[rustfmt::skip]
export! {
    accumulate: f32, accumulate_f64: f64 = pointwise::accumulate(read x[n], write y[n]; n);
    neg: f32, neg_f64: f64 = pointwise::neg(read x[n], write y[n]; n);
    abs: f32, abs_f64: f64 = pointwise::abs(read x[n], write y[n]; n);
    sign: f32, sign_f64: f64 = pointwise::sign(read x[n], write y[n]; n);
    sqrt: f32, sqrt_f64: f64 = pointwise::sqrt(read x[n], write y[n]; n);
    exp: f32, exp_f64: f64 = pointwise::exp(read x[n], write y[n]; n);
    log: f32, log_f64: f64 = pointwise::log(read x[n], write y[n]; n);
    sin: f32, sin_f64: f64 = pointwise::sin(read x[n], write y[n]; n);
    cos: f32, cos_f64: f64 = pointwise::cos(read x[n], write y[n]; n);
    tanh: f32, tanh_f64: f64 = pointwise::tanh(read x[n], write y[n]; n);
    sigmoid: f32, sigmoid_f64: f64 = pointwise::sigmoid(read x[n], write y[n]; n);
    erf: f32, erf_f64: f64 = pointwise::erf(read x[n], write y[n]; n);
    relu: f32, relu_f64: f64 = pointwise::relu(read x[n], write y[n]; n);
    silu: f32, silu_f64: f64 = pointwise::silu(read x[n], write y[n]; n);
    gelu: f32, gelu_f64: f64 = pointwise::gelu(read x[n], write y[n]; n);
    gelu_tanh: f32, gelu_tanh_f64: f64 = pointwise::gelu_tanh(read x[n], write y[n]; n);
    softplus: f32, softplus_f64: f64 = pointwise::softplus(read x[n], write y[n]; n; beta, threshold);
    clip: f32, clip_f64: f64 = pointwise::clip(read x[n], write y[n]; n; low, high);
    tanh_backward: f32, tanh_backward_f64: f64 = pointwise::tanh_backward(read y[n], read dy[n], write dx[n]; n);
    sigmoid_backward: f32, sigmoid_backward_f64: f64 = pointwise::sigmoid_backward(read y[n], read dy[n], write dx[n]; n);
    relu_backward: f32, relu_backward_f64: f64 = pointwise::relu_backward(read y[n], read dy[n], write dx[n]; n);
    silu_backward: f32, silu_backward_f64: f64 = pointwise::silu_backward(read x[n], read dy[n], write dx[n]; n);
    gelu_backward: f32, gelu_backward_f64: f64 = pointwise::gelu_backward(read x[n], read dy[n], write dx[n]; n);
    gelu_tanh_backward: f32, gelu_tanh_backward_f64: f64 = pointwise::gelu_tanh_backward(read x[n], read dy[n], write dx[n]; n);

    add: f32, add_f64: f64 = pointwise::add(maybe_read a[a_len], maybe_read b[b_len], write y[n]; n, a_len, b_len; number);
    sub: f32, sub_f64: f64 = pointwise::sub(maybe_read a[a_len], maybe_read b[b_len], write y[n]; n, a_len, b_len; number);
    mul: f32, mul_f64: f64 = pointwise::mul(maybe_read a[a_len], maybe_read b[b_len], write y[n]; n, a_len, b_len; number);
    div: f32, div_f64: f64 = pointwise::div(maybe_read a[a_len], maybe_read b[b_len], write y[n]; n, a_len, b_len; number);
    pow: f32, pow_f64: f64 = pointwise::pow(maybe_read a[a_len], maybe_read b[b_len], write y[n]; n, a_len, b_len; number);
    maximum: f32, maximum_f64: f64 = pointwise::maximum(maybe_read a[a_len], maybe_read b[b_len], write y[n]; n, a_len, b_len; number);
    minimum: f32, minimum_f64: f64 = pointwise::minimum(maybe_read a[a_len], maybe_read b[b_len], write y[n]; n, a_len, b_len; number);
    eq: f32, eq_f64: f64, eq_i32: i32, eq_u8: u8 = compare::eq(maybe_read a[a_len], maybe_read b[b_len], write_bools y[n]; n, a_len, b_len; number);
    lt: f32, lt_f64: f64, lt_i32: i32, lt_u8: u8 = compare::lt(maybe_read a[a_len], maybe_read b[b_len], write_bools y[n]; n, a_len, b_len; number);
    le: f32, le_f64: f64, le_i32: i32, le_u8: u8 = compare::le(maybe_read a[a_len], maybe_read b[b_len], write_bools y[n]; n, a_len, b_len; number);
    choose: f32, choose_f64: f64, choose_i32: i32, choose_u8: u8 = compare::choose(read_bools c[c_len], maybe_read a[a_len], maybe_read b[b_len], write y[n]; n, c_len, a_len, b_len; a_number, b_number);

    sum: f32, sum_f64: f64 = reduce::sum(read x[outer * n * inner], write y[outer * inner]; outer, n, inner);
    max: f32, max_f64: f64 = reduce::max(read x[outer * n * inner], write y[outer * inner]; outer, n, inner);
    min: f32, min_f64: f64 = reduce::min(read x[outer * n * inner], write y[outer * inner]; outer, n, inner);
    argmax: f32, argmax_f64: f64 = reduce::argmax(read x[outer * n * inner], write_ints y[outer * inner]; outer, n, inner);
    argmin: f32, argmin_f64: f64 = reduce::argmin(read x[outer * n * inner], write_ints y[outer * inner]; outer, n, inner);
    cumsum: f32, cumsum_f64: f64 = reduce::cumsum(read x[outer * n * inner], write y[outer * n * inner]; outer, n, inner, reverse);

    softmax: f32, softmax_f64: f64 = softmax::softmax(read x[rows * n], write y[rows * n]; rows, n);
    log_softmax: f32, log_softmax_f64: f64 = softmax::log_softmax(read x[rows * n], write y[rows * n]; rows, n);
    softmax_backward: f32, softmax_backward_f64: f64 = softmax::softmax_backward(read y[rows * n], read dy[rows * n], write dx[rows * n]; rows, n);
    log_softmax_backward: f32, log_softmax_backward_f64: f64 = softmax::log_softmax_backward(read y[rows * n], read dy[rows * n], write dx[rows * n]; rows, n);

    cache_append: f32, cache_append_f64: f64 = cache::append(read x[(batch * steps - 1) * width + heads * size], read_ints starts[batch], write cache[batch * heads * capacity * size]; batch, steps, heads, size, capacity, width);
    cache_attend: f32, cache_attend_f64: f64 = cache::attend(read q[(batch * steps - 1) * width + heads * size], read keys[batch * heads * capacity * size], read values[batch * heads * capacity * size], read_ints starts[batch], maybe_read bias[heads * capacity], write y[batch * steps * heads * size], write scratch[cache_scratch(capacity, size)]; batch, steps, heads, size, capacity, width, causal; scale);

    norm_forward: f32, norm_forward_f64: f64 = norm::forward(read x[rows * n], maybe_read weight[n], maybe_read bias[n], write y[rows * n], write mean[rows], write scale[rows]; rows, n, centred; eps);
    norm_backward: f32, norm_backward_f64: f64 = norm::backward(read x[rows * n], maybe_read weight[n], read dy[rows * n], read mean[rows], read scale[rows], write dx[rows * n]; rows, n, centred);
    norm_weight: f32, norm_weight_f64: f64 = norm::backward_weight(read x[rows * n], read dy[rows * n], read mean[rows], read scale[rows], write dw[n]; rows, n);

    slice: f32, slice_f64: f64, slice_u8: u8 = copy::slice(read x[outer * n * inner], write y[outer * m * inner]; outer, n, inner, m, start, step);
    place: f32, place_f64: f64, place_u8: u8 = copy::place(read x[outer * m * inner], write y[outer * n * inner]; outer, n, inner, m, start, step);
    transpose: f32, transpose_f64: f64, transpose_u8: u8 = copy::transpose(read x[batch * rows * cols * inner], write y[batch * rows * cols * inner]; batch, rows, cols, inner);
    repeat: f32, repeat_f64: f64, repeat_u8: u8 = copy::repeat(read x[outer * inner], write y[outer * n * inner]; outer, n, inner);
    triangle: f32, triangle_f64: f64, triangle_u8: u8 = copy::triangle(read x[batch * rows * cols], write y[batch * rows * cols]; batch, rows, cols, shifted, upper);
    index_select: f32, index_select_f64: f64, index_select_u8: u8 = indexing::index_select(read x[outer * n * inner], read_ints ids[m], write y[outer * m * inner]; outer, n, inner, m);
    index_add: f32, index_add_f64: f64 = indexing::index_add(read x[outer * m * inner], read_ints ids[m], write y[outer * n * inner]; outer, n, inner, m);
    gather: f32, gather_f64: f64, gather_u8: u8 = indexing::gather(read x[outer * n * inner], read_ints ids[outer * m * inner], write y[outer * m * inner]; outer, n, inner, m);
    scatter_add: f32, scatter_add_f64: f64 = indexing::scatter_add(read x[outer * m * inner], read_ints ids[outer * m * inner], write y[outer * n * inner]; outer, n, inner, m);

    gemm_nn: f32, gemm_nn_f64: f64 = gemm::nn(read a[(batch - 1) * a_stride + m * k], read b[(batch - 1) * b_stride + k * n], write c[batch * m * n], write scratch[gemm_scratch(batch * m, n, k)]; m, n, k, batch, a_stride, b_stride);
    gemm_nt: f32, gemm_nt_f64: f64 = gemm::nt(read a[(batch - 1) * a_stride + m * k], read b[(batch - 1) * b_stride + n * k], write c[batch * m * n], write scratch[gemm_scratch(batch * m, n, k)]; m, n, k, batch, a_stride, b_stride);
    gemm_tn: f32, gemm_tn_f64: f64 = gemm::tn(read a[(batch - 1) * a_stride + k * m], read b[(batch - 1) * b_stride + k * n], write c[batch * m * n], write scratch[gemm_scratch(batch * m, n, k)]; m, n, k, batch, a_stride, b_stride);
    gemm_tt: f32, gemm_tt_f64: f64 = gemm::tt(read a[(batch - 1) * a_stride + k * m], read b[(batch - 1) * b_stride + n * k], write c[batch * m * n], write scratch[gemm_scratch(batch * m, n, k)]; m, n, k, batch, a_stride, b_stride);

    conv1d: f32, conv1d_f64: f64 = conv::forward(read x[batch * groups * inputs * length], read w[groups * outputs * inputs * width], write y[batch * groups * outputs * steps], write scratch[conv_scratch(inputs * width, outputs, steps)]; batch, groups, inputs, outputs, length, steps, width, stride, dilation, padding);
    conv1d_input: f32, conv1d_input_f64: f64 = conv::backward_input(read dy[batch * groups * outputs * steps], read w[groups * outputs * inputs * width], write dx[batch * groups * inputs * length], write scratch[conv_scratch(inputs * width, outputs, steps)]; batch, groups, inputs, outputs, length, steps, width, stride, dilation, padding);
    conv1d_weight: f32, conv1d_weight_f64: f64 = conv::backward_weight(read dy[batch * groups * outputs * steps], read x[batch * groups * inputs * length], write dw[groups * outputs * inputs * width], write scratch[conv_scratch(inputs * width, outputs, steps)]; batch, groups, inputs, outputs, length, steps, width, stride, dilation, padding);

    rnn_forward: f32, rnn_forward_f64: f64 = rnn::forward(read x[time * batch * input], maybe_read h0[batch * hidden], read w_ih[1 * hidden * input], read w_hh[1 * hidden * hidden], maybe_read b_ih[1 * hidden], maybe_read b_hh[1 * hidden], write hs[time * batch * hidden], write hn[batch * hidden], write scratch[recurrent_scratch(time, batch, input, hidden, hidden, 1)]; time, batch, input, hidden, reverse, relu);
    rnn_backward: f32, rnn_backward_f64: f64 = rnn::backward(read x[time * batch * input], maybe_read h0[batch * hidden], read w_ih[1 * hidden * input], read w_hh[1 * hidden * hidden], read hs[time * batch * hidden], maybe_read dhs[time * batch * hidden], maybe_read dhn[batch * hidden], maybe_write dx[time * batch * input], maybe_write dh0[batch * hidden], maybe_write dw_ih[1 * hidden * input], maybe_write dw_hh[1 * hidden * hidden], maybe_write db_ih[1 * hidden], maybe_write db_hh[1 * hidden], write dgates[time * batch * hidden], write carry[batch * hidden], write scratch[recurrent_scratch(time, batch, input, hidden, hidden, 1)]; time, batch, input, hidden, reverse, relu);
    lstm_forward: f32, lstm_forward_f64: f64 = lstm::forward(read x[time * batch * input], maybe_read h0[batch * output], maybe_read c0[batch * hidden], read w_ih[4 * hidden * input], read w_hh[4 * hidden * output], maybe_read b_ih[4 * hidden], maybe_read b_hh[4 * hidden], maybe_read w_hr[output * hidden], write hs[time * batch * output], maybe_write us[time * batch * hidden], write cs[time * batch * hidden], write act[4 * time * batch * hidden], write hn[batch * output], write cn[batch * hidden], write scratch[recurrent_scratch(time, batch, input, hidden, output, 4)]; time, batch, input, hidden, output, reverse);
    lstm_backward: f32, lstm_backward_f64: f64 = lstm::backward(read x[time * batch * input], maybe_read h0[batch * output], maybe_read c0[batch * hidden], read w_ih[4 * hidden * input], read w_hh[4 * hidden * output], maybe_read w_hr[output * hidden], read hs[time * batch * output], maybe_read us[time * batch * hidden], read cs[time * batch * hidden], read act[4 * time * batch * hidden], maybe_read dhs[time * batch * output], maybe_read dhn[batch * output], maybe_read dcn[batch * hidden], maybe_write dx[time * batch * input], maybe_write dh0[batch * output], maybe_write dc0[batch * hidden], maybe_write dw_ih[4 * hidden * input], maybe_write dw_hh[4 * hidden * output], maybe_write db_ih[4 * hidden], maybe_write db_hh[4 * hidden], maybe_write dw_hr[output * hidden], write dgates[4 * time * batch * hidden], write dh[batch * output], write dc[batch * hidden], maybe_write dprojected[time * batch * output], maybe_write du[batch * hidden], write scratch[recurrent_scratch(time, batch, input, hidden, output, 4)]; time, batch, input, hidden, output, reverse);
    gru_forward: f32, gru_forward_f64: f64 = gru::forward(read x[time * batch * input], maybe_read h0[batch * hidden], read w_ih[3 * hidden * input], read w_hh[3 * hidden * hidden], maybe_read b_ih[3 * hidden], maybe_read b_hh[3 * hidden], write hs[time * batch * hidden], write act[3 * time * batch * hidden], write ms[time * batch * hidden], write hn[batch * hidden], write recurrent[3 * batch * hidden], write scratch[recurrent_scratch(time, batch, input, hidden, hidden, 3)]; time, batch, input, hidden, reverse);
    gru_backward: f32, gru_backward_f64: f64 = gru::backward(read x[time * batch * input], maybe_read h0[batch * hidden], read w_ih[3 * hidden * input], read w_hh[3 * hidden * hidden], read hs[time * batch * hidden], read act[3 * time * batch * hidden], read ms[time * batch * hidden], maybe_read dhs[time * batch * hidden], maybe_read dhn[batch * hidden], maybe_write dx[time * batch * input], maybe_write dh0[batch * hidden], maybe_write dw_ih[3 * hidden * input], maybe_write dw_hh[3 * hidden * hidden], maybe_write db_ih[3 * hidden], maybe_write db_hh[3 * hidden], write dxs[3 * time * batch * hidden], write dus[3 * time * batch * hidden], write carry[batch * hidden], write scratch[recurrent_scratch(time, batch, input, hidden, hidden, 3)]; time, batch, input, hidden, reverse);

    attention_forward: f32, attention_forward_f64: f64 = attention::forward(read q[batch * heads * group * queries * features], read k[batch * heads * keys * features], read v[batch * heads * keys * values], maybe_bools keep[mask_len], maybe_read bias[mask_len], write out[batch * heads * group * queries * values], write lse[batch * heads * group * queries], write scratch[attention_scratch(group * queries, keys, features, values)]; batch, heads, group, queries, keys, features, values, mask_len, mask_batch, mask_head, mask_row, mask_col, causal, lower_right, seed_lo, seed_hi, counter_lo, counter_hi; scale, dropout);
    attention_backward: f32, attention_backward_f64: f64 = attention::backward(read q[batch * heads * group * queries * features], read k[batch * heads * keys * features], read v[batch * heads * keys * values], maybe_bools keep[mask_len], maybe_read bias[mask_len], read out[batch * heads * group * queries * values], read lse[batch * heads * group * queries], read dout[batch * heads * group * queries * values], maybe_write dq[batch * heads * group * queries * features], maybe_write dk[batch * heads * keys * features], maybe_write dv[batch * heads * keys * values], maybe_write dbias[mask_len], write scratch[attention_scratch(group * queries, keys, features, values)]; batch, heads, group, queries, keys, features, values, mask_len, mask_batch, mask_head, mask_row, mask_col, causal, lower_right, seed_lo, seed_hi, counter_lo, counter_hi; scale, dropout);

    uniform: f32, uniform_f64: f64 = random::uniform(write y[n]; n, seed_lo, seed_hi, counter_lo, counter_hi; low, high);
    normal: f32, normal_f64: f64 = random::normal(write y[n]; n, seed_lo, seed_hi, counter_lo, counter_hi; mean, std);
    dropout: f32, dropout_f64: f64 = random::dropout(read x[n], write y[n]; n, seed_lo, seed_hi, counter_lo, counter_hi; p);
    bernoulli: f32, bernoulli_f64: f64 = random::bernoulli(read p[n], write y[n]; n, seed_lo, seed_hi, counter_lo, counter_hi);
    randint: i32 = random::randint(write y[n]; n, seed_lo, seed_hi, counter_lo, counter_hi; low, high);
    permutation: i32 = random::permutation(write y[n]; n, seed_lo, seed_hi, counter_lo, counter_hi);

    sgd: f32, sgd_f64: f64 = optim::sgd(write p[n], read g[n], maybe_write buffer[n]; n, first, nesterov, maximize; lr, momentum, dampening, decay);
    rmsprop: f32, rmsprop_f64: f64 = optim::rmsprop(write p[n], read g[n], write v[n], maybe_write mean[n], maybe_write buffer[n]; n, maximize; lr, alpha, eps, momentum, decay);
    adam: f32, adam_f64: f64 = optim::adam(write p[n], read g[n], write m[n], write v[n], maybe_write largest[n]; n, decoupled, maximize; lr, step, root, beta1, beta2, eps, decay);
    scale: f32, scale_f64: f64 = optim::scale(write g[n]; n; factor);
    clamp: f32, clamp_f64: f64 = optim::clamp(write g[n]; n; limit);
}

/// Σ g² of a float32 tensor, added up in f64.
#[cfg(not(feature = "compact"))]
#[wasm_bindgen]
pub fn sum_of_squares(g: usize, n: usize) -> f64 {
    let mut y = [0.0];
    // SAFETY: TypeScript promises that many elements.
    kernels::optim::squares(unsafe { from_raw_parts(g as *const f32, n) }, &mut y);
    y[0]
}

/// The same of a float64 tensor.
#[cfg(any(feature = "checked", feature = "compact"))]
#[wasm_bindgen]
pub fn sum_of_squares_f64(g: usize, n: usize) -> f64 {
    let mut y = [0.0];
    // SAFETY: TypeScript promises that many elements.
    kernels::optim::squares(unsafe { from_raw_parts(g as *const f64, n) }, &mut y);
    y[0]
}
