/** @file The lecture's first half, in its order. */

import type { Exhibit } from "./exhibit.ts";
import { exhibit as s1 } from "./s1.ts";
import { exhibit as s4 } from "./s4.ts";
import { exhibit as s6 } from "./s6.ts";
import { exhibit as s7 } from "./s7.ts";
import { exhibit as s7Tasks } from "./s7-tasks.ts";
import { exhibit as workedExample } from "./worked-example.ts";

export const RECURRENT: readonly Exhibit[] = [s1, workedExample, s4, s6, s7, s7Tasks];
