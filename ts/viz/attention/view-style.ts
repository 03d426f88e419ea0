/** @file What pages of attention look like beyond what all pages share. */

export const VIEW_STYLE = `
main { max-width: 1440px; padding-top: 44px; }
header { margin-bottom: 26px; } h1 { font-size: clamp(26px, 4vw, 38px); } .lead { font-size: 17px; }
.view { font-family: var(--sans); }
.controls { display: flex; flex-wrap: wrap; gap: 12px 22px; margin-bottom: 14px; font-size: 14px; color: var(--soft); }
.controls select { font: inherit; color: var(--ink); background: var(--card); border: 1px solid var(--rule); border-radius: 8px; padding: 6px 10px; margin-left: 6px; }
.controls button { font: 600 13.5px/1 var(--sans); color: var(--ink); background: var(--card); border: 1px solid var(--rule); border-radius: 8px; padding: 8px 12px; cursor: pointer; }
.heads { display: flex; flex-wrap: wrap; gap: 5px; }
.heads button { width: 28px; height: 28px; padding: 0; border: 0; border-radius: 6px; cursor: pointer; font: 600 12px/1 var(--sans);
  font-variant-numeric: tabular-nums; color: #fff; background: var(--head); user-select: none; }
.heads button[aria-pressed=false] { color: var(--soft); background: color-mix(in srgb, var(--head) 18%, var(--card)); }
.hint { font-size: 13px; color: var(--soft); margin: 8px 0 0; }
.stage { display: flex; flex-wrap: wrap; gap: 10px 48px; margin-top: 22px; } .stage .wide { min-width: 0; max-width: 100%; }
output { display: block; min-height: 9em; min-width: 230px; margin: 0; font-size: 14.5px; line-height: 1.6; white-space: pre-wrap;
  font-variant-numeric: tabular-nums; color: var(--soft); } output::first-line { color: var(--ink); font-weight: 600; }
svg { display: block; max-width: none; overflow: visible; }
.token.here .ground { fill: var(--rule); }
.token { cursor: default; outline: none; } .token:focus-visible .ground { stroke: var(--cool); stroke-width: 2; }
.whole { display: flex; flex-wrap: wrap; gap: 24px 44px; align-items: flex-start; }
#grid { display: grid; gap: 6px; width: max-content; padding: 0 2px 2px 0; } #grid [role=row] { display: grid; gap: 6px; grid-template-columns: 22px repeat(var(--columns), 66px); align-items: center; }
#grid [role=columnheader], #grid [role=rowheader] { font: 12.5px/1.3 var(--sans); color: var(--soft); text-align: center; font-variant-numeric: tabular-nums; }
#grid button { display: block; padding: 0; border: 1px solid transparent; border-radius: 7px; background: var(--card); cursor: pointer; box-shadow: 0 0 0 1px var(--rule); }
#grid button:hover { border-color: var(--soft); } #grid button[aria-pressed=true] { border-color: var(--ink); box-shadow: 0 0 0 1px var(--ink); }
#grid canvas { display: block; width: 64px; height: 64px; }
.detail { position: sticky; top: 20px; } .detail h2 { font-size: 21px; margin: 0 0 14px; } .detail output { margin-top: 14px; }
footer { margin-top: 48px; }
`;
