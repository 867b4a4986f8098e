/**
 * Draws small charts over time as SVG. They stretch to the available width, so they contain no text.
 *
 * @module
 */

import { type Content, type Markup, markup } from "./markup.ts";

/** The height of a chart in its own units; the width is one unit per value. */
const HEIGHT = 100;

/** Values to draw as an area, stacked on the previous layers. */
export interface Layer {
  /** The CSS class that colours it. */
  readonly kind: string;
  readonly values: readonly number[];
}

/** Values with gaps, which are null. */
export interface GapLayer {
  /** The CSS class that colours it. */
  readonly kind: string;
  readonly values: readonly (number | null)[];
}

/** The texts of a chart, for tooltips and screen readers. */
export interface ChartTexts {
  readonly title: string;
  /** Returns the tooltip of a column; undefined for a chart without them. */
  readonly column?: (index: number) => string;
}

/**
 * Draws stacked areas.
 *
 * @param layers the layers, lowest first, all with the same number of values
 * @param top the value at the upper edge
 */
export function areaChart(layers: readonly Layer[], top: number, { title, column }: ChartTexts): Markup {
  const width = layers[0]?.values.length ?? 0;
  const base: number[] = new Array(width).fill(0);
  const areas = layers.map(({ kind, values }) => {
    const upper = values.map((value, i) => (base[i] ?? 0) + value);
    const path = areaPath(upper, base, top);
    upper.forEach((value, i) => base[i] = value);
    return path === "" ? undefined : markup`<path class="${kind}" d="${path}"/>`;
  });
  const columns = column && base.map((value, i) =>
    // An empty column needs no tooltip.
    value === 0
      ? undefined
      : markup`<rect class="column" x="${i}" y="0" width="1" height="${HEIGHT}">${titleOf(column(i))}</rect>`
  );
  return svg("area", width, title, [columns ? undefined : titleOf(title), areas, columns]);
}

/**
 * Draws a line in front of an area; null leaves a gap in either.
 *
 * @param line the line
 * @param area the area
 * @param top the value at the upper edge
 */
export function bandChart(line: GapLayer, area: GapLayer, top: number, { title }: ChartTexts): Markup {
  const filled = areaPath(area.values.map((value) => value ?? 0), area.values.map(() => 0), top);
  const drawn = linePath(line.values, top);
  return svg("band", line.values.length, title, [
    titleOf(title),
    filled === "" ? undefined : markup`<path class="${area.kind}" d="${filled}"/>`,
    drawn === "" ? undefined : markup`<path class="line ${line.kind}" d="${drawn}"/>`,
  ]);
}

/** Returns a round number that is not below `most` and whose half is round too. */
export function roundTop(most: number): number {
  const unit = 10 ** Math.floor(Math.log10(Math.max(most, 10))) / 10;
  return [10, 12, 16, 20, 24, 30, 40, 50, 60, 80, 100].map((factor) => factor * unit)
    .find((figure) => figure >= most)!;
}

function titleOf(text: string): Markup {
  return markup`<title>${text}</title>`;
}

/** @param contents the drawing; without a title if columns have their own, since it would cover them */
function svg(kind: string, width: number, label: string, contents: readonly Content[]): Markup {
  return markup`<svg class="chart ${kind}" viewBox="0 0 ${width} ${HEIGHT}" preserveAspectRatio="none" role="img"
aria-label="${label}">${contents}</svg>`;
}

/** Returns the stepped area between two edges, with one piece per run of columns in which they differ. */
function areaPath(upper: readonly number[], lower: readonly number[], top: number): string {
  let path = "";
  let run: { readonly start: string; there: string; back: string } | undefined;
  const endRun = (): void => {
    if (run) path += `${run.start}${run.there}${run.back}Z`;
    run = undefined;
  };
  for (const [i, high] of upper.entries()) {
    const low = lower[i] ?? 0;
    if (high === low) {
      endRun();
      continue;
    }
    run ??= { start: `M${i} ${y(low, top)}`, there: "", back: "" };
    run.there += `V${y(high, top)}H${i + 1}`;
    run.back = `V${y(low, top)}H${i}${run.back}`;
  }
  endRun();
  return path;
}

/** Returns a line through the middle of each column, broken at gaps. */
function linePath(values: readonly (number | null)[], top: number): string {
  let path = "";
  values.forEach((value, i) => {
    if (value === null) return;
    const joined = i > 0 && values[i - 1] !== null;
    // A point without neighbours becomes a stroke as wide as its column.
    if (!joined) path += `M${i} ${y(value, top)}`;
    path += `L${i + 0.5} ${y(value, top)}`;
    if (values[i + 1] === null || i + 1 === values.length) path += `H${i + 1}`;
  });
  return path;
}

function y(value: number, top: number): number {
  return Math.round((1 - Math.min(1, top === 0 ? 0 : value / top)) * HEIGHT * 10) / 10;
}
