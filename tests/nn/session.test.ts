import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { concat, memory, nn, randn, scope, stack, tensor, type Tensor } from "../../ts/index.ts";
import { close, FLOAT32 } from "../support/tolerances.ts";
import { seedAndLevelEach } from "../support/given.ts";

seedAndLevelEach(7);

const T = 6;
const B = 3;

const pushAll = (session: nn.Session, xs: Tensor): Tensor =>
  stack(Array.from({ length: xs.shape[0]! }, (_, t) => session.push(xs.select(0, t))));

/** One step's products add up in another order than those of a sequence. */
function expectClose(got: Tensor, want: ArrayLike<number>): void {
  expect(got.size).toBe(want.length);
  got.data().forEach((g, i) => expect(close(g, want[i]!, FLOAT32)).toBe(true));
}

const NETS: [string, () => nn.RNN | nn.LSTM | nn.GRU | nn.CompositeLSTM][] = [
  ["RNN", () => new nn.RNN(2, 5, { numLayers: 2, nonlinearity: "relu" })],
  ["LSTM", () => new nn.LSTM(2, 5, { numLayers: 2 })],
  ["GRU", () => new nn.GRU(2, 5, { numLayers: 3, bias: false })],
  [
    "LSTM with dropout",
    () => new nn.LSTM(2, 5, { numLayers: 2, dropout: 0.5, recurrentDropout: 0.5 }),
  ],
  ["LSTM with a projection", () => new nn.LSTM(2, 5, { numLayers: 2, projSize: 3 })],
  ["LSTM in float64", () => new nn.LSTM(2, 5, { dtype: "float64" })],
  ["PeepholeLSTM", () => new nn.PeepholeLSTM(2, 5)],
  ["LayerNormLSTM", () => new nn.LayerNormLSTM(2, 5, 2)],
];

describe.each(NETS)("a session of an %s", (_, make) => {
  let net: ReturnType<typeof make>;
  beforeEach(() => (net = make()));
  afterEach(() => net.free());
  const input = (...shape: number[]): Tensor => randn(shape, { dtype: net.dtype });
  const whole = (xs: Tensor): [number[], number[][]] => {
    net.eval();
    const [hs, state] = net.forward(xs) as [Tensor, Tensor | Tensor[]];
    net.train();
    return [[...hs.data()], [state].flat().map((s) => [...s.data()])];
  };

  test("gives step by step what forward gives at once", () => {
    const session = net.session({ batch: B });
    scope(() => {
      const xs = input(T, B, 2);
      const [hs, state] = whole(xs);
      expectClose(pushAll(session, xs), hs);
      session.states().forEach((s, i) => expectClose(s, state[i]!));
    });
    session.free();
  });

  test("resets the rows that are asked for, and no others", () => {
    const session = net.session({ batch: B });
    scope(() => {
      const [first, second] = [input(T, B, 2), input(T, B, 2)];
      pushAll(session, first);
      const after = pushAll(session.reset([1]), second);
      const fresh = pushAll(session.reset(), second);
      const row = (hs: Tensor, b: number): number[] => [...hs.select(1, b).data()];
      expect(row(after, 1)).toEqual(row(fresh, 1));
      const [both] = whole(concat([first, second]));
      const going = tensor(both, [2 * T, B, both.length / (2 * T * B)], { dtype: net.dtype });
      for (const b of [0, 2]) expectClose(after.select(1, b), row(going.slice(0, T), b));
    });
    session.free();
  });

  test("goes on from what forward has read at once", () => {
    const session = net.session({ batch: B });
    scope(() => {
      const xs = input(2 * T, B, 2);
      net.eval();
      const [, state] = net.forward(xs.slice(0, 0, T)) as [Tensor, Tensor | Tensor[]];
      const [hs] = whole(xs);
      session.setStates([state].flat());
      expectClose(pushAll(session, xs.slice(0, T)), hs.slice(hs.length / 2));
    });
    session.free();
  });

  test("goes on from its bytes, in another session of an equal net", () => {
    const session = net.session({ batch: B });
    const twin = make();
    twin.loadStateDict(net.stateDict());
    const other = twin.session({ batch: B });
    scope(() => {
      pushAll(session, input(T, B, 2));
      const bytes = session.toBytes();
      const next = input(T, B, 2);
      const wanted = pushAll(session, next).data();
      other.load(bytes);
      expect(pushAll(other, next).data()).toEqual(wanted);
      expect(other.toBytes()).toEqual(session.toBytes());
    });
    twin.free();
    [session, other].forEach((s) => s.free());
  });
});

