import { expectFloatDType, type FloatDType } from "../core/dtype.ts";
import { Generator } from "../core/random.ts";
import { dims, expectInteger } from "../core/shape.ts";
import { empty, expectTensor, type Tensor } from "../core/tensor.ts";
import { embedding, type EmbeddingLookUp as LookUp, expectPaddingIdx } from "../ops/embedding.ts";
import { normal } from "./init.ts";
import { Module, parameter } from "./module.ts";

/** Options of `Embedding`. */
export interface EmbeddingOptions extends LookUp {
  /** Default float32. */
  dtype?: FloatDType;
  /** Draws the initial values. Default: the global one. */
  generator?: Generator;
}

/**
 * A table of vectors, looked up by index.
 *
 * `weight` is [numEmbeddings, embeddingDim] and starts from N(0, 1); the row of `paddingIdx` starts at 0 and gets no gradient.
 *
 * @example
 * new nn.Embedding(10, 4).forward(randint(0, 10, [5, 2])).shape; // [5, 2, 4]
 */
export class Embedding extends Module {
  readonly weight: Tensor;
  readonly #lookUp: LookUp;

  constructor(
    readonly numEmbeddings: number,
    readonly embeddingDim: number,
    options: EmbeddingOptions = {},
  ) {
    super();
    const { dtype = "float32", generator, ...lookUp } = options;
    expectInteger("Embedding", "numEmbeddings", numEmbeddings);
    expectInteger("Embedding", "embeddingDim", embeddingDim);
    expectFloatDType("Embedding", dtype);
    if (lookUp.paddingIdx !== undefined) {
      lookUp.paddingIdx = expectPaddingIdx("Embedding", lookUp.paddingIdx, numEmbeddings);
    }
    this.#lookUp = lookUp;
    this.weight = parameter(normal(empty([numEmbeddings, embeddingDim], dtype), 0, 1, generator));
    if (lookUp.paddingIdx !== undefined) {
      const at = lookUp.paddingIdx * embeddingDim;
      this.weight.view().fill(0, at, at + embeddingDim);
    }
  }

  /**
   * A module with given vectors.
   *
   * @param vectors [numEmbeddings, embeddingDim], copied
   * @param options freeze: whether they are not to be trained; default true
   */
  static fromPretrained(
    vectors: Tensor,
    { freeze = true, ...options }: LookUp & { freeze?: boolean } = {},
  ): Embedding {
    expectTensor("Embedding.fromPretrained", "vectors", vectors);
    const [V, D] = dims("Embedding.fromPretrained", { vectors }, 2);
    const module = new Embedding(V, D, {
      ...options,
      dtype: vectors.dtype as FloatDType, // loadStateDict refuses any other
      generator: new Generator(), // its draws are overwritten: they must not move the global one
    });
    module.loadStateDict({ weight: vectors });
    return module.requiresGrad(!freeze);
  }

  /** @param ids int32, any shape @returns [...ids.shape, embeddingDim] @throws RangeError for an index outside the table */
  forward(ids: Tensor): Tensor {
    return embedding(ids, this.weight, this.#lookUp);
  }
}
