import { describe, expect, test } from "vitest";
import { Generator, grad, noGrad } from "../../ts/index.ts";
import {
  CASES,
  FORMS,
  my,
  QUESTION,
  sentences,
  slideSentence,
  WORDS,
} from "../../ts/theory/agreement.ts";
import {
  mostMissed,
  type Probed,
  probe,
  tellingCells,
} from "../../ts/theory/agreement-analysis.ts";
import {
  ablation,
  AgreementNet,
  freeLoss,
  glassLoss,
  glassValues,
  wordIds,
} from "../../ts/theory/agreement-net.ts";
import { level } from "../support/given.ts";

describe("the sentences", () => {
  test("můj is declined as grammars have it", () => {
    const row = (number: "singular" | "plural") =>
      CASES.map((kase) => [my(kase, number, "m anim"), my(kase, number, "f")].join(" "));
    expect(row("singular")).toEqual(["můj má", "mého mé", "mému mé", "mého mou", "mém mé", "mým mou"]); // prettier-ignore
    expect(row("plural")).toEqual(["mí mé", "mých mých", "mým mým", "mé mé", "mých mých", "mými mými"]); // prettier-ignore
    expect(my("nom", "plural", "n")).toBe("má");
    expect(my("acc", "singular", "m inan")).toBe("můj");
    expect(FORMS.length).toBe(11);
  });

  test("have the words they should, and forms that differ by number", () => {
    level(() => {
      for (let distance = 0; distance <= 15; distance++) {
        for (const s of sentences(40, distance, new Generator(distance))) {
          expect(s.words.length).toBe(6 + distance);
          expect(s.words.at(-1)).toBe(QUESTION);
          expect(s.words[s.noun - 1]).toBe("my");
          expect(s.words.every((word) => WORDS.includes(word))).toBe(true);
          expect(s.words[s.noun]!.endsWith("s")).toBe(s.number === "plural");
          expect(s.form).toBe(my(s.kase, s.number, s.gender));
          expect(s.otherForm).not.toBe(s.form);
        }
      }
    });
  });

  test("end in another clause, whose case counts, in half of those that have room for one", () => {
    level(() => {
      const own = sentences(400, 6, new Generator(1));
      const prepositions = ["with", "about", "to", "from", "for"];
      const longer = own.filter(({ words }) => prepositions.includes(words.at(-2)!));
      expect(longer.length / own.length).toBeGreaterThan(0.4);
      expect(longer.length / own.length).toBeLessThan(0.6);
      for (const s of longer) {
        const kase = { with: "instr", about: "loc", to: "dat", from: "gen", for: "acc" }[
          s.words.at(-2)!
        ];
        expect(s.kase).toBe(kase);
        const [before, last] = [s.words.length - 3, s.words.length - 2].map(
          (t) => glassValues(s, t)[2],
        );
        expect(before === last).toBe(s.kase === s.nounCase);
      }
      for (const s of own.filter((s) => !longer.includes(s))) expect(s.kase).toBe(s.nounCase);
      expect(sentences(50, 2, new Generator(1)).every((s) => s.kase === s.nounCase)).toBe(true);
    });
  });

  test("are the same for the same seed, and others for another", () => {
    level(() => {
      const draw = (seed: number) => sentences(20, 6, new Generator(seed));
      expect(draw(1)).toEqual(draw(1));
      expect(draw(1)).not.toEqual(draw(2));
    });
  });

  test("the slide's ends in mými", () => {
    const s = slideSentence();
    expect([s.words.join(" "), s.form]).toEqual(["I live with my parents …", "mými"]);
    const values = s.words.map((_, t) => glassValues(s, t)[0]);
    expect(values).toEqual([-1, -1, -1, -1, 1, 1]); // "I" is singular, "parents" plural
  });
});

describe("the net", () => {
  test("step by step is the fused net", () => {
    const net = new AgreementNet(7, { generator: new Generator(1) });
    level(() => {
      const ids = wordIds(sentences(5, 4, new Generator(2)));
      const wanted = net.forward(ids).data();
      const got = noGrad(() => net.head.forward(net.read(ids).at(-1)!.h).data());
      got.forEach((v, i) => expect(v).toBeCloseTo(wanted[i]!, 5));
    });
    net.free();
  });

  test("without a cell has nothing in it at any step", () => {
    const net = new AgreementNet(5, { generator: new Generator(1) });
    level(() => {
      const given = sentences(3, 2, new Generator(2));
      for (const { c, h } of net.read(wordIds(given), ablation(2, 5))) {
        for (const t of [c, h]) expect(t.select(1, 2).abs().max().item()).toBe(0);
        expect([...c.select(1, 1).data()].every((v) => v !== 0)).toBe(true);
      }
    });
    net.free();
  });

  test("both losses reach every parameter", () => {
    const net = new AgreementNet(6, { generator: new Generator(1) });
    level(() => {
      const given = sentences(8, 3, new Generator(2));
      for (const loss of [freeLoss(net, given), glassLoss(net, given, new Generator(3))]) {
        for (const g of grad(loss, [...net.parameters()])) {
          expect([...g.data()].some((v) => v !== 0)).toBe(true);
        }
      }
    });
    net.free();
  });
});

test("a probe tells what a cell holds, and nothing from one that holds nothing", () => {
  level(() => {
    const [fitted, tried] = ([1, 2] as const).map((seed) => {
      const own = sentences(200, 3, new Generator(seed));
      const cells = own.map((s, b) => [s.number === "plural" ? 0.8 : -0.3, (b % 5) / 5]);
      return { cells, sentences: own };
    }) as unknown as [Probed, Probed];
    expect(probe([0], fitted, tried)).toBe(1);
    expect(probe([1], fitted, tried)).toBeLessThan(0.65);
    expect(tellingCells(1, fitted)).toEqual([0]);
    expect(mostMissed([0.9, 0.5, 0.99])).toBe(1);
  });
});
