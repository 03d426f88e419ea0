/**
 * @file A service that writes text, at the edge: sessions that remember what they read, and learn.
 *
 *     GET    /                        what there is: models, sessions, memory
 *     POST   /text                    { model, seed, prompt, length, temperature, topK } -> a stream of text
 *     POST   /sessions                { model, seed } -> 201 { session, ... }
 *     GET    /sessions/:id            { session, model, read, trained, bytes }
 *     POST   /sessions/:id/text       { prompt, length, temperature, topK } -> a stream that goes on from all before
 *     POST   /sessions/:id/training   { text, steps, lr } -> a line { step, loss } for each step: this session's model learns
 *     DELETE /sessions/:id            204
 *
 * What a client does wrong is answered by { error } and a status from 400 to 413. Equal requests to new sessions give equal
 * texts, whatever else goes on. Who leaves ends what was done for them, after a step or eight characters.
 */

import { memory } from "unrolled";
import { type Body, bodyOf } from "./body.ts";
import { modelOf } from "./checkpoint.ts";
import { expectPossible, type Wish, wishIn, write } from "./generation.ts";
import type { LanguageModel } from "./language-model.ts";
import { bad, Problem } from "./problem.ts";
import { Session, Sessions } from "./sessions.ts";
import { streamed } from "./stream.ts";
import { learn, lessonIn } from "./training.ts";

/** Bytes that must be free for a session to begin. */
const ROOM = 2 ** 16;

/** And for one to learn: a model of its own, its gradients and Adam's two averages, 4 bytes each. */
const roomToLearn = (model: LanguageModel): number =>
  16 * model.parameters().reduce((n, p) => n + p.size, 0);

export interface ServiceOptions {
  /** Checkpoints by the names of their models; the first is the default. */
  checkpoints: Readonly<Record<string, Uint8Array>>;
  /** Bytes of all sessions together. */
  limit: number;
}

interface Beginning {
  model: string;
  seed: number;
}

type Method = (request: Request, id: string) => Response | Promise<Response>;

export class Service {
  readonly #models = new Map<string, LanguageModel>();
  readonly #sessions: Sessions;
  readonly #checkpoints: Readonly<Record<string, Uint8Array>>;

  constructor({ checkpoints, limit }: ServiceOptions) {
    this.#checkpoints = checkpoints;
    this.#sessions = new Sessions(limit);
  }

  async answer(request: Request): Promise<Response> {
    try {
      return await this.#route(request);
    } catch (error) {
      if (error instanceof Problem) return error.toResponse();
      throw error;
    }
  }

  async #route(request: Request): Promise<Response> {
    const [, place = "", id, part, ...rest] = new URL(request.url).pathname.split("/");
    const route = [place, id === undefined ? "" : ":id", part ?? ""].filter(Boolean).join("/");
    const methods = Object.hasOwn(this.#routes, route) ? this.#routes[route] : undefined;
    if (!methods || rest.length > 0)
      throw new Problem(404, "there is nothing here; GET / tells what there is");
    const method = methods[request.method];
    if (!method) {
      const allow = Object.keys(methods).join(", ");
      throw new Problem(405, `expected ${allow} here, got ${request.method}`, { allow });
    }
    return method(request, id ?? "");
  }

  readonly #routes: Record<string, Record<string, Method>> = {
    "": { GET: () => Response.json(this.#state()) },
    text: { POST: (request) => this.#writeOnce(request) },
    sessions: { POST: (request) => this.#begin(request) },
    "sessions/:id": {
      GET: (_, id) => Response.json(about(this.#sessions.get(id))),
      DELETE: (_, id) => this.#end(id),
    },
    "sessions/:id/text": { POST: (request, id) => this.#write(request, id) },
    "sessions/:id/training": { POST: (request, id) => this.#train(request, id) },
  };

  #state(): object {
    const { count, busy, bytes, limit, evicted } = this.#sessions;
    const models = Object.keys(this.#checkpoints);
    return {
      models,
      sessions: { count, busy, evicted, bytes, limit },
      wasmBytes: memory().wasmBytes,
    };
  }

  /** @throws Problem */
  #beginningIn(body: Body): Beginning {
    const names = Object.keys(this.#checkpoints);
    const model = body.text("model", { most: 100, otherwise: names[0]! });
    if (!names.includes(model)) {
      throw bad(`expected model to be ${names.join(" or ")}, got ${JSON.stringify(model)}`);
    }
    const most = Number.MAX_SAFE_INTEGER;
    return { model, seed: body.number("seed", { least: 0, most, otherwise: 1, whole: true }) };
  }

  /** A new session, at work. @throws Problem when there is no room */
  #add({ model: name, seed }: Beginning): Session {
    let model = this.#models.get(name);
    if (!model) this.#models.set(name, (model = this.#load(name)));
    this.#sessions.makeRoom(ROOM);
    return this.#sessions.add(new Session(name, model, seed));
  }

  #load(name: string): LanguageModel {
    return modelOf(this.#checkpoints[name]!);
  }

  async #begin(request: Request): Promise<Response> {
    const body = await bodyOf(request);
    const beginning = this.#beginningIn(body);
    body.end();
    const session = this.#add(beginning);
    this.#sessions.release(session);
    const headers = { location: `/sessions/${session.id}` };
    return Response.json(about(session), { status: 201, headers });
  }

  #end(id: string): Response {
    this.#sessions.end(this.#sessions.take(id));
    return new Response(null, { status: 204 });
  }

  async #writeOnce(request: Request): Promise<Response> {
    const body = await bodyOf(request);
    const [beginning, wish] = [this.#beginningIn(body), wishIn(body)];
    body.end();
    const session = this.#add(beginning);
    return text(session, wish, () => this.#sessions.end(session));
  }

  async #write(request: Request, id: string): Promise<Response> {
    const body = await bodyOf(request);
    const wish = wishIn(body);
    body.end();
    const session = this.#sessions.take(id);
    return text(session, wish, () => this.#sessions.release(session));
  }

  async #train(request: Request, id: string): Promise<Response> {
    const body = await bodyOf(request);
    const session = this.#sessions.take(id);
    const release = (): void => this.#sessions.release(session);
    return orElse(release, () => {
      const lesson = lessonIn(body, session.model);
      body.end();
      this.#sessions.makeRoom(roomToLearn(session.model));
      const model = session.ownModel(() => this.#load(session.name));
      return streamed(
        "application/x-ndjson",
        steps(session, learn(model, lesson, session.trained)),
        release,
      );
    });
  }
}

/** @param done called when the text is written, cannot be, or nobody listens any more */
const text = (session: Session, wish: Wish, done: () => void): Response =>
  orElse(done, () => {
    const ids = expectPossible(session, wish);
    return streamed("text/plain; charset=utf-8", write(session, ids, wish), done);
  });

/** A line for each step. */
function* steps(session: Session, losses: Iterable<number>): Generator<string> {
  for (const loss of losses) yield `${JSON.stringify({ step: ++session.trained, loss })}\n`;
}

/** What `f` gives; if it throws, `undo` comes first. */
function orElse<T>(undo: () => void, f: () => T): T {
  try {
    return f();
  } catch (error) {
    undo();
    throw error;
  }
}

const about = ({ id, name, read, trained, bytes }: Session): object => ({
  session: id,
  model: name,
  read,
  trained,
  bytes,
});
