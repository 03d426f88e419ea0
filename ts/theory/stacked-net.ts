import { type Generator, nn, permute, tanh, type Tensor } from "unrolled";

/**
 * The feed-forward rival of a recurrent net, "stacking sequence to long input vector":
 *
 *     h = tanh(W [x_1; x_2; …; x_T] + b),  y = V h + c
 *
 * with T · D · H weights where a recurrent net has D · H + H², and only for the one length that it is built for.
 */
export class StackedNet extends nn.Module {
  readonly hidden: nn.Linear;
  readonly output: nn.Linear;

  constructor(
    readonly steps: number,
    readonly inputSize: number,
    hiddenSize: number,
    outputSize: number,
    { generator }: { generator?: Generator } = {},
  ) {
    super();
    const options = generator ? { generator } : {};
    this.hidden = new nn.Linear(steps * inputSize, hiddenSize, options);
    this.output = new nn.Linear(hiddenSize, outputSize, options);
  }

  /**
   * @param x [T, B, D]
   * @returns [B, outputSize]
   * @throws RangeError for a sequence of another length
   */
  forward(x: Tensor): Tensor {
    const [T, B, D] = x.shape;
    if (x.ndim !== 3 || T !== this.steps || D !== this.inputSize) {
      throw new RangeError(
        `StackedNet: expected [${this.steps}, B, ${this.inputSize}], got [${x.shape.join(", ")}]; ` +
          "a feed-forward net reads the one length it was built for, a recurrent net any",
      );
    }
    return this.output.forward(
      tanh(this.hidden.forward(permute(x, [1, 0, 2]).reshape([B!, T * D]))),
    );
  }
}
