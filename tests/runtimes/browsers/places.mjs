/** @file Where programs stand. */

import { existsSync } from "node:fs";

export const firstOf = (...paths) => paths.find((path) => existsSync(path));
