import { Generator } from "unrolled";
import { expect, test } from "vitest";
import { ANIMAL_STREET_PLACES, ANIMAL_STREET_WORDS, animalStreet, maskedSentences } from "../../ts/theory/animal-street.ts"; // prettier-ignore
import { asTranslation, COREFERENCE_PLACES, coreference, coreferences, ENGLISH, GERMAN } from "../../ts/theory/coreference.ts"; // prettier-ignore
import { DOCTOR_NURSE_PLACES, DOCTOR_NURSE_WORDS, doctorNurse, doctorNurseTemplates } from "../../ts/theory/doctor-nurse.ts"; // prettier-ignore

test("the slide's two sentences, in English and German", () => {
  const tired = coreference(0, 0, "animal", 0);
  expect(tired.words.join(" ")).toBe("the animal didn't cross the street because it was too tired");
  expect(tired.german.join(" ")).toBe("das Tier überquerte die Straße nicht weil es zu müde war");
  expect([tired.pronoun, tired.otherPronoun]).toEqual(["es", "sie"]);
  const wide = coreference(0, 0, "place", 0);
  expect(wide.words.at(-1)).toBe("wide");
  expect(wide.german.join(" ")).toBe("das Tier überquerte die Straße nicht weil sie zu breit war");
  for (const { words, right, other } of [tired, wide]) {
    expect(words[COREFERENCE_PLACES.it]).toBe("it");
    expect(new Set([words[right], words[other]])).toEqual(new Set(["animal", "street"]));
  }
  expect(tired.words[tired.right]).toBe("animal");
  expect(wide.words[wide.right]).toBe("street");
});

test("pairs of nouns of the test are never trained on, and every word is known", () => {
  const pair = ({ words }: { words: readonly string[] }): string => `${words[1]} ${words[5]}`;
  const trained = new Set(coreferences(2000, new Generator(1)).map(pair));
  const held = coreferences(300, new Generator(2), true);
  expect(held.some((sentence) => trained.has(pair(sentence)))).toBe(false);
  expect(held.every(({ pronoun, otherPronoun }) => pronoun !== otherPronoun)).toBe(true);
  expect([trained.size, new Set(held.map(pair)).size]).toEqual([30, 6]);
  const { source, target } = asTranslation(held);
  expect([source.shape, target.shape]).toEqual([[300, 11], [300, 12]]); // prettier-ignore
  expect(Math.min(...source.data())).toBeGreaterThan(0);
  expect(Array.from(target.data()).filter((id) => GERMAN[id] === "[START]")).toHaveLength(300);
  expect(Array.from(source.data().slice(0, 11), (id) => ENGLISH[id])).toEqual(held[0]!.words);
});

test("of each sentence that BERT reads one word is asked for, and masked unless it is the pronoun", () => {
  const words = animalStreet("dog", "river", false);
  expect(words.join(" ")).toBe(
    "[CLS] the dog didn't cross the river because it was too wide [SEP] it was broad [SEP]",
  );
  const at = ANIMAL_STREET_PLACES;
  expect([at.animal, at.place, at.it, at.cue, at.same].map((i) => words[i])).toEqual(["dog", "river", "it", "wide", "broad"]); // prettier-ignore
  const { ids, types, targets, places, tired } = maskedSentences(200, new Generator(3));
  const [T, wanted] = [words.length, targets.data()];
  const mask = ANIMAL_STREET_WORDS.indexOf("[MASK]");
  const noun = (b: number): number => (tired[b] ? at.animal : at.place);
  (ids.toArray() as number[][]).forEach((row, b) => {
    row.forEach((id, t) => {
      expect(id === mask).toBe(t === places[b] && t !== at.it);
      expect(wanted[b * T + t]! >= 0).toBe(t === places[b]);
    });
    if (places[b] === at.it) expect(wanted[b * T + at.it]).toBe(row[noun(b)]);
  });
  expect((types.toArray() as number[][])[0]!.indexOf(1)).toBe(words.indexOf("[SEP]") + 1);

  const asked = maskedSentences(5, new Generator(3), { ask: at.cue, hide: at.same });
  expect(asked.places).toEqual(Array(5).fill(at.cue));
  for (const row of asked.ids.toArray() as number[][]) {
    expect(row.flatMap((id, t) => (id === mask ? [t] : []))).toEqual([at.cue, at.same]);
  }
});

const past = (manner: string): string =>
  manner === "singing" ? "sang" : manner.replace(/ing$/, "ed");

test("she is the nurse, and he the doctor, as often as rho says", () => {
  const at = DOCTOR_NURSE_PLACES;
  for (const rho of [0, 0.1, 0.5, 0.9, 1]) {
    const rows = doctorNurse(1000, rho, new Generator(4)).toArray() as number[][];
    const usual = rows.filter((row) => {
      const words = row.map((id) => DOCTOR_NURSE_WORDS[id]!);
      const noun = words[at.pronoun] === "she" ? "nurse" : "doctor";
      const place = at.nouns.find((i) => words[i] === noun)!;
      return words[at.pronoun + 1] === past(words[place - 1]!);
    });
    expect(Math.abs(usual.length / 1000 - rho)).toBeLessThan(0.06);
  }
  expect(() => doctorNurse(1, 1.5, new Generator(4))).toThrow("rho from 0 to 1, got 1.5");
});

test("templates say where doctor and nurse stand, and what each does", () => {
  const { nouns, pronoun: at } = DOCTOR_NURSE_PLACES;
  const templates = doctorNurseTemplates(200, new Generator(5));
  for (const { words, doctor, nurse, pronoun, verbs } of templates) {
    expect([words[doctor], words[nurse]]).toEqual(["doctor", "nurse"]);
    expect(nouns.map((i) => words[i]).sort()).toEqual(["doctor", "nurse", "patient"]);
    expect(words).toHaveLength(at + 1);
    expect(words[at]).toBe(pronoun);
    expect(new Set(nouns.map((i) => words[i - 1])).size).toBe(3);
    expect(verbs).toEqual({ doctor: past(words[doctor - 1]!), nurse: past(words[nurse - 1]!) });
  }
  expect(new Set(templates.map(({ doctor, nurse }) => `${doctor} ${nurse}`)).size).toBe(6);
});

test("what the doctor and the nurse do in a test is never seen together", () => {
  const pairs = (heldOut: boolean): Set<string> =>
    new Set(
      doctorNurseTemplates(2000, new Generator(6), heldOut).map(
        ({ verbs }) => `${verbs.doctor} ${verbs.nurse}`,
      ),
    );
  const [taught, held] = [pairs(false), pairs(true)];
  expect([taught.size, held.size]).toEqual([48, 8]);
  expect([...held].filter((pair) => taught.has(pair))).toEqual([]);
});
