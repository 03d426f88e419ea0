/**
 * @file What a small BERT reads: "[CLS] the animal didn't cross the street because it was too tired [SEP] it was exhausted [SEP]".
 * The second sentence says the same as the cue, so that either can be told when it is masked.
 */

import { type Generator, tensor, type Tensor } from "unrolled";
import { dice } from "./dice.ts";

const ANIMALS = ["animal", "dog", "cat", "horse", "fox", "cow"];
const PLACES = ["street", "river", "field", "bridge", "square", "valley"];
const MASK = 1;

/** The vocabulary of `maskedSentences`. */
export const ANIMAL_STREET_WORDS: readonly string[] = [
  "[PAD]", "[MASK]", "[CLS]", "[SEP]", "the", "didn't", "cross", "because", "it", "was", "too",
  "tired", "exhausted", "wide", "broad", ...ANIMALS, ...PLACES,
]; // prettier-ignore

/** Where things stand. */
export const ANIMAL_STREET_PLACES = { animal: 2, place: 6, it: 8, cue: 11, same: 15 } as const;

/** "[CLS] the animal …", by words; `tired`: whether "it" is the animal. */
export const animalStreet = (animal: string, place: string, tired: boolean): string[] =>
  `[CLS] the ${animal} didn't cross the ${place} because it was too ${tired ? "tired" : "wide"} [SEP] ` // prettier-ignore
    .concat(`it was ${tired ? "exhausted" : "broad"} [SEP]`)
    .split(" ");

/** Sentences, int32 [B, 17], of each of which one word is asked for. */
export interface Masked {
  ids: Tensor;
  /** 0 for the first sentence, 1 for the second. */
  types: Tensor;
  /** The word asked for, int32 [B · 17], and −100 everywhere else: what `crossEntropy` ignores. */
  targets: Tensor;
  /** Its place in each sentence. */
  places: number[];
  /** Whether "it" is the animal. */
  tired: boolean[];
}

/** Options of `maskedSentences`. */
export interface MaskedOptions {
  /** The one place asked for in all of them. */
  ask?: number | undefined;
  /** A place to mask besides. */
  hide?: number | undefined;
}

/**
 * Random sentences. Asked for is a masked word, the cue more often than others; or, of "it", the noun that it stands for: a
 * noun that comes again hides behind its pronoun as others do behind the mask.
 *
 * @example
 * maskedSentences(4, new Generator(1)).ids.shape; // [4, 17]
 */
export function maskedSentences(
  count: number,
  generator: Generator,
  { ask, hide }: MaskedOptions = {},
): Masked {
  const draw = dice(generator);
  const one = <T>(list: readonly T[]): T => list[Math.floor(draw() * list.length)]!;
  const { cue, it, animal, place } = ANIMAL_STREET_PLACES;
  const tired = Array.from({ length: count }, () => draw() < 0.5);
  const sentences = tired.map((t) => animalStreet(one(ANIMALS), one(PLACES), t));
  const T = sentences[0]!.length;
  const places = sentences.map(() => ask ?? one([it, it, cue, one([...Array(T).keys()])]));
  const rows = sentences.map((words) => words.map((word) => ANIMAL_STREET_WORDS.indexOf(word)));
  const targets = rows.flatMap((row, b) =>
    row.map((id, t) => {
      if (t !== places[b]) return -100;
      return t === it ? row[tired[b] ? animal : place]! : id;
    }),
  );
  const second = sentences[0]!.indexOf("[SEP]") + 1;
  const matrix = (values: number[]): Tensor => tensor(Int32Array.from(values), [count, T]);
  return {
    ids: matrix(rows.flatMap((row, b) => row.map((id, t) => ((t === places[b] && t !== it) || t === hide ? MASK : id)))),
    types: matrix(rows.flatMap((row) => row.map((_, t) => (t < second ? 0 : 1)))),
    targets: tensor(Int32Array.from(targets)),
    places,
    tired,
  };
} // prettier-ignore
