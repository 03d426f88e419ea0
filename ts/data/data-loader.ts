import { defaultGenerator, Generator, type GeneratorState } from "../core/random.ts";
import { expectInteger, fail } from "../core/shape.ts";
import { randperm } from "../ops/random.ts";
import { type Collated, defaultCollate } from "./collate.ts";

/** Samples by their number: an array is one. */
export type Dataset<Sample> =
  | {
      readonly length: number;
      /** Sample i, from 0. */
      get(i: number): Sample;
    }
  | readonly Sample[];

/** Options of `DataLoader`. */
export interface DataLoaderOptions<Sample, Batch> {
  /** Samples a batch. Default 1. */
  batchSize?: number;
  /** A new order each epoch, from the generator. Default false. */
  shuffle?: boolean;
  /** The numbers of the samples in the order of an epoch, in place of `shuffle`. */
  sampler?: Iterable<number>;
  /** Leaves out a last batch that is not full. Default false. */
  dropLast?: boolean;
  /** Default `defaultCollate`. */
  collate?: (samples: Sample[]) => Batch;
  /** Default: the global one. */
  generator?: Generator | undefined;
}

/** Where a loader stands: plain numbers, for JSON. */
export interface DataLoaderState {
  /** Samples of the epoch that have been given; 0 between epochs. */
  position: number;
  /** The generator as it was before the epoch's order was drawn. */
  epoch: GeneratorState;
  /** The generator now. */
  generator: GeneratorState;
}

/**
 * Batches of a dataset: `for (const batch of loader)` is an epoch. Batches belong to the scope in which they are taken.
 *
 * The position is resumable: a loader over the same data that loads the state gives the batches that were still to come,
 * and then the same epochs.
 *
 * @throws RangeError for an impossible option, and for a sampler's number that is outside
 *
 * @example
 * const loader = new DataLoader([1, 2, 3, 4, 5], { batchSize: 2 });
 * [...loader].map((batch) => batch.toArray()); // [[1, 2], [3, 4], [5]]
 */
export class DataLoader<Sample, Batch = Collated<Sample>> implements Iterable<Batch> {
  readonly #dataset: Dataset<Sample>;
  readonly #batchSize: number;
  readonly #shuffle: boolean;
  readonly #sampler: Iterable<number> | undefined;
  readonly #dropLast: boolean;
  readonly #collate: (samples: Sample[]) => Batch;
  readonly #generator: Generator;
  #position = 0;
  #epoch: GeneratorState;
  #resuming = false;

  constructor(dataset: Dataset<Sample>, options: DataLoaderOptions<Sample, Batch> = {}) {
    const { batchSize = 1, shuffle = false, sampler, dropLast = false } = options;
    expectInteger("DataLoader", "the dataset's length", dataset.length);
    this.#batchSize = expectInteger("DataLoader", "batchSize", batchSize, 1);
    if (sampler && shuffle) fail("DataLoader", "shuffle", "to be false with a sampler", "true");
    this.#dataset = dataset;
    this.#shuffle = shuffle;
    this.#sampler = sampler;
    this.#dropLast = dropLast;
    this.#collate = options.collate ?? (defaultCollate as unknown as (samples: Sample[]) => Batch);
    this.#generator = options.generator ?? defaultGenerator;
    this.#epoch = this.#generator.state();
  }

  /** Batches an epoch. */
  get length(): number {
    const n = this.#sampler ? [...this.#sampler].length : this.#dataset.length;
    return (this.#dropLast ? Math.floor : Math.ceil)(n / this.#batchSize);
  }

  /** The batches of an epoch, or what is left of one that was resumed. */
  *[Symbol.iterator](): IterableIterator<Batch> {
    let start = 0;
    if (this.#resuming) start = this.#position;
    else this.#epoch = this.#generator.state();
    const order = this.#order();
    this.#resuming = false;
    for (let at = start; at < order.length; at += this.#batchSize) {
      const ids = order.slice(at, at + this.#batchSize);
      if (this.#dropLast && ids.length < this.#batchSize) break;
      const batch = this.#collate(ids.map((id) => this.#sample(id)));
      this.#position = at + ids.length;
      yield batch;
    }
    this.#position = 0;
  }

  #order(): readonly number[] {
    const { length } = this.#dataset;
    if (this.#sampler) {
      const order = [...this.#sampler];
      for (const id of order) {
        expectInteger("DataLoader", "the sampler's number", id);
        if (id >= length) {
          fail("DataLoader", "the sampler's number", `to be below ${length}`, String(id));
        }
      }
      return order;
    }
    if (!this.#shuffle) return Array.from({ length }, (_, i) => i);
    // A resumed epoch has been drawn before: the generator is past it.
    const generator = this.#resuming ? new Generator().setState(this.#epoch) : this.#generator;
    const drawn = randperm(length, { generator });
    const order = Array.from(drawn.data());
    drawn.free();
    return order;
  }

  #sample(id: number): Sample {
    return "get" in this.#dataset ? this.#dataset.get(id) : this.#dataset[id]!;
  }

  /** Where it stands, for `loadStateDict`: plain numbers. */
  stateDict(): DataLoaderState {
    const generator = this.#generator.state();
    return { position: this.#position, epoch: { ...this.#epoch }, generator };
  }

  /** Goes on from there, the generator too. @throws RangeError for a position that cannot be */
  loadStateDict({ position, epoch, generator }: DataLoaderState): void {
    expectInteger("DataLoader.loadStateDict", "position", position);
    new Generator().setState(epoch); // throws where it is none
    this.#generator.setState(generator);
    this.#position = position;
    this.#epoch = { ...epoch };
    this.#resuming = position > 0;
  }
}
