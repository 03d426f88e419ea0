import { expect, test } from "vitest";
import { charLMReport, type CharLMReport } from "../../ts/viz/char-lm-report.ts";
import { bytes, escape, json } from "../../ts/viz/escape.ts";
import { lineChart } from "../../ts/viz/line-chart.ts";

const characters = [...'let s = "</script>";\n\t// https://example.com & <b>\n'];
const ramp = characters.map((_, i) => (2 * i) / characters.length - 1);
const report = {
  net: "LSTM",
  parameters: 1234,
  vocabulary: 50,
  characters: 5000,
  passes: 2.5,
  training: [5, 4, 3, 2.5],
  heldOut: [[2, 4.2], [4, 2.75]], // prettier-ignore
  unigram: 4.56,
  trigram: 2.89,
  samples: [
    { step: 2, bits: 4.2, text: "early <i>sample</i>" },
    { step: 4, bits: 2.75, text: "late </script><script>alert(1)</script> sample" },
  ],
  cells: {
    characters,
    quantities: [
      { key: "tanh c", name: "memory", signed: true },
      { key: "f", name: "forget gate", signed: false },
    ],
    cells: [
      { layer: 0, unit: 7, feature: "inside quotes", correlation: -0.81, values: new Map([["tanh c", ramp], ["f", ramp]]) }, // prettier-ignore
    ],
    features: new Map([["inside quotes", characters.map(() => 1)]]),
    manyLayers: false,
  },
  options: new Map<string, string | number>([["hidden", 16]]),
} satisfies CharLMReport;
const html = charLMReport(report);

test("the page refers to nothing outside itself", () => {
  expect(html).not.toMatch(/<[^>]*\s(src|href|srcset|action|poster)\s*=/i);
  expect(html).not.toMatch(/@import|url\(|<link|<iframe|fetch\(|XMLHttpRequest|import\(/i);
  expect(html).not.toMatch(/https?:\/\//);
  expect(html).toContain(`content="default-src 'none'`);
});

test("the page has the curves, the lines of comparison, the samples and the cells", () => {
  for (const name of ["train", "held-out", "unigram", "trigram"])
    expect(html).toContain(`>${name} <`);
  for (const value of ["2.75", "2.89", "4.56", "1,234"]) expect(html).toContain(value);
  expect(html).toContain("5 % fewer bits");
  expect(html).toContain("inside quotes");
  expect(html).toContain("−0.81");
  expect(html).toContain("forget gate");
  expect(html).toContain("late &lt;&#47;script&gt;");
});

test("no text of a sample or passage becomes markup", () => {
  expect(html).not.toContain("<i>sample");
  expect(html).not.toContain("alert(1)</script>");
  expect(html.match(/<script/g)).toHaveLength(4); // two of data, two of code
  expect(html.match(/<\/script>/g)).toHaveLength(4);
});

test("every character of the passage is there once", () => {
  const passage = /<pre id="passage"[^>]*>([\s\S]*?)<\/pre>/.exec(html)![1]!;
  expect(passage.match(/<span class="c/g)).toHaveLength(characters.length);
});

test("the data of the cells come back", () => {
  const data = /id="cells-data">(.*?)<\/script>/s.exec(html)![1]!;
  const { cells } = JSON.parse(data) as {
    cells: { name: string; values: Record<string, string> }[];
  };
  const values = Int8Array.from(atob(cells[0]!.values.f!.replaceAll("_", "/")), (c) =>
    c.charCodeAt(0),
  );
  expect(cells[0]!.name).toBe("7");
  for (const [i, x] of ramp.entries()) expect(values[i]! / 127).toBeCloseTo(x, 2);
});

test("light and dark are the reader's choice, and controls are the browser's own", () => {
  expect(html).toContain("prefers-color-scheme: dark");
  expect(html).toContain('type="range"');
  expect(html).toContain('type="radio"');
  expect(html).toContain('id="passage" tabindex="0"');
});

test("a net that is worse than the trigram model is not praised", () => {
  expect(charLMReport({ ...report, trigram: 1 })).toContain("does not yet predict better");
});

test("a run without steps, and one whose text was too short for cells, still have a page", () => {
  const empty = {
    ...report,
    training: [],
    heldOut: [],
    samples: [],
    cells: { ...report.cells, cells: [] },
  };
  expect(charLMReport(empty)).toContain("</html>");
});

test("a transformer's has its heads in place of cells", () => {
  const { cells: _, ...rest } = report;
  const attention = { attention: [[[[[1, 0], [0.25, 0.75]]]]], tokens: ["<", "b"] }; // prettier-ignore
  const own = charLMReport({ ...rest, net: "transformer", attention });
  expect(own).toContain("What a transformer learnt");
  expect(own).toContain("<h2>Attending</h2>");
  expect(own).toContain("<code>&lt;b</code>");
  expect(own).not.toMatch(/Remembering|Karpathy/);
});

test("names at the ends of curves keep clear of each other", () => {
  const levels = [1, 1.01, 1.02].map((y, i) => ({ name: `n${i}`, kind: "net", y }));
  const svg = lineChart({ curves: [], levels, xLabel: "", yLabel: "", description: "" });
  const ys = [...svg.matchAll(/class="name net" x="[\d.]+" y="([\d.]+)"/g)].map((m) =>
    Number(m[1]),
  );
  const sorted = ys.sort((a, b) => a - b);
  for (let i = 1; i < sorted.length; i++) expect(sorted[i]! - sorted[i - 1]!).toBeGreaterThan(15);
});

test("escaping leaves nothing that HTML or a script element would read", () => {
  expect(escape(`<a href="/x">'&`)).toBe("&lt;a href=&quot;&#47;x&quot;&gt;&#39;&amp;");
  expect(JSON.parse(json("</script>"))).toBe("</script>");
  expect(json("</script>")).not.toContain("</");
  expect(bytes([-1, 0, 1])).toBe(btoa(String.fromCharCode(129, 0, 127)).replaceAll("/", "_"));
});
