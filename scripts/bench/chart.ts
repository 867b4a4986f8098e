/**
 * The chart: CPU per message against C libmilter, as an SVG that is legible on light and dark pages.
 *
 * @module
 */

import { figure } from "./format.ts";
import type { RatioRow } from "./messages_section.ts";

/** A server as the chart has it. */
export interface Series {
  readonly name: string;
  readonly title: string;
}

const WIDTH = 860;
const PLOT = { left: 190, right: WIDTH - 24, top: 112 } as const;
const BAR = { height: 13, step: 16 } as const;
/** Between the groups of two workloads. */
const GROUP_GAP = 18;
const LINE_HEIGHT = 16;
/** Characters in a line of a workload's name, about. */
const NAME_WIDTH = 27;
/** Pixels that a figure takes at the end of its bar, about. */
const FIGURE_WIDTH = 42;
/** Room for a figure at the end of the longest bars, as a factor on the logarithmic axis. */
const LABEL_ROOM = 1.35;
const TICKS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100];

/** Colours that differ for the colour-blind too, on light and on dark ground. */
const COLOURS: Readonly<Record<string, readonly [light: string, dark: string]>> = {
  binary: ["#0060a8", "#4da3e8"],
  bun: ["#56a8dc", "#a5d4f5"],
  deno: ["#00896b", "#35c2a0"],
  pymilter: ["#d0620a", "#f0944d"],
};
/** For a server that has none of these. */
const OTHER_COLOUR = ["#7a5ea8", "#b39ddb"] as const;

/** Draws a group of bars for each row. */
export function chartOf(series: readonly Series[], rows: readonly RatioRow[], note: string): string {
  const drawn = rows.filter(({ ratios }) => ratios.length > 0);
  const x = scaleFor(drawn);
  let y = PLOT.top + GROUP_GAP / 2;
  const groups = drawn.flatMap((row) => {
    const height = Math.max(row.ratios.length * BAR.step, wrapped(row.title).length * LINE_HEIGHT);
    const group = drawGroup(row, x, y, height);
    y += height + GROUP_GAP;
    return group;
  });
  const bottom = y - GROUP_GAP / 2;
  const title = "CPU per message against C libmilter";
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${bottom + 72}" ` +
    `viewBox="0 0 ${WIDTH} ${bottom + 72}" role="img" aria-labelledby="title description">`,
    `<title id="title">${escaped(title)}</title>`,
    `<desc id="description">${escaped(description(series, drawn))}</desc>`,
    `<style>${style()}</style>`,
    `<rect class="ground" width="${WIDTH}" height="${bottom + 72}" rx="8"/>`,
    text(24, 34, title, "title"),
    text(24, 56, "Processor time, C libmilter = 1; bars to the left take less. Logarithmic scale.", "soft"),
    ...legend(series, drawn),
    ...axis(x, bottom),
    ...groups,
    `<line class="one" x1="${x(1)}" y1="${PLOT.top}" x2="${x(1)}" y2="${bottom}"/>`,
    text(24, bottom + 56, note, "soft"),
    "</svg>",
    "",
  ].join("\n");
}

type Scale = (ratio: number) => number;

/** A logarithmic axis on which every bar has room for its figure. */
function scaleFor(rows: readonly RatioRow[]): Scale {
  const all = rows.flatMap(({ ratios }) => ratios.flatMap(({ ratio, limit = ratio }) => [ratio, limit]));
  const low = Math.log(Math.min(0.5, ...all) / LABEL_ROOM);
  const high = Math.log(Math.max(1.6, ...all) * LABEL_ROOM);
  return (ratio) => {
    const share = (Math.log(ratio) - low) / (high - low);
    return rounded(PLOT.left + share * (PLOT.right - PLOT.left));
  };
}

function drawGroup({ title, ratios }: RatioRow, x: Scale, top: number, height: number): string[] {
  const names = wrapped(title);
  const firstName = top + (height - names.length * LINE_HEIGHT) / 2 + 12;
  const firstBar = top + (height - ratios.length * BAR.step) / 2;
  return [
    ...names.map((line, i) => text(PLOT.left - 14, firstName + i * LINE_HEIGHT, line, "name end")),
    ...ratios.flatMap(({ server, ratio, limit }, i) => {
      const y = firstBar + i * BAR.step;
      const [from, to] = [x(1), x(ratio)];
      const less = ratio < 1;
      // A figure with the limit's line through it could not be read: it goes beyond.
      const past = (x(limit ?? ratio) - to) * (less ? -1 : 1);
      const end = past > 0 && past < FIGURE_WIDTH ? x(limit ?? ratio) : to;
      return [
        `<rect class="bar ${escaped(server)}" x="${Math.min(from, to)}" y="${y}" ` +
        `width="${rounded(Math.abs(to - from))}" height="${BAR.height}"/>`,
        ...(limit === undefined ? [] : [limitMark(x(limit), y)]),
        text(end + (less ? -5 : 5), y + 10.5, figure(ratio), less ? "value end" : "value"),
      ];
    }),
  ];
}

