/**
 * The rooms of the project (groups of files), and which may import from which.
 *
 * @module
 */

import { type SourceFile, targetOf } from "./source.ts";

/** A room. */
export interface Room {
  /** Its files: those below this folder, or exactly this file. */
  readonly room: string;
  /** What it is for. */
  readonly about: string;
  /** What they may import from, in addition to their own room. */
  readonly from: readonly string[];
  /** Whether they may import the runtime's modules (`node:`). */
  readonly node: boolean;
  /** Whether it is part of the executable, which may also import the library, the filters and packages. */
  readonly executable?: boolean;
}

/** What rooms of the executable may import in addition to their rows. */
const LIBRARY: readonly string[] = ["lib/", "filters/", "mod.ts", "deno.json"];

/** All rooms. The first row that matches a file applies. */
export const ROOMS: readonly Room[] = [
  {
    room: "lib/system_errors.ts",
    about: "Errors of the operating system in words",
    from: [],
    node: false,
  },
  {
    room: "lib/time/",
    about: "The clock that all time-outs use, and a throttle for notices",
    from: [],
    node: true,
  },
  {
    room: "lib/expressions/",
    about: "Regular expressions that match in linear time",
    from: [],
    node: false,
  },
  {
    room: "lib/protocol/",
    about: "Encodes and decodes packets, and tracks the sessions of both sides. No sockets, no clock",
    from: [],
    node: false,
  },
  {
    room: "lib/mime/",
    about: "What people wrote: text of fields in any charset, addresses, parameters. No IO",
    from: ["lib/protocol/"],
    node: false,
  },
  {
    room: "lib/message/",
    about: "A message: header fields with identity, envelope, body, spool, and how MTAs apply changes",
    from: ["lib/mime/", "lib/protocol/", "lib/system_errors.ts"],
    node: true,
  },
  {
    room: "lib/net/",
    about: "The native sockets of each runtime behind one interface",
    from: ["lib/system_errors.ts", "lib/time/"],
    node: true,
  },
  {
    room: "lib/dns/",
    about: "A stub resolver with a cache, and the options that choose its servers",
    from: ["lib/net/descriptors.ts", "lib/options/", "lib/time/"],
    node: true,
  },
  {
    room: "lib/options/",
    about: "Options of filters and settings of programs: from text to checked values",
    from: [
      "lib/expressions/",
      "lib/message/header_name.ts",
      "lib/message/mailbox.ts",
      "lib/net/address.ts",
      "lib/system_errors.ts",
      "lib/time/",
    ],
    node: true,
  },
  {
    room: "lib/auth/dkim/",
    about: "Verifies DKIM signatures, and makes them",
    from: ["lib/auth/", "lib/dns/", "lib/message/"],
    node: true,
  },
  {
    room: "lib/auth/dmarc/",
    about: "Evaluates DMARC: records, the walk up the tree of names, alignment and policy. No sockets",
    from: ["lib/auth/", "lib/dns/"],
    node: false,
  },
  {
    room: "lib/auth/spf/",
    about: "Checks who may use a domain's name (SPF)",
    from: ["lib/auth/", "lib/dns/", "lib/time/"],
    node: true,
  },
  {
    room: "lib/auth/",
    about: "Who sent a message: authors, results of authentication, and an engine for each method",
    from: ["lib/auth/dkim/results.ts", "lib/dns/", "lib/message/", "lib/mime/", "lib/time/"],
    node: true,
  },
  {
    room: "lib/store/",
    about: "State that outlives a message",
    from: ["lib/net/", "lib/system_errors.ts", "lib/time/"],
    node: true,
  },
  {
    room: "lib/filter/",
    about: "The API for authors of filters: definition, context, kit, verdicts, changes, scope",
    from: [
      "lib/auth/",
      "lib/dns/resolver.ts",
      "lib/message/",
      "lib/mime/",
      "lib/options/",
      "lib/protocol/",
      "lib/store/store.ts",
      "lib/time/clock.ts",
    ],
    node: true,
  },
  {
    room: "lib/kit/",
    about: "The life of a filter: makes it with its kit of timers, metrics, DNS and stores, and disposes it",
    from: ["lib/dns/", "lib/filter/", "lib/options/", "lib/store/", "lib/time/"],
    node: false,
  },
  {
    room: "lib/chain/",
    about: "The engine: runs several filters on one connection, as an MTA would",
    from: ["lib/filter/", "lib/message/", "lib/options/", "lib/protocol/", "lib/time/"],
    node: true,
  },
  {
    room: "lib/server/",
    about: "The server: connects sockets, protocol and chain",
    from: [
      "lib/chain/",
      "lib/filter/",
      "lib/kit/",
      "lib/message/",
      "lib/net/",
      "lib/options/",
      "lib/protocol/",
      "lib/time/",
    ],
    node: true,
  },
  {
    room: "lib/mta/",
    about: "The MTA's side of the protocol, for tests and tools",
    from: [
      "lib/chain/",
      "lib/filter/",
      "lib/kit/kit.ts",
      "lib/message/",
      "lib/net/",
      "lib/options/",
      "lib/protocol/",
      "lib/server/",
      "lib/time/",
    ],
    node: true,
  },
  {
    room: "lib/testing/",
    about: "The testing kit",
    from: [
      "lib/chain/chain_options.ts",
      "lib/dns/",
      "lib/filter/",
      "lib/kit/",
      "lib/message/",
      "lib/mime/",
      "lib/mta/",
      "lib/options/",
      "lib/protocol/",
      "lib/time/clock.ts",
    ],
    node: true,
  },
  {
    room: "lib/testing.ts",
    about: "The testing kit's entry",
    from: ["lib/"],
    node: true,
  },
  {
    room: "lib/auth.ts",
    about: "The entry for checking and signing mail without a filter",
    from: ["lib/auth/", "lib/dns/", "lib/time/"],
    node: false,
  },
  {
    room: "lib/mime.ts",
    about: "The entry for reading mail without a filter",
    from: ["lib/mime/"],
    node: false,
  },
  {
    room: "lib/lint.ts",
    about: "The lint plugin's entry",
    from: [],
    node: false,
  },
  {
    room: "mod.ts",
    about: "The library's entry",
    from: ["lib/"],
    node: false,
  },
  {
    room: "filters/registry.ts",
    about: "The list of the built-in filters",
    from: ["filters/", "lib/filter/"],
    node: false,
  },
  {
    room: "filters/common/",
    about: "Options that every filter has",
    from: ["lib/auth/", "lib/expressions/", "lib/filter/", "lib/options/"],
    node: false,
  },
  {
    room: "filters/milter/",
    about: "An external milter as a filter of the chain",
    from: [
      "filters/common/",
      "lib/filter/",
      "lib/message/",
      "lib/mta/",
      "lib/net/",
      "lib/options/",
      "lib/protocol/",
      "lib/time/",
    ],
    node: true,
  },
  {
    room: "filters/header_edits/",
    about: "Changes of header fields by words, for the filters that take such words",
    from: [
      "lib/expressions/",
      "lib/filter/",
      "lib/message/",
      "lib/mime/",
      "lib/options/",
    ],
    node: false,
  },
  {
    room: "filters/rules/",
    about: "Decides on mail by rules: conditions, and what happens to mail that meets them",
    from: [
      "filters/common/",
      "filters/header_edits/",
      "lib/expressions/",
      "lib/filter/",
      "lib/message/",
      "lib/mime/",
      "lib/options/",
      "lib/protocol/",
    ],
    node: false,
  },
  {
    room: "filters/clamd/",
    about: "Has clamd scan messages: its protocol, its servers, and the scan of one message",
    from: ["lib/filter/", "lib/message/", "lib/net/", "lib/options/", "lib/time/"],
    node: false,
  },
  {
    room: "filters/authentication/",
    about: "What the filters that check mail have in common: options, checks of one message, policies",
    from: ["lib/auth/", "lib/dns/", "lib/filter/", "lib/message/", "lib/options/", "lib/time/"],
    node: true,
  },
  {
    room: "filters/rate_limit/",
    about: "Limits how much somebody may send, and tells the administrator of who exceeds it",
    from: [
      "lib/filter/",
      "lib/message/",
      "lib/net/",
      "lib/options/",
      "lib/store/store.ts",
      "lib/system_errors.ts",
      "lib/time/",
    ],
    node: true,
  },
  {
    room: "filters/*/",
    about: "The other built-in filters, a folder each; none knows another",
    from: [
      "filters/authentication/",
      "filters/header_edits/",
      "lib/auth/",
      "lib/dns/",
      "lib/expressions/",
      "lib/filter/",
      "lib/message/",
      "lib/mime/",
      "lib/options/",
      "lib/store/store.ts",
      "lib/system_errors.ts",
      "lib/time/clock.ts",
    ],
    node: true,
  },
  {
    room: "cli/terminal/",
    about: "Command lines, and what is printed: arguments, operands, colours, standard output",
    from: [],
    node: true,
    executable: true,
  },
  {
    room: "cli/options/",
    about: "The options of serve, each declared once, and the settings that follow from them",
    from: ["cli/terminal/"],
    node: true,
    executable: true,
  },
  {
    room: "cli/log/",
    about: "The log: lines for people, programs and the journal, and redaction",
    from: ["cli/options/", "cli/terminal/"],
    node: true,
    executable: true,
  },
  {
    room: "cli/user_filter/",
    about: "Loads filters from users' files and reports their errors",
    from: ["cli/options/", "cli/terminal/"],
    node: true,
    executable: true,
  },
  {
    room: "cli/config/",
    about: "The setup to serve, read from a command line or configuration file and checked as a whole",
    from: ["cli/log/", "cli/options/", "cli/terminal/", "cli/user_filter/"],
    node: true,
    executable: true,
  },
  {
    room: "cli/observe/",
    about: "Metrics, health and the status page",
    from: ["cli/config/", "cli/log/", "cli/options/", "cli/terminal/"],
    node: true,
    executable: true,
  },
  {
    room: "cli/service/",
    about: "The running service: workers, reload, signals, systemd",
    from: ["cli/config/", "cli/log/", "cli/observe/", "cli/options/", "cli/terminal/", "cli/user_filter/"],
    node: true,
    executable: true,
  },
  {
    room: "cli/traces/",
    about: "The file that `trace` writes and `replay` reads",
    from: ["cli/terminal/"],
    node: true,
    executable: true,
  },
  {
    room: "cli/explanation/",
    about: "What commands say of a message's authentication: it is read, DNS is asked, DKIM is explained",
    from: ["cli/terminal/"],
    node: true,
    executable: true,
  },
  {
    room: "cli/commands/*/",
    about: "The commands, a folder each; none knows another",
    from: [
      "cli/config/",
      "cli/explanation/",
      "cli/log/",
      "cli/options/",
      "cli/service/",
      "cli/terminal/",
      "cli/traces/",
      "cli/user_filter/",
      "cli/commands/command.ts",
      "cli/commands/find_command.ts",
      "cli/commands/run_action.ts",
    ],
    node: true,
    executable: true,
  },
  {
    room: "cli/commands/",
    about: "The list of the commands",
    from: ["cli/commands/", "cli/terminal/"],
    node: true,
    executable: true,
  },
  {
    room: "cli/main.ts",
    about: "The executable's entry",
    from: ["cli/commands/", "cli/terminal/"],
    node: true,
    executable: true,
  },
];

