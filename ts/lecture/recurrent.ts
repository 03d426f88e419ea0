/** @file The lecture's first half, in its order. */

import type { Exhibit } from "./exhibit.ts";
import { exhibit as s1 } from "./s1.ts";
import { exhibit as s4 } from "./s4.ts";
import { exhibit as s6 } from "./s6.ts";
import { exhibit as s7 } from "./s7.ts";
import { exhibit as s7Tasks } from "./s7-tasks.ts";
import { exhibit as s9 } from "./s9.ts";
import { exhibit as s12 } from "./s12.ts";
import { exhibit as s13 } from "./s13.ts";
import { exhibit as s14 } from "./s14.ts";
import { exhibit as s14Counting } from "./s14-counting.ts";
import { exhibit as s15a } from "./s15a.ts";
import { exhibit as workedExample } from "./worked-example.ts";

export const RECURRENT: readonly Exhibit[] = [
  s1,
  workedExample,
  s4,
  s6,
  s12,
  s13,
  s15a,
  s14,
  s14Counting,
  s7,
  s7Tasks,
  s9,
];
