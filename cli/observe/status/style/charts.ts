/**
 * The style of charts.
 *
 * @module
 */

/** Charts, and the text that belongs to them. */
export const CHARTS = `
.swatch { display: inline-block; width: 9px; height: 9px; margin-right: 5px; border-radius: 2px; }
.swatch.accept { background: var(--accept); }
.swatch.reject { background: var(--reject); }
.swatch.tempfail { background: var(--tempfail); }
.swatch.discard { background: var(--discard); }
.swatch.abort { background: var(--abort); }
.swatch.missing { background: var(--missing); border: 1px solid var(--line); }
.name b { font-weight: 600; }
.kind.large .name { padding: 0 14px; }
.kinds { display: grid; grid-template-columns: repeat(4, minmax(0, 1fr)); gap: 10px 20px; padding: 2px 14px 12px; }
.kinds .chart { width: 100%; height: 46px; margin-top: 3px; border-bottom: 1px solid var(--line); }
.since { padding: 0 14px 10px; color: var(--quiet); }
.plot { position: relative; margin: 10px 14px 0 54px; height: 120px; border-bottom: 1px solid var(--line); }
.plot::before, .plot::after { content: ""; position: absolute; left: 0; right: 0; border-top: 1px dashed var(--line); }
.plot::before { top: 0; }
.plot::after { top: 50%; }
.plot .chart { position: absolute; inset: 0; width: 100%; height: 100%; z-index: 1; }
.plot .nothing { position: absolute; inset: 50% 0 0; z-index: 1; display: grid; place-items: center; padding: 0 8px; text-align: center; }
.scale { position: absolute; right: calc(100% + 8px); color: var(--quiet); font-size: 12px; line-height: 1; white-space: nowrap; }
.scale.top { top: -5px; }
.scale.middle { top: calc(50% - 6px); }
.axis { display: flex; justify-content: space-between; margin: 4px 14px 9px 54px; color: var(--quiet); font-size: 12px; }
.chart { display: block; }
.chart path, .chart rect { stroke: none; shape-rendering: crispEdges; }
.chart .missing { fill: var(--missing); }
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
.chart .column:hover, .chart .column.chosen { fill: var(--text); fill-opacity: 0.16; }
#tip {
  position: fixed; z-index: 2; left: 0; top: 0; max-width: 300px; padding: 3px 8px; border: 1px solid var(--line);
  border-radius: 4px; background: var(--raised); color: var(--text); font-size: 12px; pointer-events: none;
}
`;
