import { afterEach, expect, test, vi } from "vitest";
import { threads } from "../../ts/worker/threads.ts";

afterEach(() => vi.unstubAllGlobals());

/** As in a browser: no modules of Node's. */
const browser = (navigator: object): void => {
  vi.stubGlobal("process", undefined);
  vi.stubGlobal("navigator", navigator);
};

test("Node has its machine's cores", () => {
  const { count, reason } = threads();
  expect(count).toBeGreaterThanOrEqual(1);
  expect(reason).toBe(count === 1 ? "this machine has one core" : undefined);
});

test("an isolated page has its machine's cores", () => {
  browser({ hardwareConcurrency: 8 });
  vi.stubGlobal("crossOriginIsolated", true);
  expect(threads()).toEqual({ count: 8, reason: undefined });
});

test.each<[string, RegExp, () => void]>([
  [
    "a page that is not isolated",
    /^this page is not cross-origin isolated; serve it with the headers Cross-Origin-Opener-Policy/,
    () => vi.stubGlobal("crossOriginIsolated", false),
  ],
  [
    "no SharedArrayBuffer",
    /^there is no SharedArrayBuffer here$/,
    () => vi.stubGlobal("SharedArrayBuffer", undefined),
  ],
  [
    "a SharedArrayBuffer of old",
    /^SharedArrayBuffer cannot grow here$/,
    () => vi.stubGlobal("SharedArrayBuffer", Map),
  ],
  [
    "Cloudflare Workers",
    /^Cloudflare Workers have no threads$/,
    () => browser({ userAgent: "Cloudflare-Workers" }),
  ],
  ["one core", /^this machine has one core$/, () => browser({ hardwareConcurrency: 1 })],
])("%s: threads are off, and a line says why", (_, why, arrange) => {
  browser({ hardwareConcurrency: 8 });
  arrange();
  expect(threads()).toEqual({ count: 1, reason: expect.stringMatching(why) });
});
