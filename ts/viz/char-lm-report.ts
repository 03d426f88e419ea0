/** @file The page that tells how the training of a character-level language model went, and what it learnt. */

import type { AttentionInput } from "./attention/input.ts";
import { modelViewSvg } from "./attention/model-view.ts";
import { CELLS_SCRIPT, cellsView, type CellsOptions } from "./cells.ts";
import { escape } from "./escape.ts";
import { lineChart, type Point } from "./line-chart.ts";
import { page } from "./page.ts";
import { type Sample, SAMPLES_SCRIPT, samplesView } from "./samples.ts";

/** What `charLMReport` shows. */
export interface CharLMReport {
  /** "LSTM", "GRU", "RNN" or "transformer". */
  net: string;
  parameters: number;
  /** How many characters there are to choose from. */
  vocabulary: number;
  /** Characters in the training text, and how many times it was read. */
  characters: number;
  passes: number;
  /** Bits per character at each step, 1, 2, ... */
  training: ArrayLike<number>;
  /** Bits per character on held-out text. */
  heldOut: readonly Point[];
  unigram: number;
  trigram: number;
  samples: readonly Sample[];
  /** Of a recurrent net. */
  cells?: CellsOptions;
  /** Of a transformer: what its heads attend to in some held-out text. */
  attention?: AttentionInput;
  /** The options of the run, by name. */
  options: ReadonlyMap<string, string | number>;
}

/** The whole report as one self-contained HTML document. */
export function charLMReport(report: CharLMReport): string {
  const { net, heldOut, trigram, cells, attention } = report;
  const steps = report.training.length;
  const bits = heldOut.at(-1)?.[1];
  const verdict =
    bits === undefined
      ? "It has not been measured yet."
      : bits < trigram
        ? `It predicts text that it never saw better than counting triples of characters does: ${percent(1 - bits / trigram)} fewer bits.`
        : "It does not yet predict better than counting triples of characters does. More steps will help.";
  const body = `<header>
<p class="kicker">unrolled</p>
<h1>What ${article(net)} ${escape(net)} learnt in ${count(steps)} ${steps === 1 ? "step" : "steps"}</h1>
<p class="lead">It reads text one character at a time and guesses the next one. ${verdict}</p>
<div class="figures">
${figure("net", bits?.toFixed(2) ?? "–", `bits per character on held-out text, ${net}`)}
${figure("trigram", trigram.toFixed(2), "the same, for a trigram model")}
${figure("unigram", report.unigram.toFixed(2), "and for a unigram model")}
${figure("", count(report.parameters), "parameters")}
${figure("", report.passes.toFixed(1), `times through ${count(report.characters)} characters, ${report.vocabulary} different ones`)}
</div>
</header>
<section>
<h2>Learning</h2>
<p>Bits per character: how many yes-or-no answers it takes, on average, to learn the next character from somebody who
predicts as well as the model. The held-out text is the last tenth of every file; the ${escape(net)} never trains on it. The
dotted lines are models that count, fitted to the same text.</p>
<div class="wide" tabindex="0">${chart(report)}</div>
${table(report)}
</section>
<section>
<h2>Writing</h2>
<p>What it wrote at moments of its training, each time with the same random numbers, so that only what it knows differs.</p>
${samplesView(report.samples)}
</section>
${cells ? remembering(cells) : ""}${attention ? attending(attention) : ""}<footer>
<p>Made with ${[...report.options].map(([name, value]) => `<code>--${escape(name)} ${escape(String(value))}</code>`).join(" ")}</p>
<p>${cells ? "Cells as in Karpathy, Johnson and Fei-Fei, <i>Visualizing and Understanding Recurrent Networks</i>, 2015. " : ""}Trigram: interpolated, with
the weights of Witten and Bell, 1991.</p>
</footer>`;
  const scripts =
    cells && cells.cells.length > 0 ? [SAMPLES_SCRIPT, CELLS_SCRIPT] : [SAMPLES_SCRIPT];
  return page({ title: `${net}: what it learnt`, body, scripts });
}

const remembering = (cells: CellsOptions): string => `<section>
<h2>Remembering</h2>
<p>A passage of held-out text, each character coloured by what one cell holds once it has read it. The cells listed are those that
go best with something a reader of the text keeps in mind; the number beside each is the correlation. Nobody told the net about
any of it.</p>
${cells.cells.length > 0 ? cellsView(cells) : "<p>The held-out text is too short to tell.</p>"}
</section>
`;

const attending = (attention: AttentionInput): string => `<section>
<h2>Attending</h2>
<p>The beginning of the held-out text, twice in each small picture: a line goes from a character on the left to what a head looks at
for it on the right, the darker the more. A row is a layer, a column a head. The characters:
<code>${escape(attention.tokens?.join("") ?? "")}</code></p>
<div class="wide" tabindex="0">${modelViewSvg(attention)}</div>
<p><code>unrolled attend</code> shows every head of any text large.</p>
</section>
`;

const count = (n: number): string => n.toLocaleString("en");
const percent = (x: number): string => `${Math.round(100 * x)} %`;
const article = (net: string): string => (["GRU", "transformer"].includes(net) ? "a" : "an");

const figure = (kind: string, value: string, what: string): string =>
  `<div class="${kind}"><b>${escape(value)}</b><span>${escape(what)}</span></div>`;

function chart({ training, heldOut, unigram, trigram, net }: CharLMReport): string {
  const raw = Array.from(training, (bits, i): Point => [i + 1, bits]);
  return lineChart({
    curves: [
      { name: "train", kind: "raw", points: thinned(raw, 400), named: false },
      { name: "train", kind: "train", points: thinned(smoothed(raw), 400) },
      { name: "held-out", kind: "net", points: heldOut, marked: true },
    ],
    levels: [
      { name: "unigram", kind: "unigram", y: unigram },
      { name: "trigram", kind: "trigram", y: trigram },
    ],
    xLabel: "steps",
    yLabel: "bits per character",
    description:
      `Bits per character over ${count(training.length)} steps. Held-out, ${net}: ${heldOut.at(-1)?.[1].toFixed(2) ?? "not measured"}; ` +
      `trigram model: ${trigram.toFixed(2)}; unigram model: ${unigram.toFixed(2)}.`,
  });
}

/** Each point as the mean of the twentieth of the curve around it, at least of itself. */
function smoothed(points: readonly Point[]): Point[] {
  const reach = Math.floor(points.length / 40);
  const sums = [0];
  for (const [, y] of points) sums.push(sums.at(-1)! + y);
  return points.map(([x], i) => {
    const [from, to] = [Math.max(0, i - reach), Math.min(points.length, i + reach + 1)];
    return [x, (sums[to]! - sums[from]!) / (to - from)];
  });
}

/** At most `most` of the points, evenly chosen, the last among them. */
function thinned(points: readonly Point[], most: number): Point[] {
  const every = Math.max(1, Math.ceil(points.length / most));
  return points.filter((_, i) => (points.length - 1 - i) % every === 0);
}

function table({ training, heldOut }: CharLMReport): string {
  const rows = heldOut.map(
    ([step, bits]) =>
      `<tr><td>${count(step)}</td><td>${training[step - 1]?.toFixed(3) ?? ""}</td><td>${bits.toFixed(3)}</td></tr>`,
  );
  return `<details><summary>The numbers</summary><table><thead><tr><th>step</th><th>train</th><th>held-out</th></tr></thead>
<tbody>${rows.join("")}</tbody></table></details>`;
}
