import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { memory, nn, ones, scope, tensor, type Tensor, zeros } from "../../ts/index.ts";

class Block extends nn.Module {
  readonly first = new nn.Linear(2, 3);
  readonly rest = [new nn.Linear(3, 3, { bias: false }), new nn.Linear(3, 1)];
  readonly scale = nn.parameter(ones([1]));
  readonly seen = nn.buffer(zeros([1]));
  readonly scratch = nn.buffer(zeros([2]), { persistent: false });
  readonly note = "not walked";
}

let before: number;
beforeEach(() => void (before = memory().tensors));
afterEach(() => expect(memory().tensors).toBe(before));

const names = (module: nn.Module): string[] => module.namedParameters().map(([name]) => name);

test("fields, arrays and marked tensors are found by walking, with dotted names", () => {
  const block = new Block();
  expect(names(block)).toEqual([
    "first.weight",
    "first.bias",
    "rest.0.weight",
    "rest.1.weight",
    "rest.1.bias",
    "scale",
  ]);
  expect(block.namedBuffers().map(([name]) => name)).toEqual(["seen", "scratch"]);
  expect([...block.stateDict().keys()]).toEqual([...names(block), "seen"]);
  expect(block.namedModules().map(([name]) => name)).toEqual(["", "first", "rest.0", "rest.1"]);
  block.free();
});

test("a shared module counts once among the parameters, and under each name in the state dict", () => {
  const shared = new nn.Linear(2, 2);
  const both = new nn.Sequential(shared, shared);
  expect(names(both)).toEqual(["0.weight", "0.bias"]);
  expect([...both.stateDict().keys()]).toEqual(["0.weight", "0.bias", "1.weight", "1.bias"]);
  both.free();
});

test("parameters made inside a scope outlive it", () => {
  const linear = scope(() => new nn.Linear(2, 2));
  expect(linear.weight.toArray()).toHaveLength(2);
  linear.free();
});

describe("loadStateDict", () => {
  const state = (): Map<string, Tensor> =>
    new Map([
      ["weight", tensor([[1, 2]])],
      ["bias", tensor([3])],
    ]);
  const values = (linear: nn.Linear): unknown[] => [
    linear.weight.toArray(),
    linear.bias!.toArray(),
  ];

  test("copies the values, from a map or a plain object", () => {
    const linear = new nn.Linear(2, 1);
    scope(() => {
      expect(linear.loadStateDict(state())).toEqual({ missingKeys: [], unexpectedKeys: [] });
      expect(values(linear)).toEqual([[[1, 2]], [3]]);
      linear.loadStateDict({ weight: tensor([[5, 6]]), bias: tensor([7]) });
      expect(values(linear)).toEqual([[[5, 6]], [7]]);
    });
    linear.free();
  });

  test("lists all that does not fit, and changes nothing", () => {
    const linear = new nn.Linear(2, 1);
    const was = values(linear);
    scope(() => {
      const wrong = new Map([
        ["weight", tensor([[1], [2]])],
        ["extra", tensor([1])],
      ]);
      expect(() => linear.loadStateDict(wrong)).toThrow(
        /Linear: missing bias; unexpected extra; weight: expected float32 \[1, 2\], got float32 \[2, 1\]/,
      );
      const double = state().set("bias", tensor([3], { dtype: "float64" }));
      expect(() => linear.loadStateDict(double)).toThrow(
        /bias: expected float32 \[1\], got float64/,
      );
    });
    expect(values(linear)).toEqual(was);
    linear.free();
  });

  test("without strict takes what is there", () => {
    const linear = new nn.Linear(2, 1, { bias: false });
    scope(() => {
      expect(linear.loadStateDict(state(), { strict: false })).toEqual({
        missingKeys: [],
        unexpectedKeys: ["bias"],
      });
      expect(linear.weight.toArray()).toEqual([[1, 2]]);
    });
    linear.free();
  });

  test("a graph that saved the old values refuses to go backward", () => {
    const linear = new nn.Linear(2, 1);
    scope(() => {
      const y = linear.forward(tensor([[1, 2]]));
      linear.loadStateDict(state());
      expect(() => y.backward()).toThrow(/changed in place/);
    });
    linear.free();
  });
});

test("train and eval reach every module inside", () => {
  const net = new nn.Sequential(new nn.Dropout(0.5), new nn.Sequential(new nn.Dropout(0.5)));
  net.eval();
  expect(net.modules().map((m) => m.training)).toEqual([false, false, false, false]);
  scope(() => expect(net.forward(ones([4])).toArray()).toEqual([1, 1, 1, 1]));
  net.train();
  expect(net.modules().every((m) => m.training)).toBe(true);
});

test("requiresGrad(false) freezes, zeroGrad frees the gradients", () => {
  const linear = new nn.Linear(2, 1).requiresGrad(false);
  scope(() => expect(linear.forward(ones([1, 2])).requiresGrad).toBe(false));
  linear.requiresGrad();
  scope(() => linear.forward(ones([1, 2])).backward());
  expect(linear.weight.grad!.toArray()).toEqual([[1, 1]]);
  linear.zeroGrad();
  expect(linear.weight.grad).toBeUndefined();
  linear.free();
});

test("containers refuse what is not a module, and say what they hold", () => {
  const list = new nn.ModuleList<nn.Module>([new nn.Dropout(), new nn.Dropout(0.1)]);
  expect([list.length, [...list].length, (list.at(-1) as nn.Dropout).p]).toEqual([2, 2, 0.1]);
  expect(() => list.at(2)).toThrow(/index into 2 modules, got 2/);
  expect(() => list.push({} as nn.Module)).toThrow(/expected a module/);
  const dict = new nn.ModuleDict<nn.Module>({ a: new nn.Linear(1, 1) });
  expect(names(dict)).toEqual(["a.weight", "a.bias"]);
  expect(() => dict.get("b")).toThrow(/one of a, got "b"/);
  expect(() => dict.set("x.y", new nn.Dropout())).toThrow(/without dots/);
  expect(() => new nn.Sequential(3 as never)).toThrow(/step 0/);
  dict.free();
});

test("an embedding's padding row starts at 0 and gets no gradient", () => {
  const embed = new nn.Embedding(3, 2, { paddingIdx: -1 });
  scope(() => {
    const y = embed.forward(tensor([2, 0, 2], { dtype: "int32" }));
    expect(y.toArray()).toEqual([[0, 0], (embed.weight.toArray() as number[][])[0], [0, 0]]);
    y.backward(ones([3, 2]));
    expect(embed.weight.grad!.toArray()).toEqual([
      [1, 1],
      [0, 0],
      [0, 0],
    ]);
  });
  expect(() => new nn.Embedding(3, 2, { paddingIdx: 3 })).toThrow(/paddingIdx/);
  embed.free();
});

test("pretrained vectors are copied, and frozen by default", () => {
  const vectors = tensor([
    [1, 2],
    [3, 4],
  ]);
  const embed = nn.Embedding.fromPretrained(vectors);
  vectors.free();
  scope(() => expect(embed.forward(tensor([1], { dtype: "int32" })).toArray()).toEqual([[3, 4]]));
  expect(embed.weight.requiresGrad).toBe(false);
  embed.free();
});
