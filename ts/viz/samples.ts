/** @file What a language model wrote at several moments of its training. */

import { escape, json } from "./escape.ts";

/** What a model wrote at a step. */
export interface Sample {
  step: number;
  /** Bits per character on held-out text at that moment. */
  bits: number;
  text: string;
}

/** The last sample, and a slider back to the first; `SAMPLES_SCRIPT` brings it to life. */
export function samplesView(samples: readonly Sample[]): string {
  const last = samples.at(-1);
  if (!last) return "<p>No sample was taken yet.</p>";
  return `<div class="samples">
<label class="slider" for="moment"><span id="when">${escape(momentOf(last))}</span>
<input type="range" id="moment" min="0" max="${samples.length - 1}" value="${samples.length - 1}" aria-describedby="when"></label>
<pre id="sample" tabindex="0">${escape(last.text)}</pre>
<script type="application/json" id="samples-data">${json(samples.map((s) => ({ when: momentOf(s), text: s.text })))}</script>
</div>`;
}

const momentOf = ({ step, bits }: Sample): string =>
  `after step ${step.toLocaleString("en")}: ${bits.toFixed(2)} bits per character`;

/** Plain JavaScript, for the page. */
export const SAMPLES_SCRIPT = String.raw`
(() => {
  const data = document.getElementById("samples-data");
  if (!data) return;
  const samples = JSON.parse(data.textContent);
  const moment = document.getElementById("moment");
  moment.addEventListener("input", () => {
    const { when, text } = samples[moment.value];
    document.getElementById("when").textContent = when;
    document.getElementById("sample").textContent = text;
    moment.setAttribute("aria-valuetext", when);
  });
})();`;
