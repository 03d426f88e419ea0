/** @file The test of every exhibit: its numbers, its progress, its pictures, and no memory left behind. */

import { memory } from "unrolled";
import { describe, expect, test } from "vitest";
import type { Exhibit, Film, Picture } from "../../ts/lecture/exhibit.ts";

const svgsOf = (pictures: readonly (Picture | Film)[]): string[] =>
  pictures.flatMap((p) => ("frames" in p ? p.frames.map(({ svg }) => svg) : [p.svg]));

/** All but the long ones, which `npm run test:full` runs. */
export function testExhibits(exhibits: readonly Exhibit[]): void {
  describe.each(exhibits.filter(({ long }) => !long))("$id: $title", ({ run }) => {
    test("every number is as expected", { timeout: 300_000 }, () => {
      const before = memory().tensors;
      const told: number[] = [];
      const { verdicts, pictures } = run({ full: false, progress: (done) => told.push(done) });
      expect(verdicts.filter(({ pass }) => !pass)).toEqual([]);
      expect(verdicts.length).toBeGreaterThan(0);

      expect(told.at(-1)).toBe(1);
      expect(told).toEqual([...told].sort((a, b) => a - b));
      expect(memory().tensors, "tensors left behind").toBe(before);

      expect(pictures.length).toBeGreaterThan(0);
      for (const svg of svgsOf(pictures)) {
        expect(svg).toMatch(/^<svg [^>]*role="img" aria-label="[^"]+/);
        expect(svg).not.toMatch(/NaN|undefined|Infinity/);
        expect(svg).not.toMatch(/<script|href=|url\(|https?:\/\//);
      }
    });
  });

  test("ids are different", () => {
    expect(new Set(exhibits.map(({ id }) => id)).size).toBe(exhibits.length);
  });
}
