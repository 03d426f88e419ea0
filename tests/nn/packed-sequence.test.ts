import { describe, expect, test } from "vitest";
import {
  add,
  backward,
  type FloatDType,
  gradcheck,
  grad,
  mul,
  nn,
  randn,
  scope,
  sum,
  tensor,
  type Tensor,
} from "../../ts/index.ts";
import { expectRefusal, given, level } from "../support/given.ts";
import { expectGolden, fromGolden, golden, type GoldenTensor } from "../support/golden.ts";
import { close, FLOAT32, FLOAT64 } from "../support/tolerances.ts";

const { packPaddedSequence, packSequence, padPackedSequence, padSequence } = nn;
const { unpackSequence, unpadSequence } = nn;

interface Order {
  batchSizes: number[];
  sortedIndices: number[] | null;
  unsortedIndices: number[] | null;
}
interface Packed extends Order {
  name: string;
  lengths: number[];
  batchFirst: boolean;
  enforceSorted: boolean;
  padOptions: nn.PadPackedOptions;
  tensors: Record<string, GoldenTensor>;
  lengthsAgain: number[];
}
interface Padded extends Order {
  name: string;
  options: nn.PadSequenceOptions;
  enforceSorted: boolean;
  sequences: GoldenTensor[];
  tensors: Record<string, GoldenTensor>;
  grads: GoldenTensor[];
}

const orderOf = ({ batchSizes, sortedIndices, unsortedIndices }: nn.PackedSequence): Order => ({
  batchSizes: [...batchSizes],
  sortedIndices: sortedIndices ? [...sortedIndices] : null,
  unsortedIndices: unsortedIndices ? [...unsortedIndices] : null,
});

const both = <C>(cases: readonly C[]) =>
  cases.flatMap((c) => (["float64", "float32"] as const).map((dtype) => ({ ...c, dtype })));

describe("packing a padded tensor and back equals PyTorch's", () => {
  test.each(both(golden<Packed>("packed-sequence")))("$name in $dtype", ({ dtype, ...c }) => {
    level(() => {
      const { batchFirst, enforceSorted, tensors: t } = c;
      const input = fromGolden(t.input!, dtype, true);
      const packed = packPaddedSequence(input, c.lengths, { batchFirst, enforceSorted });
      expectGolden(packed.data, t.data!, "data");
      const { batchSizes, sortedIndices, unsortedIndices } = c;
      expect(orderOf(packed)).toEqual({ batchSizes, sortedIndices, unsortedIndices });
      backward(sum(mul(packed.data, fromGolden(t.dData!, dtype))));
      expectGolden(input.grad, t.dInput!, "gradient of the input");

      const data = packed.data.detach();
      data.requiresGrad = true;
      const [padded, lengths] = padPackedSequence(
        { ...packed, data },
        { batchFirst, ...c.padOptions },
      );
      expectGolden(padded, t.padded!, "padded");
      expect([...lengths.data()]).toEqual(c.lengthsAgain);
      backward(sum(mul(padded, fromGolden(t.dPadded!, dtype))));
      expectGolden(data.grad, t.dDataAgain!, "gradient of the data");
    });
  });
});

describe("padding and packing sequences equals PyTorch's", () => {
  test.each(both(golden<Padded>("pad-sequence")))("$name in $dtype", ({ dtype, ...c }) => {
    level(() => {
      const xs = c.sequences.map((x) => fromGolden(x, dtype, true));
      const padded = padSequence(xs, c.options);
      expectGolden(padded, c.tensors.padded!, "padded");
      backward(sum(mul(padded, fromGolden(c.tensors.dPadded!, dtype))));
      xs.forEach((x, i) => expectGolden(x.grad, c.grads[i]!, `gradient of sequence ${i}`));
      const packed = packSequence(xs, { enforceSorted: c.enforceSorted });
      expectGolden(packed.data, c.tensors.data!, "data");
      const { batchSizes, sortedIndices, unsortedIndices } = c;
      expect(orderOf(packed)).toEqual({ batchSizes, sortedIndices, unsortedIndices });
    });
  });
});

const ragged = (lengths: number[], dtype: FloatDType = "float64"): Tensor[] =>
  lengths.map((n) => randn([n, 2], { dtype, requiresGrad: true }));

