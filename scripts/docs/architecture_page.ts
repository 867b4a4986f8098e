/**
 * Generates the table of rooms in `docs/architecture.md` from the rules that the import check enforces.
 *
 * @module
 */

import { ROOMS } from "../rules/rooms/rooms.ts";

const BEGIN = "<!-- Rooms, made by deno task docs -->\n";
const END = "<!-- End of rooms -->\n";

/**
 * The page with its rooms as they are.
 *
 * @param written the page as it is written
 * @throws {Error} where it has no place for them
 */
export function architecturePage(written: string): string {
  const begin = written.indexOf(BEGIN);
  const end = written.indexOf(END, begin);
  if (begin < 0 || end < 0) throw new Error(`docs/architecture.md lacks the lines ${BEGIN}and ${END}`);
  return written.slice(0, begin + BEGIN.length) + roomsTable() + written.slice(end);
}

function roomsTable(): string {
  const rows = ROOMS.map(({ room, about, from, node, executable }) => {
    const others = [
      ...from.map((name) => `\`${name}\``),
      ...(executable ? ["the library", "filters", "npm", "`node:`"] : node ? ["`node:`"] : []),
    ];
    return `| \`${room}\` | ${about} | ${others.join(", ") || "nothing"} |`;
  });
  return ["| room | what it is for | imports, beside itself |", "|---|---|---|", ...rows].join("\n") + "\n";
}
