/** @file Where what is built once and used by every clone is kept. */

import { homedir } from "node:os";
import { join } from "node:path";

export const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "unrolled");
