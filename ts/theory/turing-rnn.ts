/**
 * @file "RNN is universal": a Turing machine compiled into the weights of a recurrent net (Siegelmann & Sontag 1995).
 *
 * With σ(x) = min(max(x, 0), 1), the tape is two stacks, R from the head to the right and L to the left of it, each of
 * them one number: symbols a_1, a_2, ... from the top are q = Σ_i (2 a_i + 1) / βⁱ, with β a power of two of at least
 * twice the symbols. Between any two such numbers there is a gap, so that σ reads the top without error:
 *
 *     [a_1 ≥ a] = σ(β q − 2 a)   for a ≥ 1
 *     [not empty] = σ(β q)
 *     pop q = β q − 2 a_1 − [not empty]
 *     push a on q = (q + 2 a + 1) / β
 *
 * A number v between 0 and 1 passes a gate when m conditions, each 0 or 1, all hold: σ(v + Σ conditions − m).
 *
 * The units form three layers that a step of the machine goes through, one a tick: the stacks and the state; what σ
 * reads of them; for each rule, whether it applies, and the stacks as it leaves them. The recurrent matrix leads from
 * each layer to the next, and from the last to the first.
 */

import { nn, scope, tensor, type Tensor, zeros } from "unrolled";
import { type Configuration, type TuringMachine, trimmed } from "./turing-machine.ts";

/** h ← σ(W h + b), for weights and stacks that are multiples of powers of two. */
export interface SaturatedNet {
  machine: TuringMachine;
  /** β */
  base: number;
  /** What each unit stands for. */
  units: readonly string[];
  /** Where the layers begin in `units`, and where the last one ends. */
  layers: readonly number[];
  /** [units, units], by rows. */
  W: Float64Array;
  b: Float64Array;
}

/** Ticks of the net for one step of the machine. */
export const TICKS = 3;

/** An affine function of units: its coefficients, by name; the constant under "1". */
type Affine = Readonly<Record<string, number>>;

const plus = (...terms: Affine[]): Affine => {
  const total: Record<string, number> = {};
  for (const term of terms)
    for (const [unit, w] of Object.entries(term)) total[unit] = (total[unit] ?? 0) + w;
  return total;
};
const times = (factor: number, term: Affine): Affine =>
  Object.fromEntries(Object.entries(term).map(([unit, w]) => [unit, factor * w]));

/**
 * The weights of a net that runs the machine: 3 s k + 2 s + 2 k + h + 4 units, for s states, k symbols and h halting
 * states.
 */
export function compileMachine(machine: TuringMachine): SaturatedNet {
  const { states, halts, rules, symbols: k } = machine;
  let base = 2;
  while (base < 2 * k) base *= 2;

  const stacks: Record<string, Affine> = { R: {}, L: {} };
  const active: Record<string, Affine> = Object.fromEntries(
    [...states, ...halts].map((state) => [state, {}]),
  );
  const reading: Record<string, Affine> = {};
  for (const stack of ["R", "L"]) {
    reading[`${stack}'`] = { [stack]: 1 };
    reading[`${stack} holds`] = { [stack]: base };
    for (let a = 1; a < k; a++) reading[`${stack} ≥ ${a}`] = { [stack]: base, 1: -2 * a };
  }
  for (const state of states) reading[`${state}'`] = { [state]: 1 };

  /** The top of a stack, as a number; of an empty one, 0. */
  const top = (stack: string): Affine =>
    Object.fromEntries(Array.from({ length: k - 1 }, (_, i) => [`${stack} ≥ ${i + 1}`, 1]));
  const pop = (stack: string): Affine =>
    plus({ [`${stack}'`]: base, [`${stack} holds`]: -1 }, times(-2, top(stack)));
  const push = (a: Affine, q: Affine): Affine => times(1 / base, plus(q, times(2, a), { 1: 1 }));
  const reads = (a: number): Affine =>
    plus(a === 0 ? { 1: 1 } : { [`R ≥ ${a}`]: 1 }, a === k - 1 ? {} : { [`R ≥ ${a + 1}`]: -1 });

  const firing: Record<string, Affine> = {};
  const sources = { ...stacks, ...active } as Record<string, Record<string, number>>;
  for (const state of states) {
    rules.get(state)!.forEach(({ write, move, next }, a) => {
      const holds = plus({ [`${state}'`]: 1, 1: -2 }, reads(a)); // 0 when it does, −1 or −2 otherwise
      const written = { 1: write };
      const [R, L] =
        move === "R"
          ? [pop("R"), push(written, { "L'": 1 })]
          : [push(top("L"), push(written, pop("R"))), pop("L")];
      firing[`${state}${a}`] = plus({ 1: 1 }, holds);
      firing[`${state}${a} R`] = plus(R, holds);
      firing[`${state}${a} L`] = plus(L, holds);
      sources[next]![`${state}${a}`] = 1;
      sources.R![`${state}${a} R`] = 1;
      sources.L![`${state}${a} L`] = 1;
    });
  }
  const layers = [sources as Record<string, Affine>, reading, firing];
  return { machine, base, ...assembled(layers) };
}

