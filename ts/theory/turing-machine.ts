/** @file Turing machines with one two-way infinite tape, and their direct simulation. */

export interface Rule {
  write: number;
  move: "L" | "R";
  next: string;
}

/** A machine with one tape. */
export interface TuringMachine {
  /** How many symbols there are; 0 is the blank. */
  symbols: number;
  /** A letter each; the first is where it starts. */
  states: readonly string[];
  /** What a state does on a symbol. A state that only stands as `next` halts. */
  rules: ReadonlyMap<string, readonly Rule[]>;
  /** The halting states. */
  halts: readonly string[];
}

/** A moment of a run. */
export interface Configuration {
  state: string;
  /** Where the head stands; it starts at 0. */
  head: number;
  /** Symbols from the head leftwards, without the head's own, up to the last that is not blank. */
  left: readonly number[];
  /** Symbols from the head, with its own, rightwards, up to the last that is not blank. */
  right: readonly number[];
}

/**
 * A machine from its table as it is usually written: "1RB1LB_1LA1RH" has the states A and B, on 0 and on 1; H halts.
 *
 * @throws RangeError for a table that is none
 */
export function turingMachine(table: string): TuringMachine {
  const rows = table.split("_");
  const states = rows.map((_, i) => String.fromCharCode(65 + i));
  const symbols = rows[0]!.length / 3;
  const rules = new Map(
    rows.map((row, i) => {
      const own = row.match(/.{3}/gs) ?? [];
      const wrong =
        row.length === 0 || row.length !== 3 * symbols || own.some((r) => !/^\d[LR][A-Z]$/.test(r));
      if (wrong || own.some(([write]) => Number(write) >= symbols)) {
        throw new RangeError(
          `turingMachine: expected ${symbols} rules of a symbol below ${symbols}, L or R, and a state for ${states[i]}, got "${row}"`,
        );
      }
      const parsed = own.map(([write, move, next]) => ({
        write: Number(write),
        move: move as "L" | "R", // as the pattern says
        next: next!,
      }));
      return [states[i]!, parsed] as const;
    }),
  );
  const reached = [...rules.values()].flatMap((row) => row.map(({ next }) => next));
  const halts = [...new Set(reached.filter((state) => !rules.has(state)))];
  return { symbols, states, rules, halts };
}

/** The machine's moments, the start and the halt included. Endless where the machine is. */
export function* simulate(
  machine: TuringMachine,
  tape: readonly number[] = [],
): Generator<Configuration> {
  const cells = new Map(tape.map((symbol, i) => [i, symbol]));
  let [state, head, low, high] = [machine.states[0]!, 0, 0, tape.length - 1];
  const read = (from: number, to: number, step: number): number[] =>
    trimmed(
      Array.from(
        { length: Math.max(0, (to - from) * step + 1) },
        (_, i) => cells.get(from + i * step) ?? 0,
      ),
    );
  for (;;) {
    yield { state, head, left: read(head - 1, low, -1), right: read(head, high, 1) };
    const rule = machine.rules.get(state)?.[cells.get(head) ?? 0];
    if (!rule) return;
    cells.set(head, rule.write);
    [low, high] = [Math.min(low, head), Math.max(high, head)];
    head += rule.move === "R" ? 1 : -1;
    state = rule.next;
  }
}

/** Without the blanks at the end. */
export function trimmed(symbols: readonly number[]): number[] {
  return symbols.slice(0, symbols.findLastIndex((symbol) => symbol !== 0) + 1);
}
