import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { appSize } from "../../scripts/app-size.mjs";

/** Bytes. What an app's users load: raise these with a reason in the commit. */
const BUDGET = { "unrolled/float32": 100_000, unrolled: 130_000 };

test.each(Object.entries(BUDGET))(
  "an app that trains an LSTM on %s stays within its budget",
  async (entry, budget) => {
    const app = fileURLToPath(new URL("../../bench/app.mjs", import.meta.url));
    expect(await appSize(app, entry)).toBeLessThan(budget);
  },
);
