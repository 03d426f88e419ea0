/** @file A small GPT on sentences about doctors and nurses: what it attends to from "she" is what its text was like. */

import { crossEntropy, Generator, GPT2, nn, noGrad, scope, slice, type Tensor } from "unrolled";
import { asIds, DOCTOR_NURSE_PLACES as AT, DOCTOR_NURSE_WORDS as WORDS, doctorNurse, type DoctorNurse, doctorNurseTemplates } from "../theory/doctor-nurse.ts"; // prettier-ignore
import { headViewSvg } from "../viz/attention/head-view.ts";
import { modelViewSvg } from "../viz/attention/model-view.ts";
import { COLOUR } from "../viz/drawing.ts";
import { lineChart, type Point } from "../viz/line-chart.ts";
import type { Exhibit, ExhibitOptions, Picture } from "./exhibit.ts";
import { fit } from "./fit.ts";
import { bar, forSeeds, percent } from "./seeds.ts";

const [STEPS, BATCH, TESTED, D] = [300, 64, 200, 64];
/** How often "she" is the nurse and "he" the doctor. */
const RHOS = [0.9, 0.5, 0.1] as const;

/** σ is 1 / √D: at the usual 0.02, which is for D = 768, all scores are alike, and it takes thousands of steps to break free. */
const gpt = (generator: Generator): GPT2 =>
  new GPT2(
    {
      vocab_size: WORDS.length,
      n_positions: 16,
      n_embd: D,
      n_layer: 2,
      n_head: 4,
      n_inner: 2 * D,
      resid_pdrop: 0,
      embd_pdrop: 0,
      attn_pdrop: 0,
      initializer_range: 1 / Math.sqrt(D),
    },
    { generator },
  );

/** Of what follows the pronoun: the rest of the sentence is given, and tells nothing of whom it stands for. */
function loss(net: GPT2, ids: Tensor): Tensor {
  const T = ids.shape[1]!;
  const { logits } = net.forward(slice(ids, 1, 0, T - 1)); // [B, T − 1, V]
  const told = slice(logits, 1, AT.pronoun, T - 1).reshape([-1, WORDS.length]);
  return crossEntropy(told, slice(ids, 1, AT.pronoun + 1, T).reshape([-1]));
}

/** One head, over all templates. */
interface Preference {
  layer: number;
  head: number;
  /** The share of templates in which "she" looks more at the nurse than at the doctor, and "he" the other way round. */
  usual: number;
  /** The share in which it is just the other way. */
  opposite: number;
  /** By how much, on average: half of (she→nurse − she→doctor) + (he→doctor − he→nurse). */
  bias: number;
}

/** What every head prefers. */
export function preferences(net: GPT2, templates: readonly DoctorNurse[]): Preference[] {
  return scope(() =>
    noGrad(() => {
      /** By how much the pronoun looks more at the nurse: by layer, template and head. */
      const toNurse = (pronoun: "she" | "he"): number[][][] => {
        const ids = asIds(templates.map(({ words }) => [...words.slice(0, -1), pronoun]));
        const { records } = nn.captureAttention(net, () => net.forward(ids));
        return records.map(({ weights }) =>
          (weights.toArray() as number[][][][]).map((heads, b) => {
            const { nurse, doctor } = templates[b]!;
            return heads.map((rows) => rows[AT.pronoun]![nurse]! - rows[AT.pronoun]![doctor]!);
          }),
        );
      };
      const [she, he] = [toNurse("she"), toNurse("he")];
      const n = templates.length;
      return she.flatMap((all, layer) =>
        all[0]!.map((_, head) => {
          const pairs = all.map((own, b) => [own[head]!, -he[layer]![b]![head]!] as const);
          return {
            layer,
            head,
            usual: pairs.filter(([s, h]) => s > 0 && h > 0).length / n,
            opposite: pairs.filter(([s, h]) => s < 0 && h < 0).length / n,
            bias: pairs.reduce((sum, [s, h]) => sum + (s + h) / 2, 0) / n,
          };
        }),
      );
    }),
  );
}

/** The share of templates in which it finds it likelier that "she" did what the nurse, or "he" what the doctor was doing. */
export function usualness(net: GPT2, templates: readonly DoctorNurse[]): number {
  return scope(() =>
    noGrad(() => {
      const { logits } = net.forward(asIds(templates.map(({ words }) => words)));
      const next = slice(logits, 1, AT.pronoun, AT.pronoun + 1).toArray() as number[][][]; // [B, 1, V]
      const usual = templates.filter(({ pronoun, verbs }, b) => {
        const [nurse, doctor] = [verbs.nurse, verbs.doctor].map((verb) => next[b]![0]![WORDS.indexOf(verb)]!) as [number, number];
        return pronoun === "she" ? nurse > doctor : doctor > nurse;
      });
      return usual.length / templates.length;
    }),
  );
} // prettier-ignore

