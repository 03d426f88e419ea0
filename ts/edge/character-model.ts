/** @file What the models of the service share: a module over characters, and readers that are its sessions. */

import { type nn, scope, type Tensor, tensor } from "unrolled";
import type { Vocabulary } from "../cli/vocabulary.ts";
import type { LanguageModel, Reader } from "./language-model.ts";

/** A session of one text. */
interface TextSession {
  push(ids: Tensor): Tensor;
  toBytes(): Uint8Array;
  load(bytes: Uint8Array): unknown;
  free(): void;
}

export abstract class CharacterModel<
  M extends nn.Module & { session(): TextSession },
> implements LanguageModel {
  abstract readonly longest: number;
  /** Characters that are read at a time. */
  protected abstract readonly piece: number;

  constructor(
    readonly vocabulary: Vocabulary,
    protected readonly model: M,
    weights: ReadonlyMap<string, Tensor>,
  ) {
    model.eval().loadStateDict(new Map(weights));
  }

  abstract loss(ids: Tensor): Tensor;

  begin(): Reader {
    const session = this.model.session();
    const step = (ids: Int32Array): Float32Array =>
      scope(() => session.push(tensor(ids, [1, ids.length])).data() as Float32Array); // the models are float32
    return {
      read: (ids) => {
        let logits: Float32Array = new Float32Array();
        for (let at = 0; at < ids.length; at += this.piece) {
          logits = step(ids.slice(at, at + this.piece));
        }
        return logits;
      },
      toBytes: () => session.toBytes(),
      load: (bytes) => void session.load(bytes),
      free: () => session.free(),
    };
  }

  parameters(): Tensor[] {
    return this.model.parameters();
  }

  weights(): ReadonlyMap<string, Tensor> {
    return this.model.stateDict();
  }

  get cost(): number {
    return 2 * this.parameters().reduce((n, p) => n + p.size, 0);
  }

  free(): void {
    this.model.free();
  }
}