function assembled(layers: readonly Record<string, Affine>[]) {
  const units = layers.flatMap((layer) => Object.keys(layer));
  const place = new Map(units.map((unit, i) => [unit, i]));
  const n = units.length;
  const [W, b] = [new Float64Array(n * n), new Float64Array(n)];
  for (const [unit, sum] of layers.flatMap((layer) => Object.entries(layer))) {
    const row = place.get(unit)!;
    for (const [source, w] of Object.entries(sum)) {
      if (source === "1") b[row] = w;
      else W[row * n + place.get(source)!] = w;
    }
  }
  const ends = layers.map((_, i) =>
    layers.slice(0, i + 1).reduce((sum, layer) => sum + Object.keys(layer).length, 0),
  );
  return { units, layers: [0, ...ends], W, b };
}

/** A stack of symbols, from the top, as a number. */
export const encodeStack = (symbols: readonly number[], base: number): number =>
  symbols.reduceRight((q, a) => (q + 2 * a + 1) / base, 0);

/** The symbols of a number, from the top, as far as it is one that `encodeStack` makes. */
export function decodeStack(q: number, base: number): number[] {
  const symbols: number[] = [];
  for (let rest = q; rest > 0 && rest < 1; rest = popped(rest, base)) {
    symbols.push(topOf(rest, base));
  }
  return symbols;
}

const topOf = (q: number, base: number): number => Math.max(0, Math.floor((base * q - 1) / 2));
const popped = (q: number, base: number): number => (q > 0 ? base * q - 2 * topOf(q, base) - 1 : 0);

/**
 * The same net as an ordinary `nn.RNN` with `nonlinearity: "relu"`: each σ(x) is relu(x) − relu(x − 1), two units. The
 * input, of size 1, has no weight.
 */
export function saturatedToRelu(
  { W, b, units }: SaturatedNet,
  dtype: "float32" | "float64" = "float64",
): nn.RNN {
  const n = units.length;
  const rnn = new nn.RNN(1, 2 * n, { nonlinearity: "relu", dtype });
  const doubled = Float64Array.from({ length: 4 * n * n }, (_, i) => {
    const [row, column] = [Math.floor(i / (2 * n)) % n, i % (2 * n)];
    return column < n ? W[row * n + column]! : -W[row * n + column - n]!;
  });
  const biases = Float64Array.from({ length: 2 * n }, (_, i) => (i < n ? b[i]! : b[i - n]! - 1));
  scope(() => {
    const given = (values: Float64Array, shape: number[]): Tensor =>
      tensor(values, shape, { dtype });
    rnn.loadStateDict(
      new Map([
        ["weight_ih_l0", zeros([2 * n, 1], { dtype })],
        ["weight_hh_l0", given(doubled, [2 * n, 2 * n])],
        ["bias_ih_l0", given(biases, [2 * n])],
        ["bias_hh_l0", zeros([2 * n], { dtype })],
      ]),
    );
  });
  return rnn;
}