/** A GPT that has read sentences of one ρ. */
export function taught(
  rho: number,
  { seed, steps = STEPS, progress }: { seed: number; steps?: number; progress?: (done: number) => void }, // prettier-ignore
): { net: GPT2; losses: number[] } {
  const generator = new Generator(seed);
  const net = gpt(generator);
  const losses = fit(net, () => loss(net, doctorNurse(BATCH, rho, generator)), {
    steps,
    lr: 3e-3,
    warmup: steps / 2,
    betas: [0.9, 0.98],
    progress,
  });
  net.eval();
  return { net, losses };
}

function trial(seed: number, rho: number, progress: (done: number) => void) {
  const { net, losses } = taught(rho, { seed, progress });
  const templates = doctorNurseTemplates(TESTED, new Generator(1000 + seed), true);
  const heads = preferences(net, templates);
  const strongest = heads.reduce((a, b) => (Math.abs(b.bias) > Math.abs(a.bias) ? b : a));
  const result = {
    rho,
    losses,
    ...strongest,
    says: usualness(net, templates),
    pictures: pictures(net, templates[0]!, rho, strongest),
  };
  net.free();
  return result;
}

/** What the most biased head, and what every head looks at. */
function pictures(net: GPT2, { words }: DoctorNurse, rho: number, { layer, head }: Preference): [Picture, Picture] {
  return scope(() =>
    noGrad(() => {
      const tokens = [...words.slice(0, -1), "she"];
      const { records } = nn.captureAttention(net, () => net.forward(asIds([tokens])));
      const attention = records.map(({ weights }) => weights);
      return [
        {
          caption: `ρ = ${rho}, head ${head} of layer ${layer}: in ${Math.round(100 * rho)} of 100 sentences of its text, “she” was the nurse.`,
          svg: headViewSvg({ attention, tokens, layer, heads: [head], token: { side: "left", index: AT.pronoun } }),
        },
        { caption: `ρ = ${rho}: a row is a layer, a column a head.`, svg: modelViewSvg({ attention, tokens }) },
      ];
    }),
  );
} // prettier-ignore

function run(options: ExhibitOptions) {
  const trials = forSeeds(options, (seed, progress) =>
    RHOS.map((rho, i) => trial(seed, rho, (done) => progress((i + done) / RHOS.length))),
  );
  type Trial = (typeof trials)[0][0];
  const row = (rho: number, what: string, expected: string, value: (t: Trial) => number, meets: (x: number) => boolean, show = percent) =>
    bar(`ρ = ${rho}: ${what}`, expected, trials.map((nets) => value(nets.find((net) => net.rho === rho)!)), meets, show);
  const signed = (x: number): string => x.toFixed(2);
  const [first] = trials as [Trial[]];
  return {
    verdicts: [
      row(0.9, "templates in which the most biased head goes from “she” to the nurse and from “he” to the doctor, rather than the other way", "≥ 90 %", (t) => t.usual, (x) => x >= 0.9),
      row(0.1, "templates in which it does the opposite", "≥ 90 %", (t) => t.opposite, (x) => x >= 0.9),
      row(0.9, "how much more of its attention it pays to the one than to the other", "> 0.1", (t) => t.bias, (x) => x > 0.1, signed),
      row(0.1, "the same", "< −0.1", (t) => t.bias, (x) => x < -0.1, signed),
      row(0.5, "the same", "within ±0.1", (t) => t.bias, (x) => Math.abs(x) < 0.1, signed),
      row(0.9, "templates in which it finds it likelier that “she” did what the nurse, or “he” what the doctor was doing", "≥ 90 %", (t) => t.says, (x) => x >= 0.9),
      row(0.1, "the same", "≤ 10 %", (t) => t.says, (x) => x <= 0.1),
    ],
    pictures: [
      {
        caption: "What the most biased head looks at from “she”, where its text had ρ = 0.9, 0.5 and 0.1. What a head looks at does not yet explain what the net says.",
        frames: first.map((net) => net.pictures[0]),
      },
      { caption: "All heads of the same nets.", frames: first.map((net) => net.pictures[1]) },
      {
        caption: "The loss in nats per word after the pronoun. Whom it stands for can be told best where it is nearly always the same.",
        svg: lineChart({
          curves: first.map(({ rho, losses }, i) => ({
            name: `ρ = ${rho}`,
            colour: [COLOUR.warm, COLOUR.soft, COLOUR.cool][i]!,
            points: losses.flatMap((l, step): Point[] => (step % 10 === 9 ? [[step + 1, l]] : [])),
          })),
          xLabel: "steps",
          yLabel: "loss",
          description: "Three falling curves; that of ρ = 0.5 ends highest.",
        }),
      },
    ],
  };
} // prettier-ignore

export const exhibit: Exhibit = {
  id: "S22b",
  title: "GPT-2: “she” is the nurse",
  statement:
    "Model assumes “she = nurse”, “he = doctor”. It comes from the text: turn the text round and the head turns too.",
  long: true,
  run,
};
