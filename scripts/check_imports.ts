/** Whether imports run one way: protocol <- message <- filter <- filters <- cli; net and dns know nobody, but for descriptors. */

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix, relative } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

interface Room {
  /** The files that it is about: those below, or exactly this one. */
  readonly room: string;
  /** What they may import from, beside their own room. */
  readonly from: readonly string[];
  /** Whether they may import the runtime's own modules. */
  readonly node: boolean;
  /** Whether they may import packages. */
  readonly packages?: boolean;
}

/** The first row that fits a file counts. */
const ROOMS: readonly Room[] = [
  { room: "lib/protocol/", from: [], node: false },
  { room: "lib/message/", from: ["lib/protocol/"], node: true },
  { room: "lib/filter/", from: ["lib/message/", "lib/protocol/"], node: true },
  { room: "lib/net/", from: [], node: true },
  { room: "lib/dns/", from: ["lib/net/descriptors.ts"], node: true },
  { room: "lib/", from: [], node: true },
  { room: "mod.ts", from: ["lib/"], node: false },
  { room: "filters/registry.ts", from: ["filters/", "lib/filter/"], node: false },
  { room: "filters/common/", from: ["lib/filter/", "lib/net/"], node: false },
  {
    room: "filters/milter/",
    from: ["filters/common/", "lib/filter/", "lib/message/", "lib/mta/", "lib/net/", "lib/protocol/"],
    node: true,
  },
  { room: "filters/*/", from: ["lib/filter/", "lib/message/", "lib/dns/"], node: true },
  { room: "cli/", from: ["lib/", "filters/", "mod.ts", "deno.json"], node: true, packages: true },
];

const IMPORT = /^(?:import|export)\b(?:[^;"]*?\sfrom)?\s*"([^"]+)"|\bimport\("([^"]+)"\)/gm;

/** Everything that is wrong, a line each. */
export function importProblems(): string[] {
  const problems: string[] = [];
  for (const file of sourceFiles(["lib", "filters", "cli", "mod.ts"])) {
    const row = ROOMS.find(({ room }) => fits(file, room));
    if (!row) {
      problems.push(`${file}: stands in no room of scripts/check_imports.ts`);
      continue;
    }
    for (const imported of importsOf(file)) {
      const problem = problemOf(file, row, imported);
      if (problem) problems.push(`${file}: imports ${imported}: ${problem}`);
    }
  }
  return problems;
}

/** What a file imports, as written. Examples in comments do not count. */
function importsOf(file: string): string[] {
  const source = readFileSync(join(root, file), "utf8").replace(/^\s*\/?\*.*$/gm, "");
  return [...source.matchAll(IMPORT)].map((match) => match[1] ?? match[2]);
}

function problemOf(file: string, row: Room, imported: string): string | undefined {
  if (imported.startsWith("node:")) {
    return row.node ? undefined : "this room does without a runtime's modules";
  }
  if (!imported.startsWith(".")) {
    return row.packages ? undefined : "only relative imports and node: work by URL on every runtime";
  }
  const target = posix.join(dirname(file), imported);
  const own = row.room === "filters/*/" ? file.split("/").slice(0, 2).join("/") + "/" : row.room;
  return [own, ...row.from].some((room) => fits(target, room)) ? undefined : "imports run one way";
}

function fits(file: string, room: string): boolean {
  if (room === "filters/*/") return /^filters\/[^/]+\//.test(file);
  return room.endsWith("/") ? file.startsWith(room) : file === room;
}

function sourceFiles(paths: readonly string[]): string[] {
  return paths.flatMap((path) =>
    path.endsWith(".ts") ? [path] : readdirSync(join(root, path), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
      .map((entry) => relative(root, join(entry.parentPath, entry.name)))
  );
}
