/** Other orders of the same numbers. */

/** [M, N] as [N, M] */
export function transposed({ data, shape: [M, N] }) {
  return {
    data: Float32Array.from(data, (_, k) => data[(k % M) * N + Math.floor(k / M)]),
    shape: [N, M],
  };
}

/** [A, B, C] as [B, A, C] */
export function swapped({ data, shape: [A, B, C] }) {
  const from = (k) => {
    const [b, a, c] = [Math.floor(k / (A * C)), Math.floor(k / C) % A, k % C];
    return (a * B + b) * C + c;
  };
  return { data: data.map((_, k) => data[from(k)]), shape: [B, A, C] };
}

/** The blocks of H rows in another order. */
export function reordered({ data, shape }, order) {
  const block = data.length / order.length;
  const parts = order.map((g) => [...data.subarray(g * block, (g + 1) * block)]);
  return { data: Float32Array.from(parts.flat()), shape };
}
