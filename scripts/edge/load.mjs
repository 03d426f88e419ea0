/** @file Many sessions at once, each of which must write what it writes alone. */

import { performance } from "node:perf_hooks";

const MODELS = ["lstm", "gpt2"];
/** Characters of each text, and texts of a session. */
const LENGTH = 24;
const TEXTS = 3;
/** Requests of a session: its beginning, its texts, its end. */
const REQUESTS = TEXTS + 2;

/**
 * Loads a service.
 *
 * @param service what `serve` gave
 * @param options.sessions at once
 * @param options.requests in all, or a few more
 * @returns what there is to know afterwards; memory in bytes, time in milliseconds
 */
export async function load({ url, startup, memory }, { sessions, requests, prompt = PROMPT }) {
  const first = performance.now();
  await (await fetch(url)).json();
  const firstAnswer = performance.now() - first;

  const clients = Array.from({ length: sessions }, (_, i) => new Client(url, i, prompt));
  const alone = [];
  for (const client of clients) alone.push(await client.session());

  const rounds = Math.ceil(requests / sessions / REQUESTS);
  const levels = [];
  const report = { requests: 0, failures: 0, crossTalk: 0 };
  const watch = setInterval(
    async () => levels.push({ resident: memory(), ...(await state(url)) }),
    200,
  );
  const start = performance.now();
  await Promise.all(
    clients.map(async (client, i) => {
      for (let round = 0; round < rounds; round++) {
        const texts = await client.session().catch(() => undefined);
        report.requests += REQUESTS;
        if (!texts) report.failures++;
        else if (texts.join("\0") !== alone[i].join("\0")) report.crossTalk++;
      }
    }),
  );
  const time = performance.now() - start;
  clearInterval(watch);
  levels.push({ resident: memory(), ...(await state(url)) });
  const different = new Set(alone.map((texts) => texts.join("\0"))).size;
  return { ...report, time, startup, firstAnswer, different, sessions, levels };
}

const PROMPT = "export const ";
const state = async (url) => (await fetch(url)).json();

class Client {
  constructor(url, number, prompt) {
    this.url = url;
    this.number = number;
    this.prompt = prompt;
  }

  /** The texts of a session from its beginning to its end. */
  async session() {
    const model = MODELS[this.number % MODELS.length];
    const { session } = await this.#ask("/sessions", { model, seed: this.number });
    const texts = [];
    for (let i = 0; i < TEXTS; i++) {
      const prompt = i === 0 ? this.prompt : "";
      texts.push(await this.#ask(`/sessions/${session}/text`, { prompt, length: LENGTH }));
    }
    await this.#ask(`/sessions/${session}`, undefined, "DELETE");
    return texts;
  }

  async #ask(path, body, method = "POST") {
    const sent = body === undefined ? { method } : { method, body: JSON.stringify(body) };
    const response = await fetch(this.url + path, sent);
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return response.headers.get("content-type")?.includes("json") ? JSON.parse(text) : text;
  }
}

/** The report in words. */
export function shown({ requests, failures, crossTalk, time, ...report }) {
  const { startup, firstAnswer, different, sessions, levels } = report;
  const MiB = (bytes) => (bytes === undefined ? "unknown" : `${(bytes / 2 ** 20).toFixed(0)} MiB`);
  const half = levels[levels.length >> 1];
  const last = levels.at(-1);
  const most = Math.max(...levels.map(({ resident }) => resident ?? NaN));
  return `
requests      ${requests} in ${(time / 1000).toFixed(1)} s, ${sessions} sessions at once: ${((1000 * requests) / time).toFixed(0)} a second
failures      ${failures}
cross-talk    ${crossTalk} sessions wrote something else than alone; ${different} of ${sessions} texts differ from one another
memory        WASM ${MiB(half.wasmBytes)} half-way, ${MiB(last.wasmBytes)} at the end; the process ${MiB(half.resident)}, ${MiB(last.resident)}, at most ${MiB(most)}
sessions      ${last.sessions.count} left, ${last.sessions.evicted} evicted
startup       ${startup.toFixed(0)} ms until it listens at best, ${firstAnswer.toFixed(0)} ms for the first answer`;
}
