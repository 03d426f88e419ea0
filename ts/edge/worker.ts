/** @file The service as a Cloudflare Worker: `npm run edge` runs it. */

// @ts-expect-error the runtime's own kind of import
import lstm from "./lstm.safetensors";
// @ts-expect-error the same
import gpt2 from "./gpt2.safetensors";
import { Service } from "./service.ts";

interface Environment {
  /** MiB of all sessions together; default 24. A Worker has 128 MB for everything. */
  SESSIONS_MIB?: string;
}

let service: Service | undefined;

export default {
  fetch(request: Request, { SESSIONS_MIB = "24" }: Environment): Promise<Response> {
    service ??= new Service({
      checkpoints: {
        lstm: new Uint8Array(lstm as ArrayBuffer),
        gpt2: new Uint8Array(gpt2 as ArrayBuffer),
      },
      limit: Number(SESSIONS_MIB) * 2 ** 20,
    });
    return service.answer(request);
  },
};
