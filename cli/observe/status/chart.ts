/**
 * Draws small charts over time as SVG. They stretch to the available width, so they contain no text.
 *
 * All have a square-root scale: a burst a hundred times as strong as the usual leaves the usual a tenth of the height,
 * where an even scale would leave a hundredth, which nobody sees. Zero stays zero, as it would not on a logarithmic scale.
 * Heights therefore do not add up, so layers stand in front of each other, each from the bottom.
 *
 * @module
 */

import { type Content, type Markup, markup } from "./markup.ts";

/** The height of a chart in its own units; the width is one unit per value. */
const HEIGHT = 100;

/** Values to draw as an area. Null stands for no value. */
export interface Layer {
  /** The CSS class that colours it. */
  readonly kind: string;
  readonly values: readonly (number | null)[];
}

/** What belongs to a chart beside its values. */
export interface ChartFrame {
  /** What it shows, for screen readers. */
  readonly title: string;
  /** The value at the upper edge. */
  readonly top: number;
  /** How many columns at the beginning are from before anything was counted. */
  readonly missing?: number;
  /** Returns the tooltip of a column; undefined if it needs none. */
  readonly column?: (index: number) => string | undefined;
}

/**
 * Draws areas, each from the bottom, in front of those before.
 *
 * @param layers the layers, rearmost first, all with the same number of values
 */
export function areaChart(layers: readonly Layer[], frame: ChartFrame): Markup {
  const areas = layers.map(({ kind, values }) => {
    const path = areaPath(values, frame.top);
    return path === "" ? undefined : markup`<path class="${kind}" d="${path}"/>`;
  });
  return svg("area", layers[0]?.values.length ?? 0, frame, areas);
}

/**
 * Draws a line in front of an area; null leaves a gap in either.
 *
 * @param line the line
 * @param area the area
 */
export function bandChart(line: Layer, area: Layer, frame: ChartFrame): Markup {
  const filled = areaPath(area.values, frame.top);
  const drawn = linePath(line.values, frame.top);
  return svg("band", line.values.length, frame, [
    filled === "" ? undefined : markup`<path class="${area.kind}" d="${filled}"/>`,
    drawn === "" ? undefined : markup`<path class="line ${line.kind}" d="${drawn}"/>`,
  ]);
}

/** Returns a round number that is not below `most` and whose quarter, which is at half the height, is whole too. */
export function roundTop(most: number): number {
  const unit = 10 ** Math.floor(Math.log10(Math.max(most, 10))) / 10;
  const factors = unit < 10
    ? [12, 16, 20, 24, 32, 40, 60, 80, 100]
    : [10, 12, 16, 20, 24, 32, 40, 60, 80, 100];
  return factors.map((factor) => factor * unit).find((figure) => figure >= most)!;
}

/** Draws what all charts have: the stretch before the first count, and columns with tooltips. */
function svg(kind: string, width: number, frame: ChartFrame, shapes: readonly Content[]): Markup {
  const { title, missing = 0, column } = frame;
  const before = missing > 0
    ? markup`<rect class="missing" x="0" y="0" width="${Math.min(missing, width)}" height="${HEIGHT}"/>`
    : undefined;
  const columns = column && Array.from({ length: width }, (_, i) => {
    const text = column(i);
    return text === undefined
      ? undefined
      : markup`<rect class="column" x="${i}" y="0" width="1" height="${HEIGHT}"><title>${text}</title></rect>`;
  });
  return markup`<svg class="chart ${kind}" viewBox="0 0 ${width} ${HEIGHT}" preserveAspectRatio="none" role="img"
aria-label="${title}">${before}${shapes}${columns}</svg>`;
}

/** Returns the stepped area above the bottom, with one piece per run of columns in which there is anything. */
function areaPath(values: readonly (number | null)[], top: number): string {
  let path = "";
  let inRun = false;
  for (const [i, value] of values.entries()) {
    if (!value) {
      if (inRun) path += `V${HEIGHT}Z`;
      inRun = false;
      continue;
    }
    if (!inRun) path += `M${i} ${HEIGHT}`;
    inRun = true;
    path += `V${y(value, top)}H${i + 1}`;
  }
  return inRun ? `${path}V${HEIGHT}Z` : path;
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

/** Returns the place of a value; what is not zero stays visible. */
function y(value: number, top: number): number {
  const share = top <= 0 ? 0 : Math.sqrt(Math.min(1, Math.max(0, value / top)));
  const least = value > 0 ? 0.03 : 0;
  return Math.round((1 - Math.max(least, share)) * HEIGHT * 10) / 10;
}
