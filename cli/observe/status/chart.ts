/**
 * Small charts over time as SVG: they stretch to the width that they are given, so that no text stands in them.
 *
 * @module
 */

import { type Content, type Markup, markup } from "./markup.ts";

/** Height of a chart in its own units; the width is one unit for each figure. */
const HEIGHT = 100;

/** Figures that are drawn as an area, on top of those before. */
export interface Layer {
  /** The class that colours it. */
  readonly kind: string;
  readonly values: readonly number[];
}

/** Figures with gaps. */
export interface GapLayer {
  /** The class that colours it. */
  readonly kind: string;
  readonly values: readonly (number | null)[];
}

/** What a chart is called, and what it shows, for those who cannot see it. */
export interface ChartTexts {
  readonly title: string;
  /** What is said of one column when the mouse points at it; undefined for nothing. */
  readonly column?: (index: number) => string;
}

/**
 * Areas on top of each other.
 *
 * @param layers the lowest first, all of one length
 * @param top the figure at the upper edge
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
    // Nothing to say where nothing was.
    value === 0
      ? undefined
      : markup`<rect class="column" x="${i}" y="0" width="1" height="${HEIGHT}">${titleOf(column(i))}</rect>`
  );
  return svg("area", width, title, [columns ? undefined : titleOf(title), areas, columns]);
}

/**
 * A line, and behind it an area up to another one. Both have gaps where there is nothing.
 *
 * @param line the line's class and figures; null for nothing
 * @param area the same of the area
 * @param top the figure at the upper edge
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

/** A round figure that is no less, whose half is round too. */
export function roundTop(most: number): number {
  const unit = 10 ** Math.floor(Math.log10(Math.max(most, 10))) / 10;
  return [10, 12, 16, 20, 24, 30, 40, 50, 60, 80, 100].map((factor) => factor * unit)
    .find((figure) => figure >= most)!;
}

function titleOf(text: string): Markup {
  return markup`<title>${text}</title>`;
}

/** @param contents what is drawn; columns have titles of their own, which one of the whole would cover */
function svg(kind: string, width: number, label: string, contents: readonly Content[]): Markup {
  return markup`<svg class="chart ${kind}" viewBox="0 0 ${width} ${HEIGHT}" preserveAspectRatio="none" role="img"
aria-label="${label}">${contents}</svg>`;
}

/** Steps between two edges, one piece for each run of columns in which they differ. */
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

/** A line through the middle of each column; it is broken where there is nothing. */
function linePath(values: readonly (number | null)[], top: number): string {
  let path = "";
  values.forEach((value, i) => {
    if (value === null) return;
    const joined = i > 0 && values[i - 1] !== null;
    // A point without neighbours is a stroke as wide as its column.
    if (!joined) path += `M${i} ${y(value, top)}`;
    path += `L${i + 0.5} ${y(value, top)}`;
    if (values[i + 1] === null || i + 1 === values.length) path += `H${i + 1}`;
  });
  return path;
}

function y(value: number, top: number): number {
  return Math.round((1 - Math.min(1, top === 0 ? 0 : value / top)) * HEIGHT * 10) / 10;
}
