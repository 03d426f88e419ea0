/** @file A worker that serves nothing. */

import { threads } from "unrolled/worker";

threads();
