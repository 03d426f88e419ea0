import { describe, expect, test } from "vitest";
import {
  backward,
  type FloatDType,
  memory,
  mul,
  nn,
  scope,
  silu,
  sum,
  type Tensor,
} from "../../ts/index.ts";
import { expectGolden, fromGolden, golden, type GoldenTensor } from "../support/golden.ts";

type Named = Record<string, GoldenTensor>;
interface Case {
  name: string;
  options: object & { activation?: string };
  /** Hints. */
  call: object;
  state: Named;
  /** The sequences, in order, then the masks. */
  inputs: Named;
  cotangents: { output: GoldenTensor };
  outputs: { output: GoldenTensor };
  grads: Named;
}
type Net = nn.Module & { forward(...args: never[]): Tensor };

const [E, H] = [4, 2];
interface Options extends nn.TransformerOptions {
  norm?: boolean;
  dtype: FloatDType;
}

/** Two layers, and perhaps a norm. */
function stack(kind: "Encoder" | "Decoder", { norm, ...options }: Options): Net {
  const last = norm ? { norm: new nn.LayerNorm(E, { dtype: options.dtype }) } : {};
  const layer = new nn[`Transformer${kind}Layer`](E, H, options);
  const made = new nn[`Transformer${kind}`](layer as never, 2, last);
  layer.free();
  return made;
}

const NETS: Record<string, { least: number; make: (options: Options) => Net }> = {
  "transformer-encoder-layer": {
    least: 39,
    make: (options) => new nn.TransformerEncoderLayer(E, H, options),
  },
  "transformer-decoder-layer": {
    least: 39,
    make: (options) => new nn.TransformerDecoderLayer(E, H, options),
  },
  "transformer-encoder": { least: 10, make: (options) => stack("Encoder", options) },
  "transformer-decoder": { least: 10, make: (options) => stack("Decoder", options) },
  transformer: {
    least: 10,
    make: (options) => new nn.Transformer(E, H, options),
  },
};

for (const [file, { least, make }] of Object.entries(NETS)) {
  const cases = golden<Case>(file);
  describe(`${file} equals PyTorch's`, () => {
    test(`in at least ${least} configurations`, () => {
      expect(new Set(cases.map((c) => c.name)).size).toBeGreaterThanOrEqual(least);
    });

    for (const c of cases) {
      test.each(["float64", "float32"] as const)(`${c.name} in %s`, (dtype) => {
        const before = memory().tensors;
        const activation = c.options.activation === "silu" ? silu : c.options.activation;
        const net = make({ ...c.options, ...(activation && { activation }), dtype } as Options);
        scope(() => {
          const state = Object.entries(c.state).map(([k, v]) => [k, fromGolden(v, dtype)] as const);
          expect([...net.stateDict().keys()]).toEqual(Object.keys(c.state));
          net.loadStateDict(new Map(state));
          const inputs = Object.entries(c.inputs).map(
            ([name, x]) => [name, fromGolden(x, dtype, true)] as const,
          );
          const isMask = ([name]: readonly [string, Tensor]): boolean => /mask$/i.test(name);
          const sequences = inputs.filter((x) => !isMask(x)).map(([, x]) => x);
          const masks = Object.fromEntries(inputs.filter(isMask));
          const output = net.forward(...([...sequences, { ...c.call, ...masks }] as never[]));
          expectGolden(output, c.outputs.output, "output");
          backward(sum(mul(output, fromGolden(c.cotangents.output, dtype))));
          const all = new Map([...inputs, ...net.namedParameters()]);
          for (const [name, want] of Object.entries(c.grads)) {
            expectGolden(all.get(name)?.grad, want, `gradient of ${name}`);
          }
        });
        net.free();
        expect(memory().tensors).toBe(before);
      });
    }
  });
}