test("what is packed or padded is there again, in the order it came", () => {
  level(() => {
    const xs = ragged([2, 4, 1, 3]);
    const wanted = xs.map((x) => [...x.data()]);
    const values = (ys: Tensor[]): number[][] => ys.map((y) => [...y.data()]);
    expect(values(unpackSequence(packSequence(xs, { enforceSorted: false })))).toEqual(wanted);
    for (const batchFirst of [false, true]) {
      const padded = padSequence(xs, { batchFirst, paddingValue: 9 });
      expect(values(unpadSequence(padded, [2, 4, 1, 3], { batchFirst }))).toEqual(wanted);
      const lengths = tensor([2, 4, 1, 3], { dtype: "int32" });
      const packed = packPaddedSequence(padded, lengths, { batchFirst, enforceSorted: false });
      expect(values(unpackSequence(packed))).toEqual(wanted);
      const [again] = padPackedSequence(packed, { batchFirst, paddingValue: 9 });
      expect([...again.data()]).toEqual([...padded.data()]);
    }
  });
});

test("all of them are differentiable", () => {
  level(() => {
    const w = randn([10, 2], { dtype: "float64" });
    const weighed = (y: Tensor): Tensor => sum(mul(y, mul(w.slice(0, 0, y.shape[0]!), y)));
    const xs = ragged([1, 3, 2]);
    const pack = (xs: Tensor[]): nn.PackedSequence => packSequence(xs, { enforceSorted: false });
    expect(gradcheck((...xs) => weighed(pack(xs).data), xs)).toBe(true);
    expect(gradcheck((...xs) => weighed(padSequence(xs).reshape([9, 2])), xs)).toBe(true);
    const whole = (parts: Tensor[]): Tensor => parts.map(weighed).reduce((a, b) => add(a, b));
    expect(gradcheck((...xs) => whole(unpackSequence(pack(xs))), xs)).toBe(true);
    const padded = randn([3, 2, 2], { dtype: "float64", requiresGrad: true });
    expect(gradcheck((p) => whole(unpadSequence(p!, [3, 1])), [padded])).toBe(true);
  });
});

test("integers are packed and padded too", () => {
  level(() => {
    const ids = [[1, 2, 3], [4]].map((x) => tensor(x, { dtype: "int32" }));
    const packed = packSequence(ids);
    expect(packed.data.dtype).toBe("int32");
    expect(packed.data.toArray()).toEqual([1, 4, 2, 3]);
    expect(packed.batchSizes).toEqual([2, 1, 1]);
    const [padded] = padPackedSequence(packed, { batchFirst: true, paddingValue: -1 });
    expect(padded.toArray()).toEqual([
      [1, 2, 3],
      [4, -1, -1],
    ]);
  });
});

test("a scope that returns a packed sequence keeps its data", () => {
  level(() => {
    const packed = scope(() => packSequence([randn([2, 1]), randn([1, 1])]));
    expect(packed.data.isFreed).toBe(false);
  });
});

const pair = (): Tensor => given([3, 2, 1]);
const good = { batchSizes: [2, 1], sortedIndices: undefined, unsortedIndices: undefined };

test.each<[string, () => unknown, RegExp]>([
  [
    "lengths that increase",
    () => packPaddedSequence(pair(), [1, 3]),
    /expected lengths not to increase; enforceSorted: false sorts them, got \[1, 3\]/,
  ],
  [
    "a length of 0",
    () => packPaddedSequence(pair(), [3, 0]),
    /length 1 to be an integer of at least 1/,
  ],
  [
    "a length past the end",
    () => packPaddedSequence(pair(), [4, 1]),
    /length 0 to be at most the 3/,
  ],
  [
    "a batch of none",
    () => packPaddedSequence(given([3, 0, 1]), []),
    /the padded tensor to have one sequence at least, got \[3, 0, 1\]/,
  ],
  ["too few lengths", () => packPaddedSequence(pair(), [3]), /lengths to be 2, one for each row/],
  [
    "lengths of another dtype",
    () => packPaddedSequence(pair(), given([2])),
    /expected lengths to be numbers or an int32 \[B\], got float32/,
  ],
  [
    "a padded tensor without a batch",
    () => packPaddedSequence(given([3]), [3]),
    /\[T, B, \.\.\.\]/,
  ],
  ["no tensor", () => packPaddedSequence(3 as never, [3]), /the padded tensor to be a tensor/],
  ["no sequences to pack", () => packSequence([]), /the sequences to be one at least/],
  ["no sequences to pad", () => padSequence([]), /the sequences to be one at least/],
  ["no array", () => padSequence(given([2, 1]) as never), /expected an array of tensors/],
  [
    "an empty sequence",
    () => packSequence([given([2, 1]), given([0, 1])]),
    /length 1 to be an integer/,
  ],
  [
    "sequences of different widths",
    () => padSequence([given([2, 1]), given([2, 2])]),
    /sequence 1 to be float32 \[T, 1\], as the first, got float32 \[2, 2\]/,
  ],
  [
    "sequences of different dtypes",
    () => padSequence([given([2]), given([2], "float64")]),
    /sequence 1 to be float32 \[T\], as the first, got float64 \[2\]/,
  ],
  ["a sequence without time", () => packSequence([given([])]), /sequence 0 to have a time axis/],
  [
    "a side that is none",
    () => padSequence([given([2])], { paddingSide: "up" as never }),
    /paddingSide to be "right" or "left", got up/,
  ],
  ["more steps than there are", () => unpadSequence(pair(), [4, 1]), /length 0 to be at most/],
  [
    "a total that is too short",
    () => padPackedSequence({ data: given([3, 1]), ...good }, { totalLength: 1 }),
    /totalLength to be an integer of at least 2, got 1/,
  ],
  ["what is not packed", () => padPackedSequence(given([3, 1]) as never), /a packed sequence/],
  ["what is not packed either", () => unpackSequence(null as never), /a packed sequence, got null/],
  [
    "sizes that increase",
    () => unpackSequence({ ...good, data: given([3, 1]), batchSizes: [1, 2] }),
    /batchSizes not to increase/,
  ],
  [
    "sizes that do not add up",
    () => unpackSequence({ ...good, data: given([4, 1]) }),
    /data to have Σ b_t = 3 rows, got \[4, 1\]/,
  ],
  [
    "no sizes",
    () => unpackSequence({ ...good, data: given([4, 1]), batchSizes: [] }),
    /batchSizes to be an array with one size at least/,
  ],
  [
    "an order that is none",
    () =>
      unpackSequence({
        data: given([3, 1]),
        batchSizes: [2, 1],
        sortedIndices: [1, 1],
        unsortedIndices: [1, 0],
      }),
    /permutations of 2, each the other's inverse/,
  ],
])("%s is refused", (_, f, message) => expectRefusal(f, message));