test("a batch of one takes and gives vectors, or a batch of one", () => {
  const net = new nn.GRU(2, 3);
  const session = net.session();
  scope(() => {
    expect(session.push(randn([2])).shape).toEqual([3]);
    expect(session.push(randn([1, 2])).shape).toEqual([1, 3]);
  });
  session.free();
  net.free();
});

test("nothing is recorded, nothing is left behind, and new parameters count", () => {
  const net = new nn.LSTM(2, 3);
  const session = net.session({ batch: 2 });
  scope(() => {
    const x = randn([2, 2]);
    const live = memory().tensors;
    const y = session.push(x);
    expect(y.requiresGrad).toBe(false);
    expect(memory().tensors).toBe(live + 1);
    nn.init.zeros(net.weight_ih_l0!);
    nn.init.zeros(net.weight_hh_l0!);
    session.reset();
    const z = session.push(x);
    expect([...z.select(0, 0).data()]).toEqual([...z.select(0, 1).data()]);
  });
  session.free();
  net.free();
});

test("wrong uses are refused, and change nothing", () => {
  const net = new nn.LSTM(2, 3);
  const session = net.session({ batch: 2 });
  scope(() => {
    session.push(randn([2, 2]));
    const bytes = session.toBytes();
    const refused = (f: () => unknown, message: RegExp): void => {
      expect(f).toThrow(message);
      expect(session.toBytes()).toEqual(bytes);
    };
    refused(
      () => session.push(randn([1, 2])),
      /expected x to be \[2, 2\] \(batch, inputSize\), got \[1, 2\]/,
    );
    refused(() => session.push(randn([2])), /got \[2\]/);
    refused(() => session.push(randn([2, 2], { dtype: "float64" })), /x to be float32/);
    refused(() => session.push([1, 2] as never), /x to be a tensor/);
    refused(() => session.reset([0, 2]), /each row to be below 2, got 2/);
    refused(() => session.reset([-1]), /each row/);
    const [h, wide] = [randn([1, 2, 3]), randn([1, 2, 4])];
    refused(() => session.setStates([h]), /an array of the states h, c/);
    refused(() => session.setStates([h, wide]), /expected c to be \[1, 2, 3\], got \[1, 2, 4\]/);
    refused(() => session.setStates([h, h.to("float64")]), /expected c to be float32/);
    const gone = randn([1, 2, 3]);
    gone.free();
    refused(() => session.setStates([h, gone]), /was freed/);
    refused(() => session.load("bytes" as never), /bytes to be a Uint8Array/);
    refused(() => session.load(new Uint8Array(0)), /the bytes to begin with/);
    refused(() => session.load(bytes.slice(0, -1)), /bytes to be \d+, got/);
    const twisted = bytes.slice();
    twisted[0]! ^= 1;
    refused(() => session.load(twisted), /to begin with \[magic, version/);
    for (const other of [
      new nn.GRU(2, 3).session({ batch: 2 }),
      new nn.LSTM(2, 4).session({ batch: 2 }),
      new nn.LSTM(2, 3).session({ batch: 1 }),
      new nn.LSTM(2, 3, 2).session({ batch: 2 }),
      new nn.LSTM(2, 3, { dtype: "float64" }).session({ batch: 2 }),
    ]) {
      refused(() => session.load(other.toBytes()), /the bytes to begin with/);
      other.free();
      other.net.free();
    }
  });
  session.free();
  expect(() => net.session({ batch: 0 })).toThrow(/batch to be an integer of at least 1/);
  net.free();
  const both = new nn.GRU(2, 3, { bidirectional: true });
  expect(() => both.session()).toThrow(/a bidirectional net needs the whole sequence/);
  both.free();
});
