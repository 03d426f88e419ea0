import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build, type Rolldown } from "vite";
import { expect, test } from "vitest";

const APP = "virtual:app";

/** An app of this source on the built package, as a bundler writes it, without the kernels. */
async function bundled(source: string): Promise<string> {
  const app = {
    name: "app",
    resolveId: (id: string) => (id === APP ? APP : undefined),
    load: (id: string) => (id === APP ? source : undefined),
  };
  const dist = fileURLToPath(new URL("../../dist/index.js", import.meta.url));
  const output = (await build({
    configFile: false,
    logLevel: "error",
    plugins: [app],
    resolve: { alias: { unrolled: dist } },
    build: { write: false, minify: false, rolldownOptions: { input: APP } },
  })) as Rolldown.RolldownOutput;
  return output.output[0].code.replace(/"[ -~]{100000,}"/, '""');
}

const inference = await bundled(
  `import { nn, zeros } from "unrolled";
   console.log(new nn.LSTM(4, 8).session().push(zeros([1, 4])).toArray());`,
);

test.each([
  ["optimisers", /\b(var|class) (SGD|RMSprop|Adam\w*|Optimizer)\b/],
  ["schedules", /\b(var|class) (\w*LR|Noam|Scheduler)\b/],
  ["clipping", /function clipGrad/],
  ["data", /\b(var|class|function) (DataLoader|padCollate)\b/],
  ["files", /safetensors/i],
  ["models", /\b(var|class) CharLM\b/],
  ["losses", /function crossEntropy\b/],
  ["views", /<svg|<html/],
  ["other layers", /\b(var|class) (Transformer|Conv1d|MultiheadAttention|PeepholeLSTM)\b/],
])("inference with an LSTM carries no %s", (_, pattern) => {
  expect(inference).toMatch(/\b(var|class) LSTM\b/);
  expect(inference.match(pattern)?.[0]).toBeUndefined();
});

test("training carries what it names, and not the rest", async () => {
  const training = await bundled(
    `import { nn, optim, crossEntropy } from "unrolled"; console.log(nn.LSTM, optim.SGD, crossEntropy);`,
  );
  expect(training).toMatch(/\b(var|class) SGD\b/);
  expect(training).toMatch(/function crossEntropy\b/);
  expect(training.match(/safetensors|CharLM/i)?.[0]).toBeUndefined();
});

test("the entries that bring their module, and no others, do something when they are imported", () => {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  const { sideEffects } = JSON.parse(text) as { sideEffects: string[] };
  const entries = ["index", "node", "float32", "workerd", "edge-light", "relaxed"];
  expect(sideEffects).toEqual(entries.map((name) => `./dist/${name}.js`));
});
