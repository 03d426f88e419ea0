/** @file No kernel touches anything but what its row of the table lets it touch. */

import { describe, expect, test } from "vitest";
import { memory } from "../../ts/index.ts";
import { kernels } from "../../ts/runtime/kernels.ts";
import { alloc, free } from "../../ts/runtime/memory.ts";
import { ELEMENT_BYTES, type Row, type Sizes, table } from "../support/table.ts";

memory(); // makes the instance
const rows = table();
const isChecked = "fault_at" in kernels;

let state = 1;
/** From 0 to below n. */
const below = (n: number): number => (state = (state * 48271) % 2147483647) % n;
const pick = <T>(list: readonly T[]): T => list[below(list.length)]!;

/** Sizes that are numbers of something else, and so are not swept. */
const FLAGS = /^(reverse|relu|first|nesterov|maximize|decoupled|upper|causal|lower_right|centred)$/;
const DEPENDENT = /^(seed_|counter_|start$|steps?$|shifted$|mask_|.*_len$|.*_stride$)/;
const SCALARS: Sizes = { low: -1, high: 3, threshold: 20, std: 2, mean: 1, factor: 3, limit: 0.5 };

/** Buffers that a projection has, all together, and nothing else. */
const PROJECTION = /^(w_hr|us|dprojected|du)$/;

/** Makes sizes drawn at random fit each other, as TypeScript would; all others fit as they come. */
const FITS: Record<string, (sizes: Sizes) => void> = {
  repeating(s) {
    const lengths = Object.keys(s).filter((name) => name.endsWith("_len"));
    for (const name of lengths) s[name] = pick([1, s["n"]!]);
    if (below(2) === 0) s["n"]! *= 1 + below(3);
  },
  extreme(s) {
    s["n"] ||= 1;
  },
  cut(s) {
    s["step"] = pick([1, 1, -1, 2, -2]);
    const reach = Math.abs(s["step"]) * Math.max(0, s["m"]! - 1);
    s["n"] = Math.max(s["n"]!, reach + 1);
    const spare = below(s["n"] - reach);
    s["start"] = s["step"] > 0 ? spare : s["n"] - 1 - spare;
  },
  triangle(s) {
    s["shifted"] = below(s["rows"]! + s["cols"]! + 1);
  },
  product(s) {
    s["batch"] ||= 1;
    const [m, n, k] = [s["m"]!, s["n"]!, s["k"]!];
    s["a_stride"] = s["batch"] === 1 ? 0 : pick([0, m * k]);
    s["b_stride"] = s["batch"] === 1 ? 0 : pick([0, k * n]);
  },
  window(s) {
    for (const size of ["width", "stride", "dilation", "length"]) s[size] ||= 1;
    const span = s["dilation"]! * (s["width"]! - 1) + 1;
    s["length"] = Math.max(s["length"]!, span - 2 * s["padding"]!);
    s["steps"] = Math.floor((s["length"] + 2 * s["padding"]! - span) / s["stride"]!) + 1;
  },
  attention(s) {
    const [H, L, S] = [s["heads"]! * s["group"]!, s["queries"]!, s["keys"]!];
    const [head, row, col] = [pick([1, H]), pick([1, L]), pick([1, S])]; // 1 repeats
    const batch = pick([1, s["batch"]!]);
    s["mask_len"] = batch * head * row * col;
    s["mask_col"] = col === 1 ? 0 : 1;
    s["mask_row"] = row === 1 ? 0 : col;
    s["mask_head"] = head === 1 ? 0 : row * col;
    s["mask_batch"] = batch === 1 ? 0 : head * row * col;
  },
  cache(s) {
    for (const size of ["batch", "heads", "size"]) s[size] ||= 1;
    s["steps"] = 1 + below(6);
    s["capacity"] = Math.max(s["capacity"]!, s["steps"]);
    s["n"] = s["capacity"] - s["steps"] + 1; // starts lie below
    s["width"] = s["heads"]! * s["size"]! + s["width"]!;
  },
  sequence(s) {
    for (const size of ["time", "input", "hidden"]) s[size] ||= 1;
    if (!("output" in s)) return;
    s["projected"] = below(2);
    s["output"] = s["projected"] ? s["output"] || 1 : s["hidden"]!;
  },
};
const fitOf = ({ kernel, sizes }: Row): ((sizes: Sizes) => void) | undefined => {
  if (kernel.startsWith("cache::")) return FITS["cache"];
  if (kernel.startsWith("attention::")) return FITS["attention"];
  if (sizes.some((size) => size.endsWith("_len"))) return FITS["repeating"];
  if (/^reduce::(max|min|argmax|argmin)$|^indexing::/.test(kernel)) return FITS["extreme"];
  if (/^copy::(slice|place)$/.test(kernel)) return FITS["cut"];
  if (kernel === "copy::triangle") return FITS["triangle"];
  if (kernel.startsWith("gemm::")) return FITS["product"];
  if (kernel.startsWith("conv::")) return FITS["window"];
  if (/^(rnn|lstm|gru)::/.test(kernel)) return FITS["sequence"];
  return undefined;
};

/** Every size from 0 to 67, the others small. */
function* shapesOf(row: Row): Generator<Sizes> {
  const swept = row.sizes.filter((size) => !FLAGS.test(size) && !DEPENDENT.test(size));
  for (const one of swept) {
    for (let value = 0; value <= 67; value++) {
      const sizes = Object.fromEntries(
        row.sizes.map((size) => [
          size,
          size === one
            ? value
            : FLAGS.test(size)
              ? below(2)
              : swept.includes(size)
                ? below(6)
                : below(2 ** 32),
        ]),
      );
      fitOf(row)?.(sizes);
      yield sizes;
    }
  }
}

