/** @file What a lecture says and what was measured, as one page. */

import type { Exhibit, Film, Picture, Verdict } from "../lecture/exhibit.ts";
import { escape } from "./escape.ts";
import { page } from "./page.ts";

export interface Shown extends Pick<Exhibit, "id" | "title" | "statement"> {
  verdicts: readonly Verdict[];
  pictures: readonly (Picture | Film)[];
}

export interface LecturePageOptions {
  title: string;
  exhibits: readonly Shown[];
  /** How it was made: the command. */
  command: string;
}

/** The whole page as one self-contained HTML document. */
export function lecturePage({ title, exhibits, command }: LecturePageOptions): string {
  const verdicts = exhibits.flatMap((e) => e.verdicts);
  const passed = verdicts.filter(({ pass }) => pass).length;
  const lead =
    passed === verdicts.length
      ? `Every statement, measured: all ${passed} numbers came out as expected.`
      : `Every statement, measured: ${passed} of ${verdicts.length} numbers came out as expected.`;
  const body = `<header>
<p class="kicker">unrolled</p>
<h1>${escape(title)}</h1>
<p class="lead">${lead}</p>
<nav><ol>${exhibits.map(({ title, verdicts }) => `<li>${escape(title)} ${count(verdicts)}</li>`).join("")}</ol></nav>
</header>
${exhibits.map(section).join("\n")}
<footer><p>Made with <code>${escape(command)}</code></p>
<p>After the lecture <i>Recurrent nets, Memory and attention</i> by Karel Zimmermann, Czech Technical University in Prague.</p></footer>`;
  return page({ title, body, scripts: [FILM_SCRIPT], style: STYLE });
}

const count = (verdicts: readonly Verdict[]): string => {
  const failed = verdicts.filter(({ pass }) => !pass).length;
  return failed === 0
    ? `<span class="pass">✓ ${verdicts.length}</span>`
    : `<span class="fail">✗ ${failed} of ${verdicts.length}</span>`;
};

const section = ({ id, title, statement, verdicts, pictures }: Shown): string => `<section>
<h2>${escape(title)}</h2>
<blockquote>${escape(statement)}</blockquote>
${pictures.map(figure).join("\n")}
<table class="verdicts"><thead><tr><th></th><th>${escape(id)}</th><th>expected</th><th>measured</th></tr></thead><tbody>
${verdicts.map(row).join("\n")}
</tbody></table>
</section>`;

const row = ({ what, expected, measured, pass }: Verdict): string =>
  `<tr class="${pass ? "pass" : "fail"}"><td>${pass ? "✓" : "✗"}</td><td>${escape(what)}</td><td>${escape(expected)}</td><td>${escape(measured)}</td></tr>`;

function figure(picture: Picture | Film): string {
  if (!("frames" in picture)) {
    return `<figure>${picture.svg}<figcaption>${escape(picture.caption)}</figcaption></figure>`;
  }
  const { caption, frames } = picture;
  const all = frames.map(
    (frame, i) =>
      `<div class="frame"${i === 0 ? "" : " hidden"}>${frame.svg}<p>${escape(frame.caption)}</p></div>`,
  );
  return `<figure class="film">${all.join("")}
<div class="reel"><button type="button" aria-label="Play">▶</button>
<input type="range" min="1" max="${frames.length}" value="1" aria-label="Step"><output>1 of ${frames.length}</output></div>
<figcaption>${escape(caption)}</figcaption></figure>`;
}

/** Plain JavaScript, for the page. */
const FILM_SCRIPT = String.raw`
for (const film of document.querySelectorAll(".film")) {
  const frames = [...film.querySelectorAll(".frame")];
  const [button, range, output] = ["button", "input", "output"].map((name) => film.querySelector(name));
  let timer = 0;
  const show = () => {
    frames.forEach((frame, i) => (frame.hidden = i !== range.value - 1));
    output.textContent = range.value + " of " + frames.length;
  };
  const stop = () => {
    clearInterval(timer);
    timer = 0;
    button.textContent = "▶";
    button.setAttribute("aria-label", "Play");
  };
  range.addEventListener("input", () => (stop(), show()));
  button.addEventListener("click", () => {
    if (timer) return stop();
    if (+range.value === frames.length) range.value = 1;
    show();
    button.textContent = "❚❚";
    button.setAttribute("aria-label", "Pause");
    timer = setInterval(() => {
      range.value = +range.value + 1;
      show();
      if (+range.value === frames.length) stop();
    }, 1500);
  });
}`;

const STYLE = `
nav ol { padding: 0; margin: 26px 0 0; list-style: none; border-top: 1px solid var(--rule); }
nav li { display: flex; justify-content: space-between; padding: 7px 0; border-bottom: 1px solid var(--rule); }
.pass { --mark: #2b8a3e; } .fail { --mark: #c92a2a; }
@media (prefers-color-scheme: dark) { .pass { --mark: #69c779; } .fail { --mark: #ff7b7b; } }
nav span { color: var(--mark); font: 14px/1.9 var(--sans); font-variant-numeric: tabular-nums; }
blockquote { margin: 10px 0 22px; padding-left: 18px; border-left: 3px solid var(--rule); color: var(--soft); font-style: italic; max-width: 72ch; }
figure { margin: 26px 0; padding: 22px 24px 16px; background: var(--card); border: 1px solid var(--rule); border-radius: 12px; }
figure svg { display: block; width: 100%; height: auto; max-height: 680px; }
figcaption, .frame p { font: 14px/1.5 var(--sans); color: var(--soft); margin: 14px 0 0; max-width: none; }
.frame p { color: var(--ink); min-height: 3em; font-size: 15px; }
.film svg { max-width: 860px; margin: 0 auto; }
.reel { display: flex; gap: 14px; align-items: center; font: 13px/1 var(--sans); color: var(--soft); font-variant-numeric: tabular-nums; }
.reel input { flex: 1; accent-color: var(--net); }
.reel button { width: 38px; height: 30px; border: 1px solid var(--rule); border-radius: 8px; background: var(--wash); color: var(--ink); cursor: pointer; font: 12px/1 var(--sans); }
.verdicts { width: 100%; font: 14px/1.45 var(--sans); }
.verdicts th, .verdicts td { text-align: left; vertical-align: top; padding: 5px 16px 5px 0; }
.verdicts th:first-child, .verdicts td:first-child { width: 22px; color: var(--mark); font-weight: 700; }
.verdicts th { color: var(--soft); } .verdicts td:nth-child(n+3) { overflow-wrap: anywhere; max-width: 230px; }
@media print { .frame[hidden] { display: block; } .reel { display: none; } }
`;
