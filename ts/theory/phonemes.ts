/** @file "b", "d" and "g" as a spectrogram tells them apart: by where the second formant comes from. */

import { exp, type Generator, noGrad, randn, scope, tensor, type Tensor } from "unrolled";
import { dice } from "./dice.ts";

/** The sounds to be told apart (Waibel et al. 1989). */
export const PHONEMES = ["b", "d", "g"] as const;
/** The bands of a frame, evenly apart on the mel scale. */
export const MEL_BANDS = 16;
export const FRAMES = 15;

/** The frame in the middle of the range where a sound begins. */
const ONSET = 5;
/** Frames that the second formant takes to the vowel. */
const TRANSITION = 4;

/** What `syllables` draws. */
export interface Syllables {
  /** [B, 16 mel bands, 15 frames] */
  x: Tensor;
  /** int32 [B]: the index in PHONEMES. */
  y: Tensor;
}

/**
 * Syllables as 15 frames of 16 mel bands, after Waibel et al. (1989): silence, then two formants, of which the second
 * rises to the vowel after "b", stays after "d" and falls after "g". The vowel differs from syllable to syllable, so
 * that only the movement tells.
 *
 * @param shifts frames by which a syllable may begin late (or early, below 0), from −4 to 4
 */
export function syllables(
  count: number,
  shifts: readonly number[],
  generator: Generator,
): Syllables {
  const draw = dice(generator);
  const distances = new Float32Array(count * MEL_BANDS * FRAMES).fill(-50); // exp(−50): silence
  const labels = Int32Array.from({ length: count }, (_, b) => {
    const phoneme = Math.floor(draw() * PHONEMES.length);
    const onset = ONSET + shifts[Math.floor(draw() * shifts.length)]!;
    const [first, vowel] = [1.5 + 2 * draw(), 8 + 3 * draw()];
    for (let t = onset; t < FRAMES; t++) {
      const way = Math.max(0, 1 - (t - onset) / (TRANSITION - 1)); // from 1 to 0
      const second = vowel + (phoneme - 1) * 3.5 * way;
      for (let band = 0; band < MEL_BANDS; band++) {
        const near = Math.min((band - first) ** 2, (band - second) ** 2);
        distances[(b * MEL_BANDS + band) * FRAMES + t] = -near / 1.5;
      }
    }
    return phoneme;
  });
  return scope(() =>
    noGrad(() => {
      const shape = [count, MEL_BANDS, FRAMES];
      const clean = exp(tensor(distances, shape));
      return { x: clean.add(randn(shape, { generator }).mul(0.1)), y: tensor(labels) };
    }),
  );
}
