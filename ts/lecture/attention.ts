/** @file The lecture's second half, in its order. */

import type { Exhibit } from "./exhibit.ts";
import { exhibit as s18 } from "./s18.ts";
import { exhibit as s20Coreference } from "./s20-coreference.ts";
import { exhibit as s20Referent } from "./s20-referent.ts";
import { exhibit as s20Tasks } from "./s20-tasks.ts";
import { exhibit as s20 } from "./s20.ts";
import { exhibit as s22Bert } from "./s22-bert.ts";
import { exhibit as s22Gpt } from "./s22-gpt.ts";

export const ATTENTION: readonly Exhibit[] = [
  s18,
  s20,
  s20Tasks,
  s20Coreference,
  s20Referent,
  s22Bert,
  s22Gpt,
];
