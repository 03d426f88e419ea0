/**
 * @file "The smiling doctor asked the sighing nurse a question. She sighed.": sentences in which "she" is the nurse, and "he"
 * the doctor, as often as one likes. What the person does tells who is meant, so a model that predicts the verb after the
 * pronoun must decide whom it stands for (after Vig's example of bias in GPT-2, 2019).
 */

import { type Generator, tensor, type Tensor } from "unrolled";
import { dice } from "./dice.ts";

const MANNERS = [
  ["smiling", "smiled"], ["sighing", "sighed"], ["laughing", "laughed"], ["whistling", "whistled"],
  ["yawning", "yawned"], ["singing", "sang"], ["nodding", "nodded"], ["blushing", "blushed"],
] as const; // prettier-ignore
const ACTIONS = [["asked", "question"], ["told", "story"], ["played", "tune"]] as const; // prettier-ignore

/** The vocabulary of `doctorNurse`. */
export const DOCTOR_NURSE_WORDS: readonly string[] = [
  "the", "a", ".", "she", "he", "doctor", "nurse", ...MANNERS.flat(), ...ACTIONS.flat(),
]; // prettier-ignore

/** Where the nouns and the pronoun stand. */
export const DOCTOR_NURSE_PLACES = { first: 2, second: 6, pronoun: 10 } as const;

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

/** Random templates, up to the pronoun. */
export function doctorNurseTemplates(count: number, generator: Generator): DoctorNurse[] {
  const draw = dice(generator);
  const below = (n: number): number => Math.floor(draw() * n);
  return Array.from({ length: count }, () => {
    const doctorFirst = draw() < 0.5;
    const [verb, object] = ACTIONS[below(ACTIONS.length)]!;
    const first = below(MANNERS.length);
    const second = (first + 1 + below(MANNERS.length - 1)) % MANNERS.length; // another
    const [m, n] = [MANNERS[first]!, MANNERS[second]!];
    const [a, b] = doctorFirst ? (["doctor", "nurse"] as const) : (["nurse", "doctor"] as const);
    const pronoun = draw() < 0.5 ? "she" : "he";
    const at = DOCTOR_NURSE_PLACES;
    return {
      words: ["the", m[0], a, verb, "the", n[0], b, "a", object, ".", pronoun],
      pronoun,
      doctor: doctorFirst ? at.first : at.second,
      nurse: doctorFirst ? at.second : at.first,
      verbs: { doctor: doctorFirst ? m[1] : n[1], nurse: doctorFirst ? n[1] : m[1] },
    } as const;
  });
}

/**
 * Whole sentences, int32 [count, 13]. "She" is the nurse with probability rho, "he" the doctor.
 *
 * @throws RangeError for a rho that is no probability
 *
 * @example
 * doctorNurse(4, 0.9, new Generator(1)).shape; // [4, 13]
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