function limitMark(x: number, y: number): string {
  return `<line class="limit" x1="${x}" y1="${y}" x2="${x}" y2="${y + BAR.height}"/>`;
}

function axis(x: Scale, bottom: number): string[] {
  return TICKS.filter((tick) => x(tick) >= PLOT.left && x(tick) <= PLOT.right).flatMap((tick) => [
    ...(tick === 1
      ? [text(x(1), PLOT.top - 8, "C libmilter", "name middle")]
      : [`<line class="grid" x1="${x(tick)}" y1="${PLOT.top}" x2="${x(tick)}" y2="${bottom}"/>`]),
    text(x(tick), bottom + 18, String(tick), "soft middle"),
  ]);
}

function legend(series: readonly Series[], rows: readonly RatioRow[]): string[] {
  let x = 24;
  const entries = series.flatMap(({ name, title }) => {
    const entry = [
      `<rect class="bar ${escaped(name)}" x="${x}" y="69" width="13" height="13"/>`,
      text(x + 19, 80, title, "name"),
    ];
    x += 19 + title.length * 6.8 + 22;
    return entry;
  });
  if (!rows.some(({ ratios }) => ratios.some(({ limit }) => limit !== undefined))) return entries;
  return [...entries, limitMark(x + 4, 69), text(x + 13, 80, "our limit", "name")];
}

/** A name in lines, broken after commas where that will do. */
function wrapped(title: string): string[] {
  const lines: string[] = [];
  for (const part of title.split(/(?<=,) /)) {
    for (const word of part.split(" ")) {
      const last = lines.at(-1);
      const begins = last === undefined || (last.endsWith(",") && word === part.split(" ")[0]);
      if (begins || `${last} ${word}`.length > NAME_WIDTH) lines.push(word);
      else lines[lines.length - 1] = `${last} ${word}`;
    }
  }
  return lines;
}

/** The chart in words, for those who cannot see it. */
function description(series: readonly Series[], rows: readonly RatioRow[]): string {
  const titles = new Map(series.map(({ name, title }) => [name, title]));
  return rows.map(({ title, ratios }) =>
    `${title}: ${ratios.map(({ server, ratio }) => `${titles.get(server)} ${figure(ratio)}`).join(", ")}`
  ).join("; ");
}

/** The page's theme rules where the viewer knows it; light without. */
function style(): string {
  const theme = (dark: 0 | 1): string => {
    const [ground, ink, soft, grid] = dark
      ? ["#151b23", "#e6edf3", "#a3adb8", "#343c46"]
      : ["#ffffff", "#1f2328", "#59636e", "#dfe3e8"];
    return `.ground{fill:${ground};stroke:${grid}}text{fill:${ink}}.soft{fill:${soft}}.grid{stroke:${grid}}` +
      `.one{stroke:${ink}}.limit{stroke:${ink}}` +
      `.bar{fill:${OTHER_COLOUR[dark]}}` +
      Object.entries(COLOURS).map(([name, pair]) => `.bar.${name}{fill:${pair[dark]}}`).join("");
  };
  return `text{font:12px system-ui,-apple-system,"Segoe UI",Helvetica,Arial,sans-serif}` +
    `.title{font-size:18px;font-weight:600}.name{font-size:12.5px}` +
    `.value{font-size:11px;font-variant-numeric:tabular-nums}` +
    `.end{text-anchor:end}.middle{text-anchor:middle}.one{stroke-width:1.5}.limit{stroke-width:2}` +
    `${theme(0)}@media (prefers-color-scheme:dark){${theme(1)}}`;
}

function text(x: number, y: number, content: string, classes: string): string {
  return `<text class="${classes}" x="${rounded(x)}" y="${rounded(y)}">${escaped(content)}</text>`;
}

function rounded(number: number): number {
  return Math.round(number * 10) / 10;
}

function escaped(content: string): string {
  return content.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll(
    '"',
    "&quot;",
  );
}
