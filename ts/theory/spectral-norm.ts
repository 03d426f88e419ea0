import type { Tensor } from "unrolled";

/**
 * σ_max of a matrix, its largest stretch ‖W v‖ / ‖v‖, by power iteration on WᵀW.
 *
 * @param w [M, N]
 * @throws RangeError for what is no matrix
 *
 * @example
 * spectralNorm(tensor([[3, 0], [0, 4]])); // 4
 */
export function spectralNorm(w: Tensor): number {
  if (w.ndim !== 2) throw new RangeError(`spectralNorm: expected a matrix, got ${w}`);
  const [M, N] = w.shape as [number, number];
  const W = w.data();
  let v = Float64Array.from({ length: N }, (_, j) => 1 + ((j * 0.6180339887498949) % 1));
  let σ = 0;
  for (let pass = 0; pass < 10_000; pass++) {
    const u = new Float64Array(M); // W v
    for (let i = 0; i < M; i++) for (let j = 0; j < N; j++) u[i]! += W[i * N + j]! * v[j]!;
    const next = new Float64Array(N); // Wᵀ u
    for (let i = 0; i < M; i++) for (let j = 0; j < N; j++) next[j]! += W[i * N + j]! * u[i]!;
    const length = norm(next);
    if (length === 0) return 0;
    const before = σ;
    σ = norm(u) / norm(v);
    v = next.map((x) => x / length);
    if (Math.abs(σ - before) <= 1e-15 * σ) break;
  }
  return σ;
}

const norm = (v: Float64Array): number => Math.sqrt(v.reduce((s, x) => s + x * x, 0));
