import { describe, expect, test } from "vitest";
import {
  type Configuration,
  simulate,
  turingMachine,
  type TuringMachine,
} from "../../ts/theory/turing-machine.ts";
import {
  compileMachine,
  decodeStack,
  encodeStack,
  PrecisionError,
  runExactly,
  runMachine,
} from "../../ts/theory/turing-rnn.ts";
import { level } from "../support/given.ts";

const BUSY_BEAVERS = [
  ["BB(2)", "1RB1LB_1LA1RH", 6, 4],
  ["BB(3), most steps", "1RB1RH_1LB0RC_1LC1LA", 21, 5],
  ["BB(3), most ones", "1RB1RH_0RC1RB_1LC1LA", 14, 6],
  ["BB(4)", "1RB1LB_1LA0LC_1RH1LD_1RD0RA", 107, 13],
] as const;

/** 0 blank, 1 and 2 the digits 0 and 1, the head on the first: adds one. */
const INCREMENT = turingMachine("0LB1RA2RA_2RH2RH1LB");
/** 0 blank, 1 and 2 for a and b, 3 and 4 for those counted: stops in Y on aⁿbⁿ, in N on anything else. */
const A_N_B_N = turingMachine("0RY3RB0RN0RN4RD_0RN1RB4LC3RN4RB_0RN1LC2RN3RA4LC_0RY1RN2RN3RN4RD");

const ones = ({ left, right }: Configuration): number =>
  [...left, ...right].filter((symbol) => symbol === 1).length;

function expectSameRun(machine: TuringMachine, tape: readonly number[] = []): Configuration {
  const expected = [...simulate(machine, tape)];
  const run = [...runMachine(compileMachine(machine), tape)];
  run.forEach(({ state, head, left, right }, step) =>
    expect({ state, head, left, right }, `step ${step}`).toEqual(expected[step]),
  );
  expect(run.length).toBe(expected.length);
  return expected.at(-1)!;
}

describe("the net is the machine, at every step", () => {
  test.each(BUSY_BEAVERS)("%s", (_, table, steps, marks) => {
    level(() => {
      const machine = turingMachine(table);
      expect(ones(expectSameRun(machine))).toBe(marks);
      expect([...simulate(machine)].length - 1).toBe(steps);
    });
  });

  test.each([0, 1, 5, 7, 2 ** 11 - 1, 1234])("%d plus one in binary", (n) => {
    level(() => {
      const { left, right } = expectSameRun(
        INCREMENT,
        [...n.toString(2)].map((d) => Number(d) + 1),
      );
      const digits = [...left.toReversed(), ...right].map((symbol) => symbol - 1);
      expect(parseInt(digits.join(""), 2)).toBe(n + 1);
    });
  });

  test.each(["", "ab", "aabb", "aaaabbbb", "a", "b", "ba", "aab", "abb", "abab", "aabbab"])(
    'aⁿbⁿ on "%s"',
    (word) => {
      level(() => {
        const tape = [...word].map((letter) => (letter === "a" ? 1 : 2));
        const accepted = /^(a*)(b*)$/.exec(word);
        const { state } = expectSameRun(A_N_B_N, tape);
        expect(state).toBe(accepted && accepted[1]!.length === accepted[2]!.length ? "Y" : "N");
      });
    },
  );
});

test("the exact run is the machine too, and has no limit", () => {
  for (const [, table] of BUSY_BEAVERS) {
    const machine = turingMachine(table);
    expect([...runExactly(compileMachine(machine))]).toEqual([...simulate(machine)]);
  }
  const tape = Array.from({ length: 60 }, (_, i) => 1 + (i % 3 ? 1 : 0));
  expect([...runExactly(compileMachine(INCREMENT), tape)]).toEqual([...simulate(INCREMENT, tape)]);
});

test("a tape that is too long for the numbers is an error that says so, before a wrong step", () => {
  level(() => {
    const busy = turingMachine("1RB1LB_1LA0LC_1RH1LD_1RD0RA");
    const expected = [...simulate(busy)];
    let seen = 0;
    const inSingle = (): void => {
      for (const { state, head, left, right } of runMachine(compileMachine(busy), [], {
        dtype: "float32",
      }))
        expect({ state, head, left, right }).toEqual(expected[seen++]);
    };
    expect(inSingle).toThrow(
      /precision exceeded at step \d+: float32 does not hold a stack of more than \d+ symbols/,
    );
    expect(seen).toBeGreaterThan(50);

    const forever = compileMachine(turingMachine("1RA1RA"));
    let reached = 0;
    expect(() => {
      for (const { left } of runMachine(forever)) reached = left.length;
    }).toThrow(PrecisionError);
    expect(reached).toBeGreaterThanOrEqual(24);
    expect(reached).toBeLessThanOrEqual(27);
    expect(() => [...runMachine(compileMachine(INCREMENT), new Array<number>(40).fill(2))]).toThrow(
      /float64 does not hold a tape of 40 symbols, each a digit to the base 8/,
    );
  });
});

test("stacks are numbers, and back", () => {
  for (const base of [4, 8]) {
    for (const symbols of [[], [0], [1], [1, 0, 1], [0, 0, 1, 1]]) {
      expect(decodeStack(encodeStack(symbols, base), base)).toEqual(symbols);
    }
  }
  expect(encodeStack([1, 0], 4)).toBe(3 / 4 + 1 / 16);
});

test("each layer of the net leads to the next, and the last to the first", () => {
  const { layers, units, W } = compileMachine(turingMachine(BUSY_BEAVERS[3][1]));
  const layerOf = (unit: number): number => layers.findLastIndex((start) => start <= unit);
  const n = units.length;
  expect(n).toBe(41);
  W.forEach((w, i) => {
    if (w !== 0) expect(layerOf(Math.floor(i / n))).toBe((layerOf(i % n) + 1) % 3);
  });
});

test.each(["", "1RB", "1RB1LB_1LA", "1XB1LB_1LA1RH", "2RB1LB_1LA1RH", "1RB1LB__1LA1RH"])(
  'the table "%s" is refused',
  (table) => {
    expect(() => turingMachine(table)).toThrow(/turingMachine: expected .+, got "/);
  },
);