/** Everything that is wrong with the directions of imports, a line each. */
export function importProblems(files: readonly SourceFile[]): string[] {
  return files.flatMap(({ path, imports }) => {
    const row = ROOMS.find(({ room }) => fits(path, room));
    if (!row) return [`${path}: belongs to no room of scripts/rules/imports.ts`];
    return imports.flatMap((imported) => {
      const problem = problemOf(path, row, imported);
      return problem ? [`${path}: imports ${imported}: ${problem}`] : [];
    });
  });
}

function problemOf(file: string, row: Room, imported: string): string | undefined {
  if (imported.startsWith("node:")) {
    return row.node ? undefined : "this room must not import a runtime's modules";
  }
  if (!imported.startsWith(".")) {
    return row.executable ? undefined : "only relative imports and node: work by URL on every runtime";
  }
  const target = targetOf(file, imported);
  const own = row.room.endsWith("/*/") ? folderIn(row.room, file)! : row.room;
  return [own, ...row.from, ...(row.executable ? LIBRARY : [])].some((room) => fits(target, room))
    ? undefined
    : "imports run one way";
}

function fits(file: string, room: string): boolean {
  if (room.endsWith("/*/")) return folderIn(room, file) !== undefined;
  return room.endsWith("/") ? file.startsWith(room) : file === room;
}

/** The folder of a room such as `filters/*\/` that a file lies in. */
function folderIn(room: string, file: string): string | undefined {
  const parent = room.slice(0, -"*/".length);
  const [name, ...rest] = file.startsWith(parent) ? file.slice(parent.length).split("/") : [];
  return rest.length > 0 ? `${parent}${name}/` : undefined;
}
