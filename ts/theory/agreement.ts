/**
 * @file "I live with my parents, …" → "mými": English sentences whose "my" Czech renders by one of eleven forms, by
 * case (the preposition decides), number and gender (the noun does), with words in between. A second preposition may
 * change the case in the end: "I live with my parents again, we talk about …" → "mých". So the form is not settled at the
 * noun, and whoever reads on must keep the noun's number and gender.
 */

import type { Generator } from "unrolled";
import { dice } from "./dice.ts";

/** The cases of Czech, but the vocative. */
export const CASES = ["nom", "gen", "dat", "acc", "loc", "instr"] as const;
/** One of `CASES`. */
export type Case = (typeof CASES)[number];
/** What "my" must agree in, over a distance. */
export type GrammaticalNumber = "singular" | "plural";

/** Masculine animate, masculine inanimate, feminine, neuter. */
export const GENDERS = ["m anim", "m inan", "f", "n"] as const;
/** One of `GENDERS`. */
export type Gender = (typeof GENDERS)[number];

/** The declension of "můj", by case, number and gender (literary forms where there are two). */
const MY: Record<Case, Record<GrammaticalNumber, readonly [string, string, string, string]>> = {
  nom: { singular: ["můj", "můj", "má", "mé"], plural: ["mí", "mé", "mé", "má"] },
  gen: { singular: ["mého", "mého", "mé", "mého"], plural: ["mých", "mých", "mých", "mých"] },
  dat: { singular: ["mému", "mému", "mé", "mému"], plural: ["mým", "mým", "mým", "mým"] },
  acc: { singular: ["mého", "můj", "mou", "mé"], plural: ["mé", "mé", "mé", "má"] },
  loc: { singular: ["mém", "mém", "mé", "mém"], plural: ["mých", "mých", "mých", "mých"] },
  instr: { singular: ["mým", "mým", "mou", "mým"], plural: ["mými", "mými", "mými", "mými"] },
};

/** The Czech "my" of a noun. */
export const my = (kase: Case, number: GrammaticalNumber, gender: Gender): string =>
  MY[kase][number][GENDERS.indexOf(gender)]!;

/** Every form once: the classes that a net chooses from. */
export const FORMS: readonly string[] = [
  ...new Set(Object.values(MY).flatMap(({ singular, plural }) => [...singular, ...plural])),
];

/** What each noun is in Czech decides its gender: "garden" is "zahrada", feminine. */
const NOUNS: Record<Gender, string> = {
  "m anim": "parent friend brother son uncle neighbour teacher dog",
  "m inan": "house castle computer table umbrella forest dream",
  f: "sister daughter aunt cat book guitar garden school",
  n: "car city bicycle window apple kitten word",
};

interface Noun {
  word: string;
  number: GrammaticalNumber;
  gender: Gender;
}

const plural = (word: string): string => (word === "city" ? "cities" : `${word}s`);
const nouns: readonly Noun[] = GENDERS.flatMap((gender) =>
  NOUNS[gender].split(" ").flatMap((word): Noun[] => [
    { word, number: "singular", gender },
    { word: plural(word), number: "plural", gender },
  ]),
);

/** Verb with a preposition, and the case that it takes in Czech. */
const VERBS: readonly (readonly [verb: string, preposition: string, kase: Case])[] = [
  ["live", "with", "instr"], // bydlím s
  ["talk", "about", "loc"], // mluvím o
  ["walk", "to", "dat"], // jdu k
  ["return", "from", "gen"], // vracím se od
  ["wait", "for", "acc"], // čekám na
];

/** Subjects of one person and of several; "you" leaves it open and is not here. */
const SUBJECTS: readonly (readonly [word: string, number: GrammaticalNumber, ending: string])[] = [
  ["I", "singular", ""],
  ["he", "singular", "s"],
  ["she", "singular", "s"],
  ["we", "plural", ""],
  ["they", "plural", ""],
];

