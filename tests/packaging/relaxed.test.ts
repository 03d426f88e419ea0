import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { manualSeed, matmul, nn, randn } from "../../ts/index.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const NODE_20 = process.version.startsWith("v20.");

/** Outputs of an LSTM and of a product, from a process of its own. */
function outputs(options: string[]): { values: number[]; said: string } {
  const source = `
    const { manualSeed, matmul, nn, randn } = await import("unrolled/relaxed");
    await import("unrolled/relaxed"); // says nothing more
    await import("unrolled/viz"); // imports the plain entry
    (${compute})({ manualSeed, matmul, nn, randn }).then((values) => console.log(JSON.stringify(values)))`;
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [...options, "--input-type=module", "--eval", source],
    { cwd: root, encoding: "utf8" },
  );
  return { values: JSON.parse(stdout) as number[], said: stderr };
}

interface Api {
  manualSeed: typeof manualSeed;
  matmul: typeof matmul;
  nn: typeof nn;
  randn: typeof randn;
}
async function compute({ manualSeed, matmul, nn, randn }: Api): Promise<number[]> {
  manualSeed(1);
  const [hs] = new nn.LSTM(24, 40).forward(randn([9, 3, 24]));
  const row = matmul(randn([1, 300]), randn([300, 64]));
  const product = matmul(randn([33, 300]), randn([300, 65]));
  return [hs, row, product].flatMap((t) => [...t.data()]);
}

const plain = await compute({ manualSeed, matmul, nn, randn });

test("without relaxed SIMD the plain kernels run, and that is said once", () => {
  const none = "data:text/javascript,WebAssembly.validate = () => false"; // as Node 20 answers
  const { values, said } = outputs(NODE_20 ? [] : ["--import", none]);
  expect(values).toEqual(plain);
  expect(
    said.match(/this engine has no relaxed SIMD; the plain kernels run instead/g),
  ).toHaveLength(1);
});

test("the relaxed kernels differ from the plain ones in the last bits, and only there", () => {
  const { values, said } = outputs(NODE_20 ? ["--experimental-wasm-relaxed-simd"] : []);
  expect(said).toBe("");
  expect(values).toHaveLength(plain.length);
  expect(values).not.toEqual(plain);
  // products of up to 300 normal numbers, whose sum may cancel
  values.forEach((v, i) => expect(Math.abs(v - plain[i]!)).toBeLessThan(2e-5));
});
