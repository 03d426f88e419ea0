import { concat, type Generator, nn, slice, split, tanh, type Tensor } from "unrolled";
import { FORMS, WORDS } from "./agreement.ts";

/** A reader without memory: it knows the last few words and no others. What the agreement net is compared with. */
export class WindowNet extends nn.Module {
  readonly embedding: nn.Embedding;
  readonly hidden: nn.Linear;
  readonly head: nn.Linear;

  constructor(
    readonly window: number,
    { generator }: { generator?: Generator } = {},
  ) {
    super();
    const options = generator ? { generator } : {};
    this.embedding = new nn.Embedding(WORDS.length, 16, options);
    this.hidden = new nn.Linear(16 * window, 64, options);
    this.head = new nn.Linear(64, FORMS.length, options);
  }

  /** @param ids int32 [T, B], of `window` words at least @returns the logits of FORMS, [B, 11] */
  forward(ids: Tensor): Tensor {
    const last = this.embedding.forward(slice(ids, 0, -this.window)); // [window, B, 16]
    const side = concat(split(last, 1, 0), 2).squeeze(0); // [B, window · 16]
    return this.head.forward(tanh(this.hidden.forward(side)));
  }
}
