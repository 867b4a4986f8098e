/**
 * The page's style sheet, for light and dark themes and for wide and narrow windows.
 *
 * @module
 */

/** The style sheet. All text has a contrast of at least 4.5 to its background. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --ground: #f6f7f8; --raised: #fff; --line: #dfe3e7; --faint: #eceff2;
  --text: #1b2127; --quiet: #59636e;
  --accept: #7da7d0; --reject: #c8372d; --tempfail: #d9952a; --discard: #8a63b3; --abort: #aeb6bf; --band: #cfdcea;
  --reject-text: #b3261e; --tempfail-text: #8a5600; --discard-text: #71489c; --accept-text: #245f9c;
  --link: #1d5fa8; --good: #23804a;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #121619; --raised: #191e23; --line: #2d353d; --faint: #222a31;
    --text: #e3e8ec; --quiet: #98a4b0;
    --accept: #4478ab; --reject: #e5584b; --tempfail: #d99a34; --discard: #a47fd0; --abort: #5d6772; --band: #2f4255;
    --reject-text: #ff8a7d; --tempfail-text: #ecb45a; --discard-text: #c3a3e8; --accept-text: #82b6ea;
    --link: #82b6ea; --good: #62c48a;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 0 20px 24px; max-width: 1280px;
  background: var(--ground); color: var(--text);
  font: 13px/1.45 system-ui, -apple-system, "Segoe UI", "Liberation Sans", sans-serif;
  font-variant-numeric: tabular-nums;
}
h1, h2, p, dl, dd, ul, ol { margin: 0; padding: 0; }
ul, ol { list-style: none; }
h1 { font-size: 16px; }
h2 { font-size: 13px; }
a { color: var(--link); }
code { font: 12px/1.5 ui-monospace, "SF Mono", "Liberation Mono", monospace; overflow-wrap: anywhere; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; border-radius: 2px; }
.quiet, .none, .heading p, footer { color: var(--quiet); }

header { display: flex; flex-wrap: wrap; align-items: baseline; gap: 4px 12px; padding: 14px 0 12px; }
#service { color: var(--quiet); flex: 1 1 auto; }
nav { display: flex; border: 1px solid var(--line); border-radius: 5px; background: var(--raised); }
nav a { padding: 3px 10px; text-decoration: none; color: var(--quiet); }
nav a + a { border-left: 1px solid var(--line); }
nav a[aria-current] { color: var(--text); font-weight: 600; background: var(--faint); }
nav a:hover { color: var(--text); }
.refresh { color: var(--quiet); }
#live::before {
  content: ""; display: inline-block; width: 7px; height: 7px; margin-right: 6px; border-radius: 50%;
  background: var(--abort); vertical-align: 1px;
}
#live:empty { display: none; }
#live.live::before { background: var(--good); }
#live.stale { color: var(--reject-text); font-weight: 600; }
#live.stale::before { background: var(--reject); }
button {
  margin-left: 6px; padding: 3px 10px; border: 1px solid var(--line); border-radius: 5px;
  background: var(--raised); color: inherit; font: inherit; cursor: pointer;
}
button:hover { color: var(--text); }
body.stale main { opacity: 0.7; }

.part { overflow-wrap: anywhere; }
main > section { margin-bottom: 12px; border: 1px solid var(--line); border-radius: 6px; background: var(--raised); }
main > section[hidden] { display: none; }
.heading { display: flex; flex-wrap: wrap; align-items: baseline; gap: 2px 12px; padding: 9px 14px 7px; }
.nothing { padding: 4px 14px 14px; color: var(--quiet); }

main > #trouble { padding: 9px 14px; border-color: var(--reject); border-left-width: 4px; }
#trouble li + li { margin-top: 3px; }

#headline dl { display: grid; grid-template-columns: repeat(6, 1fr); }
.figure { padding: 10px 14px 11px; }
.figure + .figure { border-left: 1px solid var(--line); }
.figure dt { color: var(--quiet); }
.figure b { display: block; font-size: 23px; line-height: 1.25; font-weight: 600; letter-spacing: -0.01em; }
.figure span { color: var(--quiet); }
.figure.bad b, td.bad { color: var(--reject-text); }
td.bad { font-weight: 600; }

.legend { display: flex; flex-wrap: wrap; gap: 2px 14px; margin-left: auto; color: var(--quiet); }
.swatch { display: inline-block; width: 9px; height: 9px; margin-right: 5px; border-radius: 2px; }
.swatch.accept { background: var(--accept); }
.swatch.reject { background: var(--reject); }
.swatch.tempfail { background: var(--tempfail); }
.swatch.discard { background: var(--discard); }
.swatch.abort { background: var(--abort); }
.plot { position: relative; margin: 4px 14px 0 54px; height: 132px; border-bottom: 1px solid var(--line); }
.plot::before, .plot::after { content: ""; position: absolute; left: 0; right: 0; border-top: 1px dashed var(--line); }
.plot::before { top: 0; }
.plot::after { top: 50%; }
.plot .chart { position: absolute; inset: 0; width: 100%; height: 100%; z-index: 1; }
.plot .nothing { position: absolute; inset: 50% 0 0; display: grid; place-items: center; padding: 0; }
.scale { position: absolute; right: calc(100% + 8px); color: var(--quiet); font-size: 12px; line-height: 1; white-space: nowrap; }
.scale.top { top: -5px; }
.scale.middle { top: calc(50% - 6px); }
.axis { display: flex; justify-content: space-between; margin: 4px 14px 9px 54px; color: var(--quiet); font-size: 12px; }
.chart { display: block; }
.chart path { stroke: none; shape-rendering: crispEdges; }
.chart .accept { fill: var(--accept); }
.chart .reject, .chart .verdict { fill: var(--reject); }
.chart .tempfail { fill: var(--tempfail); }
.chart .discard { fill: var(--discard); }
.chart .abort { fill: var(--abort); }
.chart .dry { fill: var(--reject); fill-opacity: 0.5; }
.chart .line { fill: none; stroke-width: 1.25; vector-effect: non-scaling-stroke; shape-rendering: auto; stroke-linejoin: round; }
.chart .p50 { stroke: var(--accept-text); }
.chart .p99 { fill: var(--band); }
.chart .column { fill: transparent; }
.chart .column:hover { fill: var(--text); fill-opacity: 0.12; }

table { width: 100%; border-collapse: collapse; }
thead th { padding: 3px 10px; color: var(--quiet); font-weight: 400; text-align: left; white-space: nowrap; }
tbody th, td { padding: 6px 10px; border-top: 1px solid var(--line); text-align: left; vertical-align: top; }
tr > :first-child { padding-left: 14px; }
tr > :last-child { padding-right: 14px; }
th.number, td.number { text-align: right; white-space: nowrap; }
tbody th { font-weight: 600; }
.mark {
  display: inline-block; padding: 0 6px; border: 1px solid var(--line); border-radius: 8px;
  color: var(--quiet); font-size: 11px; font-weight: 400; white-space: nowrap;
}
.filters td { vertical-align: middle; }
.filters tbody th { vertical-align: middle; width: 18%; }
.filters .verdicts { width: 24%; }
.filters .chart { width: 100%; min-width: 90px; height: 26px; border-bottom: 1px solid var(--line); }
.filters .where { display: block; white-space: normal; font-weight: 400; font-size: 12px; }
.verdict { display: inline-block; margin-right: 8px; }
.verdict b { font-weight: 600; }
.verdict.reject { color: var(--reject-text); }
.verdict.tempfail { color: var(--tempfail-text); }
.verdict.discard { color: var(--discard-text); }
.verdict.accept { color: var(--accept-text); }
.verdict.change { color: var(--quiet); }

.results tbody th { width: 18%; }
.failures tbody th { width: 26%; }
.failures .checked { width: 14%; }
.failures .number { width: 8%; }

.limits tbody th { width: 34%; overflow-wrap: anywhere; }
.limits .time { white-space: nowrap; color: var(--quiet); }

.refusals td { overflow: hidden; }
.refusals .time { white-space: nowrap; color: var(--quiet); }
.refusals .outcome { white-space: nowrap; }
.refusals .who { width: 30%; }
.refusals .to { display: block; }
.refusals .client { width: 14%; }
.refusals .by { width: 14%; }
.refusals .reply { width: 30%; }
.refusals .client .quiet, .refusals .by .quiet { display: block; }
.to { color: var(--quiet); }
.to bdi { color: var(--text); }

.listeners { display: grid; grid-template-columns: minmax(200px, auto) minmax(0, 1fr); column-gap: 20px; }
.listeners > li {
  display: grid; grid-template-columns: subgrid; grid-column: 1 / -1;
  padding: 7px 14px; border-top: 1px solid var(--line);
}
.listeners code { display: block; }
.listeners ol { display: flex; flex-wrap: wrap; }
.listeners ol li:not(:last-child)::after { content: "→"; padding: 0 8px; color: var(--quiet); }
footer { padding: 2px 0; }

@media (max-width: 1000px) {
  #headline dl { grid-template-columns: repeat(3, 1fr); }
  .figure:nth-child(4) { border-left: 0; }
  .figure:nth-child(n + 4) { border-top: 1px solid var(--line); }
}
@media (max-width: 760px) {
  body { padding: 0 10px 20px; }
  #service { flex-basis: 60%; }
  .refresh { margin-left: auto; }
  .legend { margin-left: 0; }
  #headline dl { grid-template-columns: repeat(2, 1fr); }
  .figure { padding: 8px 12px 9px; }
  .heading, .nothing { padding-left: 12px; padding-right: 12px; }
  .listeners > li { padding: 7px 12px; }
  .plot, .axis { margin-left: 46px; margin-right: 12px; }
  .figure b { font-size: 20px; }
  .figure:nth-child(n) { border-left: 0; border-top: 0; }
  .figure:nth-child(even) { border-left: 1px solid var(--line); }
  .figure:nth-child(n + 3) { border-top: 1px solid var(--line); }
  .plot { height: 104px; }
  table, tbody { display: block; }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  tbody tr { display: grid; gap: 3px 12px; padding: 9px 12px 10px; border-top: 1px solid var(--line); }
  tbody tr > *, tbody tr > :first-child, tbody tr > :last-child { padding: 0; border: 0; }
  .filters tbody tr { grid-template-columns: repeat(4, minmax(0, 1fr)); align-items: end; }
  .filters tbody tr > th, .filters .verdicts { grid-column: 1 / -1; width: auto; }
  .filters .drawn:nth-child(3) { grid-column: span 3; }
  .filters .chart { min-width: 0; }
  .filters td.number { text-align: left; white-space: normal; }
  .filters td.number::before { content: attr(data-name); display: block; color: var(--quiet); font-size: 12px; font-weight: 400; }
  .results tbody tr { grid-template-columns: repeat(4, minmax(0, 1fr)); }
  .failures tbody tr { grid-template-columns: auto repeat(2, minmax(0, 1fr)); }
  .results tbody th, .failures tbody th, .failures .why { grid-column: 1 / -1; width: auto; }
  .results td.number, .failures td.number { text-align: left; }
  .results td::before, .failures td[data-name]::before, .limits td::before {
    content: attr(data-name); display: block; color: var(--quiet); font-size: 12px;
  }
  .results td:has(> .none:only-child) { display: none; }
  .limits tbody tr { grid-template-columns: repeat(3, minmax(0, 1fr)); }
  .limits tbody th { grid-column: 1 / -1; width: auto; }
  .limits td.number { text-align: left; }
  .refusals tbody tr { grid-template-columns: auto minmax(0, 1fr); }
  .refusals tbody tr > :nth-child(n + 3) { grid-column: 1 / -1; width: auto; }
  .refusals .client .quiet, .refusals .by .quiet { display: inline; }
  .refusals td:has(> .none:only-child) { display: none; }
  .listeners { display: block; }
  .listeners > li { display: block; }
}
@media (prefers-reduced-motion: no-preference) {
  #live.live::before { animation: beat 3s ease-in-out infinite; }
  @keyframes beat { 50% { opacity: 0.45; } }
}
@media print { nav, .refresh { display: none; } }
`;