/** A moment of the net's run: what the machine's is, and the net's units. */
export interface NetConfiguration extends Configuration {
  /** σ(x) of every unit. */
  units: Float64Array;
}

/** A number no longer holds the tape that it should. */
export class PrecisionError extends RangeError {
  override name = "PrecisionError";
}

/**
 * Runs the machine on `nn.RNN`, from a tape whose first symbol is under the head: its moments, the start and the halt
 * included.
 *
 * @throws PrecisionError when a stack needs more bits than the dtype's numbers have: float64 holds some 26 symbols of
 *   two, float32 some 11
 */
export function* runMachine(
  net: SaturatedNet,
  tape: readonly number[] = [],
  { dtype = "float64" }: { dtype?: "float32" | "float64" } = {},
): Generator<NetConfiguration> {
  const n = net.units.length;
  const rnn = saturatedToRelu(net, dtype);
  try {
    let units = new Float64Array(n);
    units[0] = held(encodeStack(tape, net.base), dtype, tape, net);
    units[net.units.indexOf(net.machine.states[0]!)] = 1;
    for (let step = 0, head = 0; ; step++) {
      const state = stateOf(net, units, 1);
      const [left, right] = [units[1]!, units[0]!].map((q) => trimmed(decodeStack(q, net.base)));
      yield { state, head, left: left!, right: right!, units };
      if (net.machine.halts.includes(state)) return;
      const [fired, next] = threeTicks(rnn, units, dtype);
      const move = moveOf(net, fired, 1);
      expectReversible(net, units, next, move, step, dtype);
      units = next;
      head += move === "R" ? 1 : -1;
    }
  } finally {
    rnn.free();
  }
}

/** A tape that the dtype's numbers hold. */
function held(
  q: number,
  dtype: "float32" | "float64",
  tape: readonly number[],
  { base }: SaturatedNet,
): number {
  const kept = dtype === "float32" ? Math.fround(q) : q;
  if (decodeStack(kept, base).join() !== tape.join()) {
    throw new PrecisionError(
      `runMachine: precision exceeded at the start: ${dtype} does not hold a tape of ${tape.length} symbols, ` +
        `each a digit to the base ${base}; use runExactly, whose numbers have no limit`,
    );
  }
  return kept;
}

/** The units after two ticks, when the rules' are at work, and after three. */
function threeTicks(
  rnn: nn.RNN,
  units: Float64Array,
  dtype: "float32" | "float64",
): [fired: Float64Array<ArrayBuffer>, next: Float64Array<ArrayBuffer>] {
  const n = units.length;
  const hs = scope(() => {
    const h0 = tensor([...units, ...new Array<number>(n).fill(0)], [1, 2 * n], { dtype });
    return rnn.forward(zeros([TICKS, 1], { dtype }), h0)[0].data(); // [3, 2 n]
  });
  const after = (tick: number): Float64Array<ArrayBuffer> =>
    Float64Array.from({ length: n }, (_, i) => {
      const at = (tick - 1) * 2 * n + i;
      return hs[at]! - hs[at + n]!;
    });
  return [after(2), after(3)];
}

/** The state whose unit is at its full value, `one`. */
function stateOf<Value>(
  { machine, units: names }: SaturatedNet,
  units: ArrayLike<Value>,
  one: Value,
): string {
  const states = [...machine.states, ...machine.halts];
  const state = states.find((s) => units[names.indexOf(s)] === one);
  if (state === undefined) throw new Error("internal: the net is in no state");
  return state;
}

