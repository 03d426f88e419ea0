/** @file One self-contained page: no network, light and dark. */

import { escape } from "./escape.ts";

/** What `page` is made of. */
export interface PageOptions {
  title: string;
  /** HTML. */
  body: string;
  /** JavaScript that runs at the end. */
  scripts: readonly string[];
  /** CSS beyond what all pages share. */
  style?: string;
  /** Default "auto": as the reader's system. */
  displayMode?: DisplayMode;
}

/** The colours of a page; "auto" are those of the reader's system. */
export type DisplayMode = "auto" | "light" | "dark";

/**
 * A whole HTML document. Its policy forbids it to load anything.
 *
 * @example
 * page({ title: "My run", body: "<p>It learnt.</p>", scripts: [] }).startsWith("<!doctype html>"); // true
 */
export function page(options: PageOptions): string {
  const { title, body, scripts, style = "", displayMode = "auto" } = options;
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="generator" content="unrolled">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="${displayMode === "auto" ? "light dark" : displayMode}">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>${escape(title)}</title>
<style>${paletteOf(displayMode)}${STYLE}${style}</style>
<main>
${body}
</main>
${scripts.map((script) => `<script>${script}</script>`).join("\n")}
</html>
`;
}

const LIGHT = `--paper: #fcfbf8; --card: #ffffff; --ink: #1f1e1b; --soft: #6b6860; --rule: #e4e0d6; --wash: #f3f0e8;
  --warm: #d9480f; --cool: #1c64d1; --net: #c2410c; --train: #9a958a; --trigram: #2563a8; --unigram: #7a5195;`;
const DARK = `--paper: #16171a; --card: #1d1f23; --ink: #e9e6df; --soft: #9c988e; --rule: #32343a; --wash: #24262b;
  --warm: #ff8a4c; --cool: #5b9dff; --net: #ff9a62; --train: #77746d; --trigram: #77b0f2; --unigram: #bd93d8;`;

function paletteOf(mode: DisplayMode): string {
  if (mode === "dark") return `:root { ${DARK} }`;
  if (mode === "light") return `:root { ${LIGHT} }`;
  return `:root { ${LIGHT} } @media (prefers-color-scheme: dark) { :root { ${DARK} } }`;
}

const STYLE = `
:root {
  --serif: "Iowan Old Style", "Palatino Linotype", Palatino, "Book Antiqua", Charter, Georgia, serif;
  --sans: ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
  --mono: ui-monospace, "SF Mono", "Cascadia Code", Menlo, Consolas, "DejaVu Sans Mono", monospace;
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 17px/1.6 var(--serif); }
main { max-width: 1060px; margin: 0 auto; padding: 56px 28px 96px; }
header { margin-bottom: 40px; }
.kicker { font: 600 12px/1 var(--sans); letter-spacing: .12em; text-transform: uppercase; color: var(--net); margin: 0 0 14px; }
h1 { font-size: clamp(30px, 5vw, 46px); line-height: 1.12; font-weight: 600; letter-spacing: -.015em; margin: 0 0 14px; text-wrap: balance; }
h2 { font-size: 26px; line-height: 1.2; font-weight: 600; letter-spacing: -.01em; margin: 64px 0 8px; }
p { max-width: 68ch; margin: 8px 0 18px; }
.lead { color: var(--soft); font-size: 19px; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 0; margin: 34px 0 0; border-block: 1px solid var(--rule); }
.figures div { padding: 18px 20px 16px 0; }
.figures b { display: block; font-size: 36px; line-height: 1.1; font-weight: 600; font-variant-numeric: tabular-nums; letter-spacing: -.02em; }
.figures span { display: block; margin-top: 5px; font: 13px/1.4 var(--sans); color: var(--soft); }
.figures .net b { color: var(--net); } .figures .trigram b { color: var(--trigram); } .figures .unigram b { color: var(--unigram); }
.chart { display: block; width: 100%; height: auto; margin-top: 18px; font-family: var(--sans); overflow: visible; }
.wide { overflow-x: auto; } .wide .chart { min-width: 700px; overflow: hidden; }
.chart text { fill: var(--soft); font-size: 13px; } .chart .axis { font-size: 12.5px; }
.chart .grid { stroke: var(--rule); } .chart .tick { font-variant-numeric: tabular-nums; }
.chart .curve { fill: none; stroke-width: 2.2; stroke-linejoin: round; }
.chart .name { font-weight: 600; } .chart .value { font-weight: 400; font-variant-numeric: tabular-nums; }
.chart .level { stroke-dasharray: 2 5; stroke-width: 1.8; stroke-linecap: round; }
.chart .net { stroke: var(--net); } .chart circle.net { fill: var(--paper); stroke-width: 1.8; }
.chart .train { stroke: var(--train); } .chart .raw { stroke: var(--train); stroke-width: 1; opacity: .28; }
.chart .trigram { stroke: var(--trigram); } .chart .unigram { stroke: var(--unigram); }
.chart text.net, .chart text.trigram, .chart text.unigram, .chart text.train { stroke: none; }
.chart text.net { fill: var(--net); } .chart text.trigram { fill: var(--trigram); }
.chart text.unigram { fill: var(--unigram); } .chart text.train { fill: var(--soft); }
pre { font: 13.5px/1.55 var(--mono); margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; tab-size: 4; }
.samples pre, .cells pre { background: var(--card); border: 1px solid var(--rule); border-radius: 10px; padding: 20px 22px; }
.samples pre { min-height: 16em; }
.slider { display: flex; flex-wrap: wrap; gap: 6px 20px; align-items: center; margin: 6px 0 14px; font: 14px/1.4 var(--sans); color: var(--soft); }
.slider span { min-width: 21em; font-variant-numeric: tabular-nums; }
.slider input { flex: 1 1 260px; accent-color: var(--net); height: 26px; }
.cells { display: grid; grid-template-columns: 292px minmax(0, 1fr); gap: 30px; margin-top: 22px; align-items: start; }
fieldset { border: 0; padding: 0; margin: 0; min-width: 0; }
legend { font: 600 12px/1 var(--sans); letter-spacing: .06em; color: var(--soft); padding: 0; margin-bottom: 12px; }
.feature { margin-bottom: 15px; } .feature b { display: block; font-size: 15.5px; font-weight: 600; margin-bottom: 5px; }
.chips { display: flex; flex-wrap: wrap; gap: 6px; }
.chip { cursor: pointer; font: 13px/1 var(--sans); }
.chip input { position: absolute; opacity: 0; width: 1px; height: 1px; }
.chip span { display: inline-block; padding: 7px 10px; border: 1px solid var(--rule); border-radius: 99px; background: var(--card); font-variant-numeric: tabular-nums; }
.chip small { color: var(--soft); font-size: 11.5px; } .chip i { font-family: var(--serif); color: var(--soft); }
.chip:hover span { border-color: var(--soft); }
.chip :checked + span { background: var(--ink); border-color: var(--ink); color: var(--paper); }
.chip :checked + span small, .chip :checked + span i { color: inherit; opacity: .75; }
:focus-visible, .chip :focus-visible + span { outline: 2.5px solid var(--cool); outline-offset: 2px; }
.truth { display: inline-flex; gap: 7px; align-items: center; font: 13px/1.4 var(--sans); color: var(--soft); margin: 12px 0; }
.truth input { accent-color: var(--ink); margin: 0; } .truth span { border-bottom: 2px solid var(--ink); }
#passage { max-height: 66vh; overflow: auto; white-space: pre-wrap; line-height: 1.85; }
.c { --v: 0; --mark: 0; padding: 2px 0; cursor: crosshair;
  background: color-mix(in srgb, var(--warm) calc(var(--v) * 64%), transparent);
  box-shadow: 0 2px 0 color-mix(in srgb, var(--ink) calc(var(--mark) * 100%), transparent); }
.c.end { color: color-mix(in srgb, var(--soft) 55%, transparent); }
.c.low { background: color-mix(in srgb, var(--cool) calc(var(--v) * 64%), transparent); }
.c.here { outline: 2px solid var(--ink); outline-offset: 0; }
.scale { display: flex; align-items: center; gap: 9px; margin: 12px 0 4px; font: 12px/1 var(--sans); color: var(--soft); }
.scale i { width: 190px; height: 9px; border-radius: 5px; background: linear-gradient(90deg,
  color-mix(in srgb, var(--cool) 64%, transparent), transparent, color-mix(in srgb, var(--warm) 64%, transparent)); }
.unsigned .scale i { background: linear-gradient(90deg, transparent, color-mix(in srgb, var(--warm) 64%, transparent)); }
.unsigned .scale span:first-child { font-size: 0; } .unsigned .scale span:first-child::after { content: "0"; font-size: 12px; }
#readout { display: block; min-height: 3em; font: 13px/1.5 var(--mono); color: var(--soft); white-space: pre-wrap; }
details { margin-top: 14px; font: 14px/1.5 var(--sans); color: var(--soft); }
summary { cursor: pointer; width: fit-content; }
table { border-collapse: collapse; margin-top: 10px; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: 4px 22px 4px 0; border-bottom: 1px solid var(--rule); } th { font-weight: 600; }
footer { margin-top: 72px; padding-top: 18px; border-top: 1px solid var(--rule); color: var(--soft); font: 14px/1.6 var(--sans); }
footer code { font: 13px var(--mono); display: inline-block; margin-right: 7px; }
@media (max-width: 820px) { .cells { grid-template-columns: 1fr; } main { padding-top: 36px; } }
@media print { #passage { max-height: none; } .slider input { display: none; } }
`;
