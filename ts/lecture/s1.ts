/** @file Partial derivatives by slot, the compound function, and the chain rule of a recurrent net. */

import { add, Generator, matmul, mul, rand, randn, reshape, scope, sin, slice, square, sub, tanh, tensor, type Tensor } from "unrolled"; // prettier-ignore
import { bptt, partial, rtrl, type Step, total } from "../theory/index.ts";
import { compound } from "../viz/compound.ts";
import { matrices } from "../viz/matrices.ts";
import type { Exhibit, Picture, Verdict } from "./exhibit.ts";
import { above, below, exactly, within } from "./measure.ts";

const f = (a: Tensor, b: Tensor): Tensor => sub(square(a), square(b));
const whole = (x: Tensor): Tensor => f(x, sin(x));

export const exhibit: Exhibit = {
  id: "S1",
  title: "The derivative of a compound function",
  statement:
    "∂f(x, g(x))/∂x = ∂₀f(x, g(x)) + ∂₁f(x, g(x)) ∂g(x)/∂x: for x² − sin² x it is 2x − 2 sin x cos x. " +
    "In the same way dh₂/dw = ∂₂f(x₂, h₁, w) + ∂₁f(x₂, h₁, w) dh₁/dw.",
  run({ progress }) {
    const [onePath, twoPaths] = [scalar(), recurrent()];
    progress(1);
    return {
      verdicts: [...onePath.verdicts, ...twoPaths.verdicts],
      pictures: [onePath.picture, twoPaths.picture],
    };
  },
};

function scalar(): { verdicts: Verdict[]; picture: Picture } {
  return scope(() => {
    const x = tensor(0.7, { dtype: "float64" });
    const g = sin(x);
    const [d0, d1] = [partial(f, 0)(x, g).item(), partial(f, 1)(x, g).item()];
    const dg = partial(sin, 0)(x).item();
    const slope = total(whole)(x).item();

    let worst = 0;
    for (const v of rand([100], { dtype: "float64", generator: new Generator(1) }).data()) {
      const at = 6 * v - 3;
      const want = 2 * at - sin(tensor(2 * at, { dtype: "float64" })).item();
      worst = Math.max(worst, Math.abs(total(whole)(at).item() - want));
    }
    return {
      verdicts: [
        within("x² − sin² x at 0.7, differentiated", 0.41455027001153966, slope, 1e-15),
        exactly("∂₀f at (0.7, sin 0.7) is 2x", 1.4, d0),
        exactly("∂₁f there is −2 sin x", -2 * g.item(), d1),
        below("∂₀f + ∂₁f · g′ and the derivative along every path differ by", 1e-15, Math.abs(d0 + d1 * dg - slope)), // prettier-ignore
        below("2x − sin 2x at 100 random x: largest difference", 1e-12, worst),
      ],
      picture: {
        caption:
          "x reaches f by two paths. A partial derivative belongs to a slot of f; the derivative by x adds what comes along each path.",
        svg: compound({
          x: 0.7,
          g: g.item(),
          f: f(x, g).item(),
          d0,
          d1,
          dg,
          letters: { f: "a^2 − b^2", g: "sin x", d0: "2x", d1: "−2 sin x", dg: "cos x", total: "2x − sin 2x" }, // prettier-ignore
        }),
      },
    };
  });
}

const [H, I] = [3, 2];

/** h′ = tanh(W x + U h + b), all weights in one vector. */
const cell: Step = (x, h, w) => {
  const part = (from: number, shape: readonly number[]): Tensor =>
    reshape(slice(w, 0, from, from + shape.reduce((a, b) => a * b)), shape);
  const [W, U, b] = [part(0, [H, I]), part(H * I, [H, H]), part(H * (I + H), [H])];
  return tanh(add(add(matmul(W, x), matmul(U, h)), b));
};

function recurrent(): { verdicts: Verdict[]; picture: Picture } {
  return scope(() => {
    const generator = new Generator(1);
    const draw = (n: number): Tensor => randn([n], { dtype: "float64", generator });
    const xs = Array.from({ length: 5 }, () => draw(I));
    const [h0, w] = [draw(H), mul(draw(H * (I + H + 1)), 0.7)];
    const [forward, reverse] = [rtrl(cell, xs, h0, w), bptt(cell, xs, h0, w)];
    const last = (w: Tensor): Tensor => xs.reduce((h, x) => cell(x, h, w), h0);

    const [x1, x2] = xs as [Tensor, Tensor];
    const h1 = cell(x1, h0, w);
    const through = matmul(partial(cell, 1)(x2, h1, w), partial(cell, 2)(x1, h0, w));
    const immediate = partial(cell, 2)(x2, h1, w);
    const dh2 = bptt(cell, [x1, x2], h0, w);
    return {
      verdicts: [
        below("five steps: forward mode (RTRL) and reverse mode (BPTT) differ by", 1e-13, apart(forward, reverse)), // prettier-ignore
        below("BPTT and central differences differ by", 1e-7, apart(reverse, differences(last, w))),
        below(
          "∂₂f + ∂₁f · dh₁/dw and dh₂/dw differ by",
          1e-13,
          apart(add(immediate, through), dh2),
        ),
        above("the slide's first formula, without ∂₂f, is wrong: it differs by", 0.1, apart(through, dh2)), // prettier-ignore
      ],
      picture: {
        caption: `dh₂/dw for a net with ${H} units, ${I} inputs and ${w.size} weights: what the second step adds itself, and what comes through h₁.`,
        svg: matrices({
          matrices: [
            { name: "∂_2f(x_2, h_1, w)", rows: rowsOf(immediate) },
            { name: "∂_1f · dh_1/dw", rows: rowsOf(through), before: "+" },
            { name: "dh_2/dw", rows: rowsOf(dh2), before: "=" },
          ],
          description: "Two matrices and their sum.",
        }),
      },
    };
  });
}

/** The largest difference. */
function apart(a: Tensor, b: Tensor): number {
  const B = b.data();
  return Math.max(...Array.from(a.data(), (v, i) => Math.abs(v - B[i]!)));
}

const rowsOf = (t: Tensor): number[][] => t.toArray() as number[][];

/** dh/dw by central differences, [H, |w|]. */
function differences(f: (w: Tensor) => Tensor, w: Tensor, ε = 1e-5): Tensor {
  const at = (p: number, d: number): Tensor => {
    const moved = w.data();
    moved[p]! += d;
    return f(tensor(moved));
  };
  const columns = Array.from({ length: w.size }, (_, p) =>
    mul(sub(at(p, ε), at(p, -ε)), 1 / (2 * ε)),
  );
  const flat = columns.map((c) => c.data());
  return tensor(
    Float64Array.from({ length: H * w.size }, (_, i) => flat[i % w.size]![Math.floor(i / w.size)]!),
    [H, w.size],
  );
}