/** The move of the rule whose unit is at its full value, `one`. */
function moveOf<Value>(
  { machine, units: names }: SaturatedNet,
  fired: ArrayLike<Value>,
  one: Value,
): "L" | "R" {
  for (const [state, rules] of machine.rules) {
    const rule = rules.find((_, a) => fired[names.indexOf(`${state}${a}`)] === one);
    if (rule) return rule.move;
  }
  throw new Error("internal: no rule applies");
}

/**
 * A step to the right pushes one symbol on L, one to the left pops R and pushes two on it. In exact arithmetic, popping
 * gives back what was there; in floating point it does until a push is rounded.
 */
function expectReversible(
  { base }: SaturatedNet,
  before: Float64Array,
  after: Float64Array,
  move: "L" | "R",
  step: number,
  dtype: string,
): void {
  const [R, L] = before as unknown as [number, number]; // the first two units
  const [R1, L1] = after as unknown as [number, number];
  const exact =
    move === "R"
      ? popped(L1, base) === L && R1 === popped(R, base)
      : popped(popped(R1, base), base) === popped(R, base) && L1 === popped(L, base);
  if (exact) return;
  const depth = Math.max(...[R, L].map((q) => decodeStack(q, base).length));
  throw new PrecisionError(
    `runMachine: precision exceeded at step ${step + 1}: ${dtype} does not hold a stack of more than ${depth} symbols, ` +
      `each a digit to the base ${base}; use runExactly, whose numbers have no limit`,
  );
}

/**
 * The same weights in exact arithmetic: numbers are integers over a power of two, as long as they need to be. Slow, and
 * never out of precision.
 */
export function* runExactly(
  net: SaturatedNet,
  tape: readonly number[] = [],
): Generator<Configuration> {
  const { machine, base, units: names, W, b } = net;
  const n = names.length;
  const bits = BigInt(2 * (31 - Math.clz32(base))); // every weight is a multiple of 1 / base²
  const whole = (w: number): bigint => BigInt(w * base * base);
  const rows = Array.from({ length: n }, (_, i) =>
    Array.from(W.subarray(i * n, (i + 1) * n), whole)
      .map((w, j) => [j, w] as const)
      .filter(([, w]) => w !== 0n),
  );
  const constants = Array.from(b, whole);

  // units[i] / 2^scale
  let scale = BigInt((tape.length * Number(bits)) / 2);
  let units = new Array<bigint>(n).fill(0n);
  const symbolBits = bits / 2n;
  units[0] = tape.reduceRight(
    (q, a) => (q >> symbolBits) + (BigInt(2 * a + 1) << (scale - symbolBits)),
    0n,
  );
  units[names.indexOf(machine.states[0]!)] = 1n << scale;
  const symbolsOf = (q: bigint): number[] => {
    const symbols: number[] = [];
    for (let rest = q; rest > 0n;) {
      rest <<= symbolBits;
      const code = rest >> scale;
      rest -= code << scale;
      symbols.push(Number(code - 1n) / 2);
    }
    return trimmed(symbols);
  };
  for (let head = 0; ;) {
    const state = stateOf(net, units, 1n << scale);
    yield { state, head, left: symbolsOf(units[1]!), right: symbolsOf(units[0]!) };
    if (machine.halts.includes(state)) return;
    for (let tick = 1; tick <= TICKS; tick++) {
      const one = 1n << (scale + bits);
      const sums = rows.map((row, i) =>
        row.reduce((sum, [j, w]) => sum + w * units[j]!, constants[i]! << scale),
      );
      units = sums.map((x) => (x < 0n ? 0n : x > one ? one : x));
      scale += bits;
      if (tick === 2) head += moveOf(net, units, one) === "R" ? 1 : -1;
    }
    while (scale >= symbolBits && units.every((x) => (x & ((1n << symbolBits) - 1n)) === 0n)) {
      units = units.map((x) => x >> symbolBits);
      scale -= symbolBits;
    }
  }
}
