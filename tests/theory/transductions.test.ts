import { Generator, memory, scope, slice, tensor } from "unrolled";
import { expect, test } from "vitest";
import { school } from "../../ts/lecture/transduction-training.ts";
import { DATE_CHARACTERS, dates, iso, written } from "../../ts/theory/dates.ts";
import { exact, PADDING, TransductionNet } from "../../ts/theory/transduction-net.ts";
import { additions, SUM_CHARACTERS, transduction } from "../../ts/theory/transductions.ts";

const rows = (t: { toArray(): unknown }): number[][] => t.toArray() as number[][];
const text = (ids: number[], characters: string): string =>
  ids.map((id) => (id === PADDING ? "" : characters[id - 1])).join("");

test("copying, turning round and sorting do what they say to all but the first symbol", () => {
  const rules = {
    copy: (row: number[]) => row,
    reversal: (row: number[]) => row.toReversed(),
    sorting: (row: number[]) => row.toSorted((a, b) => a - b),
  };
  for (const name of ["copy", "reversal", "sorting"] as const) {
    const { source, target } = transduction(name, { batch: 30, generator: new Generator(1) });
    expect(source.shape).toEqual([30, 10]);
    const targets = rows(target);
    for (const [b, [start, ...symbols]] of rows(source).entries()) {
      expect(start).toBe(1);
      expect(symbols.every((s) => s >= 1 && s <= 10)).toBe(true);
      expect(targets[b]).toEqual([1, ...rules[name](symbols)]);
    }
  }
});

test("sums are right, and as long as the longest", () => {
  const { source, target } = additions({ batch: 50, digits: 2, generator: new Generator(2) });
  const sums = rows(target);
  for (const [b, row] of rows(source).entries()) {
    const [, x, y] = /^(\d\d)\+(\d\d)=$/.exec(text(row, SUM_CHARACTERS))!;
    expect(text(sums[b]!, SUM_CHARACTERS)).toBe(`=${String(Number(x) + Number(y)).padStart(3, "0")}`); // prettier-ignore
  }
});

test("a date is written in six ways, of which none may be another date", () => {
  const date = { year: 1998, month: 3, day: 5 };
  expect(written(date)).toEqual([
    "5 march 1998",
    "march 5, 1998",
    "mar 5, 1998",
    "05-mar-1998",
    "5.3.1998",
    "1998/03/05",
  ]);
  expect(iso(date)).toBe("1998-03-05");
  const seen = new Map<string, string>();
  for (let month = 1; month <= 12; month++) {
    for (let day = 1; day <= 28; day++) {
      for (const way of written({ year: 2000, month, day })) {
        const other = seen.get(way) ?? iso({ year: 2000, month, day });
        expect(other).toBe(iso({ year: 2000, month, day }));
        seen.set(way, other);
      }
    }
  }
});

test("dates are days that there are, their characters are known, and the test's may be kept apart", () => {
  const among = ({ day }: { day: number }): boolean => day > 27;
  const { source, target, texts } = dates({ batch: 200, generator: new Generator(3), among });
  expect([source.shape, target.shape]).toEqual([[200, 18], [200, 11]]); // prettier-ignore
  for (const [b, row] of rows(target).entries()) {
    const day = text(row, DATE_CHARACTERS).slice(1);
    expect(new Date(`${day}T00:00:00Z`).toISOString().slice(0, 10)).toBe(day);
    expect(Number(day.slice(8))).toBeGreaterThan(27);
    expect(text(rows(source)[b]!, DATE_CHARACTERS)).toBe(texts[b]);
  }
});

test("impossible sizes are told", () => {
  const one = { batch: 1 };
  expect(() => transduction("swap" as "copy", one)).toThrow("expected copy, reversal, sorting");
  expect(() => transduction("copy", { ...one, length: 1 })).toThrow(
    "a length of at least 2, got 1",
  );
  expect(() => additions({ ...one, digits: 9 })).toThrow("1 to 8 digits, got 9");
});

const small = { sourceSymbols: 11, targetSymbols: 11, dModel: 16, heads: 2, hidden: 32 } as const;

test("what comes later in the target, and padding in the source, change nothing", () => {
  const net = new TransductionNet({ ...small, generator: new Generator(4) }).eval() as TransductionNet; // prettier-ignore
  scope(() => {
    const ids = (values: number[]) => tensor(Int32Array.from(values), [1, values.length]);
    const [source, target] = [ids([1, 5, 3]), ids([1, 2, 3, 4])];
    const logits = net.forward(source, target);
    const other = net.forward(source, ids([1, 2, 3, 9]));
    expect(slice(other, 1, 0, 3).data()).toEqual(slice(logits, 1, 0, 3).data());
    const padded = net.forward(ids([1, 5, 3, PADDING, PADDING]), target).data();
    logits.data().forEach((x, i) => expect(Math.abs(x - padded[i]!)).toBeLessThan(1e-5));
  });
  net.free();
});

test("without positions a source is a set; with them its order counts", () => {
  const net = new TransductionNet({ ...small, positional: false, generator: new Generator(6) }).eval() as TransductionNet; // prettier-ignore
  scope(() => {
    const ids = (...values: number[]) => tensor(Int32Array.from(values), [1, values.length]);
    const apart = (): number => {
      const [a, b] = [ids(5, 3, 8, 3), ids(3, 8, 3, 5)].map((source) => net.forward(source, ids(1, 2)).data()); // prettier-ignore
      return Math.max(...a!.map((x, i) => Math.abs(x - b![i]!)));
    };
    expect(apart()).toBeLessThan(1e-5);
    net.positional = true;
    expect(apart()).toBeGreaterThan(1e-2);
  });
  net.free();
});

test("what is written one by one is the likeliest after all before it", () => {
  const net = new TransductionNet({ ...small, generator: new Generator(5) }).eval() as TransductionNet; // prettier-ignore
  scope(() => {
    const { source, target } = transduction("copy", { batch: 3, generator: new Generator(6) });
    const writtenRows = rows(net.write(source, slice(target, 1, 0, 1), 4));
    for (let b = 0; b < 3; b++) {
      const all = tensor(Int32Array.from([1, ...writtenRows[b]!]), [1, 5]);
      const logits = net.forward(slice(source, 0, b, b + 1), all).toArray() as number[][][];
      const best = logits[0]!.map((row) => row.indexOf(Math.max(...row)));
      expect(best.slice(0, 4)).toEqual(writtenRows[b]);
    }
  });
  net.free();
});

test("a net learns to copy three symbols, and leaves nothing behind", () => {
  const before = memory().tensors;
  const generator = new Generator(7);
  const net = new TransductionNet({ ...small, layers: 1, generator });
  scope(() => {
    const make = () => transduction("copy", { batch: 32, length: 4, generator });
    const test = transduction("copy", { batch: 50, length: 4, generator: new Generator(8) });
    const untaught = exact(net, test);
    const { share, loss } = school(net, { batch: make, test, steps: 300, warmup: 100 });
    expect(untaught).toBeLessThan(0.1);
    expect(share).toBeGreaterThan(0.9);
    expect(loss.at(-1)![1]).toBeLessThan(0.6 * loss[0]![1]);
  });
  net.free();
  expect(memory().tensors).toBe(before);
});
