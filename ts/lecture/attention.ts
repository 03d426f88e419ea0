/** @file The lecture's second half, in its order. */

import type { Exhibit } from "./exhibit.ts";
import { exhibit as s18 } from "./s18.ts";
import { exhibit as s20 } from "./s20.ts";

export const ATTENTION: readonly Exhibit[] = [s18, s20];
