/** @file The lecture's first half, in its order. */

import type { Exhibit } from "./exhibit.ts";

export const RECURRENT: readonly Exhibit[] = [];
