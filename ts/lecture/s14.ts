/** @file A Turing machine in the weights of a recurrent net. */

import { simulate, turingMachine } from "../theory/turing-machine.ts";
import {
  compileMachine,
  type NetConfiguration,
  PrecisionError,
  runExactly,
  runMachine,
  TICKS,
} from "../theory/turing-rnn.ts";
import { matrices } from "../viz/matrices.ts";
import { cantorPlot, tapeDiagram } from "../viz/turing.ts";
import type { Exhibit, Verdict } from "./exhibit.ts";
import { exactly } from "./measure.ts";

/** Of all machines of so many states and two symbols that halt, those that take most steps: steps, and ones left. */
const BUSY_BEAVERS = [
  { states: 2, table: "1RB1LB_1LA1RH", steps: 6, ones: 4 },
  { states: 3, table: "1RB1RH_1LB0RC_1LC1LA", steps: 21, ones: 5 },
  { states: 4, table: "1RB1LB_1LA0LC_1RH1LD_1RD0RA", steps: 107, ones: 13 },
] as const;

const FORTY_BITS = new Array<number>(40).fill(2);
/** Adds one to a binary number: 1 and 2 stand for its digits 0 and 1. */
const INCREMENT = turingMachine("0LB1RA2RA_2RH2RH1LB");

interface Race {
  run: NetConfiguration[];
  /** How many steps net and machine differ at. */
  different: number;
}

/** The machine by its net, beside the direct simulation. */
function race(table: string): Race {
  const machine = turingMachine(table);
  const direct = [...simulate(machine)];
  const run = [...runMachine(compileMachine(machine))];
  const same = (i: number): boolean => {
    const [a, b] = [direct[i], run[i]];
    return a?.state === b?.state && `${a?.left}|${a?.right}` === `${b?.left}|${b?.right}`;
  };
  const longest = Math.max(direct.length, run.length);
  const different = Array.from({ length: longest }, (_, i) => same(i)).filter((ok) => !ok).length;
  return { run, different };
}

const onesOf = ({ left, right }: NetConfiguration): number =>
  [...left, ...right].filter((symbol) => symbol === 1).length;

/** What is thrown when numbers are too short, and after how many right steps. */
function untilPrecisionRunsOut(): Verdict {
  const machine = turingMachine(BUSY_BEAVERS[2].table);
  const direct = [...simulate(machine)];
  let [steps, wrong] = [0, 0];
  let message = "no error";
  try {
    for (const { left, right } of runMachine(compileMachine(machine), [], { dtype: "float32" })) {
      const want = direct[steps++]!;
      if (`${left}|${right}` !== `${want.left}|${want.right}`) wrong++;
    }
  } catch (error) {
    if (!(error instanceof PrecisionError)) throw error;
    message = error.message;
  }
  return {
    what: "busy beaver of 4 states in float32",
    expected: "an error where its numbers end, and no wrong step before",
    measured: `${wrong} wrong steps, then “${message}”`,
    pass: wrong === 0 && /precision exceeded at step \d+/.test(message),
  };
}

function longNumber(): Verdict[] {
  const net = compileMachine(INCREMENT);
  let message = "no error";
  try {
    for (const moment of runMachine(net, FORTY_BITS)) void moment;
  } catch (error) {
    if (!(error instanceof PrecisionError)) throw error;
    message = error.message;
  }
  const end = [...runExactly(net, FORTY_BITS)].at(-1)!;
  const digits = [...end.left.toReversed(), ...end.right].map((symbol) => symbol - 1).join("");
  const sum = BigInt(`0b${digits}`);
  return [
    {
      what: "a binary number of 40 digits plus one, in float64",
      expected: "an error",
      measured: message,
      pass: /precision exceeded/.test(message),
    },
    {
      what: "the same by the same weights in exact arithmetic: 2⁴⁰ − 1 plus one",
      expected: String(2n ** 40n),
      measured: String(sum),
      pass: sum === 2n ** 40n,
    },
  ];
}

export const exhibit: Exhibit = {
  id: "S14",
  title: "A Turing machine in the weights of an RNN",
  statement: "RNN is universal (can compute any function computable by Turing machine).",
  run({ progress }) {
    const races = BUSY_BEAVERS.map((beaver, i) => {
      const result = race(beaver.table);
      progress((i + 1) / 5);
      return { ...beaver, ...result };
    });
    const net = compileMachine(turingMachine(BUSY_BEAVERS[2].table));
    const used = net.W.filter((w) => w !== 0).length + net.b.filter((b) => b !== 0).length;
    const verdicts: Verdict[] = [
      ...races.flatMap(({ states, steps, ones, run, different }) => [
        {
          what: `busy beaver of ${states} states: steps, and ones on the tape`,
          expected: `${steps} and ${ones}`,
          measured: `${run.length - 1} and ${onesOf(run.at(-1)!)}`,
          pass: run.length - 1 === steps && onesOf(run.at(-1)!) === ones,
        },
        exactly("steps at which the net differs from the direct simulation", 0, different),
      ]),
      untilPrecisionRunsOut(),
      ...longNumber(),
    ];
    progress(1);
    const longest = races.at(-1)!.run;
    const n = net.units.length;
    return {
      verdicts,
      pictures: [
        {
          caption: `The busy beaver of 4 states as nn.RNN runs it: ${TICKS} ticks a step, ${longest.length - 1} steps from the blank tape at the left to the halt. The tape is read off two hidden units; the head is red.`,
          svg: tapeDiagram({ moments: longest, description: `The tape at each of ${longest.length - 1} steps, from blank to 13 ones.` }),
        },
        {
          caption: "The two units that hold the tape, at all steps: every number lies in a Cantor set, whose gaps let σ read the top symbol without error.",
          svg: cantorPlot({ moments: longest.map(({ units: [R, L] }) => ({ R: R!, L: L! })), base: net.base, symbols: 2, description: "The two stacks at each step as numbers from 0 to 1; none lies in a gap." }),
        },
        {
          caption: `Its recurrent matrix: ${n} units of σ (${2 * n} of relu), ${used} weights and biases that are not 0. The stacks and states lead to what is read of them, that to the rules, and those back.`,
          svg: matrices({
            matrices: [{ name: "W", rows: Array.from({ length: n }, (_, i) => Array.from(net.W.subarray(i * n, (i + 1) * n), (w) => Math.sign(w) * Math.min(1, Math.abs(w)))) }],
            width: 620,
            description: `A matrix of ${n} rows and columns with three blocks that are not 0.`,
          }),
        },
      ],
    }; // prettier-ignore
  },
};
