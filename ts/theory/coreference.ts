/**
 * @file "The animal didn't cross the street because it was too tired" or "too wide": what "it" is hangs on the last word
 * (Winograd 1972; the transformer's example: Vaswani et al. 2017, Uszkoreit 2017).
 */

import { type Generator, tensor, type Tensor } from "unrolled";
import { dice } from "./dice.ts";
import type { Transduction } from "./transduction-net.ts";

/** Nouns in English and, with their articles in the nominative and the accusative, in German. */
interface Noun {
  word: string;
  german: string;
  article: string;
  accusative: string;
  /** What stands for it. */
  pronoun: string;
}

const noun = (word: string, german: string, gender: "m" | "f" | "n"): Noun => {
  const forms = { m: ["der", "den", "er"], f: ["die", "die", "sie"], n: ["das", "das", "es"] };
  const [article, accusative, pronoun] = forms[gender] as [string, string, string];
  return { word, german, article, accusative, pronoun };
};

const ANIMALS = [
  noun("animal", "Tier", "n"),
  noun("dog", "Hund", "m"),
  noun("cat", "Katze", "f"),
  noun("horse", "Pferd", "n"),
  noun("fox", "Fuchs", "m"),
  noun("cow", "Kuh", "f"),
];
const PLACES = [
  noun("street", "Straße", "f"),
  noun("river", "Fluss", "m"),
  noun("field", "Feld", "n"),
  noun("bridge", "Brücke", "f"),
  noun("square", "Platz", "m"),
  noun("valley", "Tal", "n"),
];

/** What can be said of animals, and of places, in both languages. */
const CUES = {
  animal: [["tired", "müde"], ["hungry", "hungrig"], ["scared", "ängstlich"]],
  place: [["wide", "breit"], ["long", "lang"], ["steep", "steil"]],
} as const; // prettier-ignore

/** Where things stand in the sentence. */
export const COREFERENCE_PLACES = { animal: 1, place: 5, it: 7, cue: 10 } as const;

/** A sentence with what is true of it. */
export interface Coreference {
  words: readonly string[];
  /** Its translation. */
  german: readonly string[];
  /** Where the noun stands that "it" is, and the other. */
  right: number;
  other: number;
  /** What "it" is in German, and what it were if it were the other noun. */
  pronoun: string;
  otherPronoun: string;
}

/** A sentence about two nouns, by their numbers, that ends with a cue, by its number, for the animal or the place. */
export function coreference(
  animal: number,
  place: number,
  about: "animal" | "place",
  cue: number,
): Coreference {
  const [a, p, [english, german]] = [ANIMALS[animal]!, PLACES[place]!, CUES[about][cue]!];
  const [own, other] = about === "animal" ? [a, p] : [p, a];
  const at = COREFERENCE_PLACES;
  return {
    words: ["the", a.word, "didn't", "cross", "the", p.word, "because", "it", "was", "too", english],
    german: [a.article, a.german, "überquerte", p.accusative, p.german, "nicht", "weil", own.pronoun, "zu", german, "war"],
    right: about === "animal" ? at.animal : at.place,
    other: about === "animal" ? at.place : at.animal,
    pronoun: own.pronoun,
    otherPronoun: other.pronoun,
  };
} // prettier-ignore

/** Pairs of nouns that are kept for the test: one place for each animal, of another gender. */
const isHeldOut = (animal: number, place: number): boolean => (animal + place) % 6 === 4;

/**
 * Random sentences: for training, or of the pairs of nouns that training never sees together.
 *
 * @example
 * coreferences(4, new Generator(1)).map(({ words }) => words.length); // [11, 11, 11, 11]
 */
export function coreferences(count: number, generator: Generator, heldOut = false): Coreference[] {
  const draw = dice(generator);
  const below = (n: number): number => Math.floor(draw() * n);
  return Array.from({ length: count }, () => {
    let [animal, place] = [below(ANIMALS.length), below(PLACES.length)];
    while (isHeldOut(animal, place) !== heldOut) [animal, place] = [below(6), below(6)];
    return coreference(animal, place, draw() < 0.5 ? "animal" : "place", below(3));
  });
}

const different = (words: readonly string[]): string[] => [...new Set(words)];
const everything = ANIMALS.flatMap((_, a) =>
  PLACES.flatMap((_, p) =>
    (["animal", "place"] as const).flatMap((about) => [0, 1, 2].map((c) => coreference(a, p, about, c))),
  ),
); // prettier-ignore

/** Every word, after the padding and, in German, the start. */
export const ENGLISH: readonly string[] = [
  "[PAD]",
  ...different(everything.flatMap((s) => s.words)),
];
export const GERMAN: readonly string[] = ["[PAD]", "[START]", ...different(everything.flatMap((s) => s.german))]; // prettier-ignore

/** Words as numbers: source int32 [B, 11] and target int32 [B, 12], which begins with [START]. */
export function asTranslation(sentences: readonly Pick<Coreference, "words" | "german">[]): Transduction {
  const ids = (rows: (readonly string[])[], words: readonly string[]): Tensor =>
    tensor(Int32Array.from(rows.flat(), (word) => words.indexOf(word)), [rows.length, rows[0]!.length]); // prettier-ignore
  return {
    source: ids(sentences.map((s) => s.words), ENGLISH),
    target: ids(sentences.map((s) => ["[START]", ...s.german]), GERMAN),
  };
} // prettier-ignore
