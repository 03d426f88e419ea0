/** @file Where threads wait for one another. */

const [ARRIVED, PASSED, WAKE, BROKEN] = [0, 1, 2, 3];
const HOW = { ended: 1, failed: 2 } as const;

/**
 * Looks before a party sleeps, some half a millisecond: to wake it takes a tenth of that, and may put it on the core of the
 * one that wakes it.
 */
const LOOKS = 2 ** 16;

/** Another party has an error to tell, which is the one of interest. */
export class AnotherFailed extends Error {}

/** A barrier over four cells of shared memory. With one party nobody waits. */
export class Barrier {
  constructor(
    readonly cells: Int32Array,
    readonly parties: number,
  ) {}

  /** Returns when every party is here. @throws Error when one of them will not come */
  wait(): void {
    if (this.parties === 1) return;
    const { cells, parties } = this;
    const passed = Atomics.load(cells, PASSED!);
    if (Atomics.add(cells, ARRIVED!, 1) + 1 === parties) {
      Atomics.store(cells, ARRIVED!, 0);
      Atomics.add(cells, PASSED!, 1);
      this.#wake();
      return;
    }
    for (let looks = 0; looks < LOOKS; looks++) {
      if (Atomics.load(cells, PASSED!) !== passed) return;
    }
    for (;;) {
      const wake = Atomics.load(cells, WAKE!);
      if (Atomics.load(cells, PASSED!) !== passed) return;
      const broken = Atomics.load(cells, BROKEN!);
      if (broken === HOW.failed) throw new AnotherFailed("group: another thread failed");
      if (broken === HOW.ended) {
        throw new Error(
          "group: another thread ended while this one waits: all must take the same steps",
        );
      }
      Atomics.wait(cells, WAKE!, wake);
    }
  }

  /** A party will not come any more: whoever waits, or will, gets an error. The first to break it says how. */
  break(how: keyof typeof HOW): void {
    if (this.parties === 1) return;
    Atomics.compareExchange(this.cells, BROKEN!, 0, HOW[how]);
    this.#wake();
  }

  #wake(): void {
    Atomics.add(this.cells, WAKE!, 1);
    Atomics.notify(this.cells, WAKE!);
  }
}