describe.each(["rnn", "lstm", "gru"] as const)("%s", (kind) => {
  const Net = { rnn: nn.RNN, lstm: nn.LSTM, gru: nn.GRU }[kind];

  test.each(["float64", "float32"] as const)(
    "a packed batch is each of its sequences alone, padding or not, in %s",
    (dtype) => {
      const net = new Net(2, 3, { numLayers: 2, bidirectional: true, dtype });
      level(() => {
        const xs = ragged([2, 5, 3], dtype);
        const padded = padSequence(xs, { paddingValue: NaN }); // whatever reads the padding shows
        const packed = packPaddedSequence(padded, [2, 5, 3], { enforceSorted: false });
        const [hs, final] = net.forward(packed);
        unpackSequence(hs).forEach((h, b) => {
          const [alone, state] = net.forward(xs[b]!);
          expectClose(h, alone);
          [final].flat().forEach((s, k) => expectClose(s.select(1, b), [state].flat()[k]!));
        });
        const [dPadded] = grad(sum(hs.data), xs);
        expect(dPadded!.data().every(Number.isFinite)).toBe(true);
      });
      net.free();
    },
  );

  test("a packed batch has outputs for its steps, not for the padding", () => {
    const net = new Net(4, 8);
    level(() => {
      const lengths = [100, ...new Array<number>(15).fill(5)]; // 175 steps of 1,600
      const packed = packPaddedSequence(randn([100, 16, 4]), lengths);
      expect(packed.data.shape).toEqual([175, 4]);
      expect(net.forward(packed)[0].data.shape).toEqual([175, 8]);
    });
    net.free();
  });

  test("packed input that does not fit is refused", () => {
    const net = new Net(2, 3);
    expectRefusal(
      () => net.forward({ ...good, data: given([3, 1]) }),
      /expected the packed data \[Σ b_t, 2\] \(inputSize = 2\), got \[3, 1\]/,
    );
    expectRefusal(
      () => net.forward({ ...good, data: given([3, 2], "float64") }),
      /expected a float32 input, as the parameters are/,
    );
    const wrong = (): Tensor => given([1, 3, 3]);
    expectRefusal(
      () =>
        net.forward(
          { ...good, data: given([3, 2]) },
          (kind === "lstm" ? [wrong(), wrong()] : wrong()) as never,
        ),
      /expected h0 to be \[1, 2, 3\] = \[numLayers · directions, B, hiddenSize\], got \[1, 3, 3\]/,
    );
    net.free();
  });
});

function expectClose(got: Tensor, want: Tensor): void {
  expect(got.shape).toEqual(want.shape);
  const tolerance = got.dtype === "float64" ? FLOAT64 : FLOAT32;
  const [g, w] = [got.data(), want.data()];
  for (let i = 0; i < w.length; i++) expect(close(g[i]!, w[i]!, tolerance)).toBe(true);
}