/** What stands between the noun and the question; NOUN is another noun, which nothing agrees with. */
const NOUN = "*";
const PHRASES: readonly (readonly string[])[] = [
  "today",
  "again",
  "gladly",
  "in spring",
  "for now",
  "as ever",
  "despite the rain",
  "after a while",
  `near the ${NOUN}`,
  `behind the ${NOUN}`,
  "when the old clock strikes",
].map((phrase) => phrase.split(" "));

/** The word at which the form is due. */
export const QUESTION = "…";

/** Every English word, and QUESTION. */
export const WORDS: readonly string[] = [
  ...new Set([
    ..."and here came my".split(" "),
    ...SUBJECTS.map(([word]) => word),
    ...VERBS.flatMap(([verb, preposition]) => [verb, `${verb}s`, preposition]),
    ...nouns.map(({ word }) => word),
    ...PHRASES.flat().filter((word) => word !== NOUN),
    QUESTION,
  ]),
];

/** A sentence with what is true of it. */
export interface Sentence {
  words: readonly string[];
  /** Where the noun stands that "my" goes with. */
  noun: number;
  /** The case of the noun, and the one that the form is due in: another where a second preposition asks for it. */
  nounCase: Case;
  kase: Case;
  number: GrammaticalNumber;
  gender: Gender;
  /** The right form of "my". */
  form: string;
  /** What the form were if the noun had the other number. */
  otherForm: string;
  /** The number of the subject; undefined where there is none. */
  subject: GrammaticalNumber | undefined;
}

/** "We talk about" */
const clause = (
  [subject, , ending]: (typeof SUBJECTS)[number],
  [verb, preposition]: (typeof VERBS)[number],
): string[] => [subject, verb + ending, preposition];

/**
 * A sentence with a given number of words between the noun and the question. From three on, every second one has another
 * clause there.
 *
 * @param draw gives numbers from [0, 1)
 */
export function sentence(distance: number, draw: () => number): Sentence {
  const choose = <T>(list: readonly T[]): T => list[Math.floor(draw() * list.length)]!;
  const { word, number, gender } = choose(nouns);
  const nounCase = choose(CASES);
  const person = choose(SUBJECTS);
  const found = VERBS.find(([, , own]) => own === nounCase);
  const start = found ? [...clause(person, found), "my"] : ["and", "here", "came", "my"];
  const second = distance >= 3 && draw() < 0.5 ? choose(VERBS) : undefined;
  const end = second ? clause(choose(SUBJECTS), second) : [];
  const between: string[] = [];
  while (between.length < distance - end.length) {
    const room = distance - end.length - between.length;
    const fits = PHRASES.filter((phrase) => phrase.length <= room);
    between.push(...choose(fits).map((part) => (part === NOUN ? choose(nouns).word : part)));
  }
  const kase = second ? second[2] : nounCase;
  const other = number === "singular" ? "plural" : "singular";
  return {
    words: [...start, word, ...between, ...end, QUESTION],
    noun: start.length,
    nounCase,
    kase,
    number,
    gender,
    form: my(kase, number, gender),
    otherForm: my(kase, other, gender),
    subject: found ? person[1] : undefined,
  };
}

/** "I live with my parents, …", with some words before the question. */
export function slideSentence(between: readonly string[] = []): Sentence {
  const [number, gender, kase] = ["plural", "m anim", "instr"] as const;
  return {
    words: ["I", "live", "with", "my", "parents", ...between, QUESTION],
    noun: 4,
    nounCase: kase,
    kase,
    number,
    gender,
    form: my(kase, number, gender),
    otherForm: my(kase, "singular", gender),
    subject: "singular",
  };
}

/** So many sentences of one distance. The same generator, in the same state, gives the same ones. */
export function sentences(count: number, distance: number, generator: Generator): Sentence[] {
  const draw = dice(generator);
  return Array.from({ length: count }, () => sentence(distance, draw));
}