const MARGIN = 64;
const SPACE = 2 ** 22;

/** The pattern around the buffers. */
const pattern = Uint8Array.from({ length: SPACE + 7 }, () => below(256));

/** Calls the kernel on buffers inside [from, from + SPACE), the last of which ends exactly there. */
function callGuarded(row: Row, sizes: Sizes, from: number): void {
  const what = `${row.name} ${JSON.stringify(sizes)}`;
  const order = row.buffers.map((_, i) => i);
  order.push(...order.splice(0, below(order.length + 1))); // each is the last one sometimes
  let end = SPACE;
  const places = row.buffers.map(() => ({ at: 0, bytes: 0 }));
  for (const i of order.toReversed()) {
    const { name, element, optional, length } = row.buffers[i]!;
    const bytes = length(sizes) * ELEMENT_BYTES[element];
    if (PROJECTION.test(name) ? !sizes["projected"] : optional && below(4) === 0) continue;
    const grain = ELEMENT_BYTES[element]; // as a view may lie, not as a block does
    const at = Math.floor((end - bytes) / grain) * grain;
    const exact = end === SPACE ? end - bytes : at;
    places[i] = { at: exact, bytes };
    end = exact - MARGIN - below(9);
    if (end < MARGIN) throw new Error(`${what}: no room`);
  }
  const space = new Uint8Array(kernels.memory.buffer, from, SPACE);
  space.set(pattern.subarray(0, SPACE - end), end);
  const used = places.map(({ at, bytes }, i) => {
    if (at === 0) return undefined;
    fill(row, i, sizes, from + at, bytes);
    return row.buffers[i]!.written ? undefined : space.slice(at, at + bytes);
  });
  const pointers = places.map(({ at }) => (at === 0 ? 0 : from + at));
  const kernel = kernels[row.name as keyof typeof kernels] as unknown as (
    ...args: number[]
  ) => void;
  kernel(
    ...pointers,
    ...row.sizes.map((s) => sizes[s]!),
    ...row.scalars.map((s) => SCALARS[s] ?? 0.5),
  );

  // Whatever is not a buffer is as it was, and so is what was only read.
  const sorted = places.filter(({ at }) => at > 0).toSorted((a, b) => a.at - b.at);
  let clean = end;
  const same = (upTo: number): void => {
    for (let at = clean; at < upTo; at++) {
      if (space[at] !== pattern[at - end]) expect.fail(`${what}: byte ${at} was written`);
    }
  };
  for (const { at, bytes } of sorted) {
    same(at);
    clean = at + bytes;
  }
  same(SPACE);
  used.forEach((before, i) => {
    const { at, bytes } = places[i]!;
    if (before && Buffer.compare(before, space.subarray(at, at + bytes)) !== 0) {
      expect.fail(`${what}: ${row.buffers[i]!.name} was written`);
    }
  });
}

function fill(row: Row, i: number, sizes: Sizes, at: number, bytes: number): void {
  const { element } = row.buffers[i]!;
  const { buffer } = kernels.memory;
  const n = bytes / ELEMENT_BYTES[element];
  // i32 buffers beside others hold indices into an axis of n
  const indices = element === "i32" && !row.name.endsWith("_i32");
  const draw = (): number =>
    element === "u8"
      ? below(2)
      : element === "i32"
        ? below(indices ? sizes["n"]! : 100)
        : (below(4001) - 2000) / 1000;
  const view = {
    f32: () => new Float32Array(buffer, at, n),
    f64: () => new Float64Array(buffer, at, n),
    i32: () => new Int32Array(buffer, at, n),
    u8: () => new Uint8Array(buffer, at, n),
  }[element]();
  const few = Array.from({ length: Math.min(n, 97) }, draw);
  for (let k = 0; k < n; k++) view[k] = few[k % few.length]!;
}

test("every row of the table is read", () => {
  const exported = Object.keys(kernels).filter(
    (name) => typeof kernels[name as keyof typeof kernels] === "function",
  );
  const others = /^(alloc|free|zero|fault_|scalar_|.*_scratch$|sum_of_squares)/;
  expect(rows.map(({ name }) => name).toSorted()).toEqual(
    exported.filter((name) => !others.test(name)).toSorted(),
  );
});

let shapes = 0;
describe.each(rows.map((row) => [row.name, row] as const))(
  "%s writes nothing but its results",
  (_, row) => {
    test("inside memory, at every size from 0 to 67", () => {
      const from = alloc(SPACE);
      for (const sizes of shapesOf(row)) {
        callGuarded(row, sizes, from);
        shapes++;
      }
      free(from, SPACE);
    });

    // In the checked build such buffers lie in no block, and are refused.
    if (!isChecked) {
      test("at the very end of memory", () => {
        let from = kernels.memory.buffer.byteLength - SPACE;
        if (!atEnd) from = kernels.memory.grow(SPACE / 65536) * 65536;
        atEnd = true;
        expect(from + SPACE).toBe(kernels.memory.buffer.byteLength);
        for (const sizes of shapesOf(row)) callGuarded(row, sizes, from);
      });
    }
  },
);
let atEnd = false;

test("that was on more than 2,000 shapes", () => expect(shapes).toBeGreaterThan(2000));
