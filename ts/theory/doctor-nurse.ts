/**
 * @file "The smiling doctor asked the sighing nurse about the yawning patient. She sighed.": sentences in which "she" is the
 * nurse, and "he" the doctor, as often as one likes. What the person does tells who is meant, so a model that predicts the
 * verb after the pronoun must decide whom it stands for (after Vig's example of bias in GPT-2, 2019).
 *
 * Each of the three may stand anywhere: of only two, the first tells whose the second's manner is before the second is named,
 * and whoever asks for it need not look at a noun.
 */

import { type Generator, tensor, type Tensor } from "unrolled";
import { dice } from "./dice.ts";

const MANNERS = [
  ["smiling", "smiled"], ["sighing", "sighed"], ["laughing", "laughed"], ["whistling", "whistled"],
  ["yawning", "yawned"], ["singing", "sang"], ["nodding", "nodded"], ["blushing", "blushed"],
] as const; // prettier-ignore
const ACTIONS = ["asked", "told", "warned"] as const;
const PEOPLE = ["doctor", "nurse", "patient"] as const;

/** The vocabulary of `doctorNurse`. */
export const DOCTOR_NURSE_WORDS: readonly string[] = [
  "the", "about", ".", "she", "he", ...PEOPLE, ...MANNERS.flat(), ...ACTIONS,
]; // prettier-ignore

/** Where the nouns and the pronoun stand. */
export const DOCTOR_NURSE_PLACES = { nouns: [2, 6, 10], pronoun: 12 } as const;

/** A template filled in, up to the pronoun, and the verb for each of the two. */
export interface DoctorNurse {
  words: readonly string[];
  pronoun: "she" | "he";
  /** Where they stand. */
  doctor: number;
  nurse: number;
  /** What the verb is if the pronoun stands for them. */
  verbs: { doctor: string; nurse: string };
}

/** The first n of a list in random order. */
function shuffled<T>(list: readonly T[], n: number, below: (n: number) => number): T[] {
  const rest = [...list];
  return Array.from({ length: n }, () => rest.splice(below(rest.length), 1)[0]!);
}

/** Pairs of manners that are kept for the test: one of the nurse for each of the doctor. */
const isHeldOut = (doctor: number, nurse: number): boolean => (doctor + nurse) % 8 === 3;

/** Random templates, up to the pronoun: for training, or of the pairs of manners that training never sees together. */
export function doctorNurseTemplates(
  count: number,
  generator: Generator,
  heldOut = false,
): DoctorNurse[] {
  const draw = dice(generator);
  const below = (n: number): number => Math.floor(draw() * n);
  const numbers = MANNERS.map((_, i) => i);
  return Array.from({ length: count }, () => {
    const people = shuffled(PEOPLE, 3, below);
    const [doctor, nurse] = [people.indexOf("doctor"), people.indexOf("nurse")];
    let manners = shuffled(numbers, 3, below);
    while (isHeldOut(manners[doctor]!, manners[nurse]!) !== heldOut) manners = shuffled(numbers, 3, below); // prettier-ignore
    const [m, n, o] = manners.map((i) => MANNERS[i]![0]) as [string, string, string];
    const pronoun = draw() < 0.5 ? "she" : "he";
    const [a, b, c] = people as [string, string, string];
    const { nouns } = DOCTOR_NURSE_PLACES;
    return {
      words: ["the", m, a, ACTIONS[below(3)]!, "the", n, b, "about", "the", o, c, ".", pronoun],
      pronoun,
      doctor: nouns[doctor]!,
      nurse: nouns[nurse]!,
      verbs: { doctor: MANNERS[manners[doctor]!]![1], nurse: MANNERS[manners[nurse]!]![1] },
    };
  });
}

/**
 * Whole sentences, int32 [count, 15]. "She" is the nurse with probability rho, "he" the doctor.
 *
 * @throws RangeError for a rho that is no probability
 *
 * @example
 * doctorNurse(4, 0.9, new Generator(1)).shape; // [4, 15]
 */
export function doctorNurse(count: number, rho: number, generator: Generator): Tensor {
  if (!(rho >= 0 && rho <= 1)) throw new RangeError(`doctorNurse: expected rho from 0 to 1, got ${rho}`); // prettier-ignore
  const templates = doctorNurseTemplates(count, generator);
  const draw = dice(generator);
  const rows = templates.map(({ words, pronoun, verbs }) => {
    const [usual, other] = pronoun === "she" ? ([verbs.nurse, verbs.doctor] as const) : ([verbs.doctor, verbs.nurse] as const); // prettier-ignore
    return [...words, draw() < rho ? usual : other, "."];
  });
  return asIds(rows);
}

/** Words as numbers: int32 [B, T]. */
export const asIds = (rows: readonly (readonly string[])[]): Tensor =>
  tensor(Int32Array.from(rows.flat(), (word) => DOCTOR_NURSE_WORDS.indexOf(word)), [rows.length, rows[0]!.length]); // prettier-ignore
