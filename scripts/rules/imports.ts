/**
 * The rooms of the house, and which may import from which.
 *
 * @module
 */

import { type SourceFile, targetOf } from "./source.ts";

/** A room. */
export interface Room {
  /** The files that it is about: those below, or exactly this one. */
  readonly room: string;
  /** What it is for. */
  readonly about: string;
  /** What they may import from, beside their own room. */
  readonly from: readonly string[];
  /** Whether they may import the runtime's own modules. */
  readonly node: boolean;
  /** Whether they may import packages. */
  readonly packages?: boolean;
}

/** All rooms. The first row that fits a file counts. */
export const ROOMS: readonly Room[] = [
  {
    room: "lib/time/",
    about: "The clock that everything here goes by which takes time",
    from: [],
    node: true,
  },
  {
    room: "lib/protocol/",
    about: "Bytes to packets and back, and the sessions of both sides. No sockets, no clock",
    from: [],
    node: false,
  },
  {
    room: "lib/message/",
    about: "A message: header fields with identity, envelope, body, spool, and what an MTA makes of changes",
    from: ["lib/protocol/"],
    node: true,
  },
  {
    room: "lib/filter/",
    about: "What an author of filters sees, and the engine that runs a chain of them",
    from: ["lib/message/", "lib/net/", "lib/protocol/", "lib/time/"],
    node: true,
  },
  {
    room: "lib/net/",
    about: "Native sockets of each runtime behind one interface",
    from: ["lib/time/"],
    node: true,
  },
  {
    room: "lib/dns/",
    about: "A stub resolver with a cache",
    from: ["lib/net/descriptors.ts", "lib/time/"],
    node: true,
  },
  {
    room: "lib/",
    about: "The server (server*.ts), the MTA's side (mta/) and the testing kit (testing/)",
    from: [],
    node: true,
  },
  { room: "mod.ts", about: "The library's entry", from: ["lib/"], node: false },
  {
    room: "filters/registry.ts",
    about: "The list of the built-in filters",
    from: ["filters/", "lib/filter/"],
    node: false,
  },
  {
    room: "filters/common/",
    about: "Options that every filter has",
    from: ["lib/filter/", "lib/net/"],
    node: false,
  },
  {
    room: "filters/milter/",
    about: "A milter of somebody else as a filter of the chain",
    from: [
      "filters/common/",
      "lib/filter/",
      "lib/message/",
      "lib/mta/",
      "lib/net/",
      "lib/protocol/",
      "lib/time/",
    ],
    node: true,
  },
  {
    room: "filters/*/",
    about: "The other built-in filters, a folder each; none knows another",
    from: ["lib/filter/", "lib/message/", "lib/dns/"],
    node: true,
  },
  {
    room: "cli/",
    about: "The executable: commands, configuration, workers, log, metrics, status page",
    from: ["lib/", "filters/", "mod.ts", "deno.json"],
    node: true,
    packages: true,
  },
];

/** Everything that is wrong with the directions of imports, a line each. */
export function importProblems(files: readonly SourceFile[]): string[] {
  return files.flatMap(({ path, imports }) => {
    const row = ROOMS.find(({ room }) => fits(path, room));
    if (!row) return [`${path}: stands in no room of scripts/rules/imports.ts`];
    return imports.flatMap((imported) => {
      const problem = problemOf(path, row, imported);
      return problem ? [`${path}: imports ${imported}: ${problem}`] : [];
    });
  });
}

function problemOf(file: string, row: Room, imported: string): string | undefined {
  if (imported.startsWith("node:")) {
    return row.node ? undefined : "this room does without a runtime's modules";
  }
  if (!imported.startsWith(".")) {
    return row.packages ? undefined : "only relative imports and node: work by URL on every runtime";
  }
  const target = targetOf(file, imported);
  const own = row.room === "filters/*/" ? file.split("/").slice(0, 2).join("/") + "/" : row.room;
  return [own, ...row.from].some((room) => fits(target, room)) ? undefined : "imports run one way";
}

function fits(file: string, room: string): boolean {
  if (room === "filters/*/") return /^filters\/[^/]+\//.test(file);
  return room.endsWith("/") ? file.startsWith(room) : file === room;
}
