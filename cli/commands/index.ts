/**
 * The list of the commands.
 *
 * @module
 */

import type { CommandEntry } from "./command.ts";

/** Every command, in the order in which help lists them. */
export const COMMANDS: readonly CommandEntry[] = [
  {
    name: "serve",
    operands: "--listen ADDRESS --filter NAME [its options]...",
    summary: "Serve filters to an MTA; NAME can be ./FILE.ts",
    load: async () => (await import("./serve/command.ts")).serveCommand,
  },
  {
    name: "check",
    operands: "[FILE]... --filter NAME... | --milter ADDRESS",
    summary: "Show what filters do with a message",
    load: async () => (await import("./check/command.ts")).checkCommand,
  },
  {
    name: "explain",
    operands: "FILE | --domain DOMAIN",
    summary: "Say why a message or a sender passes or fails SPF, DKIM and DMARC",
    load: async () => (await import("./explain/command.ts")).explainCommand,
  },
  {
    name: "dkim",
    operands: "keygen | dns | test | sign | verify | rotate",
    summary: "Make, test and rotate DKIM keys, sign and verify a message",
    load: async () => (await import("./dkim/command.ts")).dkimCommand,
  },
  {
    name: "trace",
    operands: "--listen ADDRESS --milter ADDRESS",
    summary: "Show what an MTA and a milter say to each other",
    load: async () => (await import("./trace/command.ts")).traceCommand,
  },
  {
    name: "replay",
    operands: "FILE --milter ADDRESS",
    summary: "Replay a trace to a milter and report what differs",
    load: async () => (await import("./replay/command.ts")).replayCommand,
  },
  {
    name: "new",
    operands: "NAME [--with options|state]",
    summary: "Create a folder with a filter to start from",
    load: async () => (await import("./new/command.ts")).newCommand,
  },
  {
    name: "test",
    operands: "[FILE]... [--watch]",
    summary: "Run the tests of filters",
    load: async () => (await import("./test/command.ts")).testCommand,
  },
  {
    name: "bench",
    operands: "ADDRESS",
    summary: "Measure a milter's throughput and latency under load",
    load: async () => (await import("./bench/command.ts")).benchCommand,
  },
  {
    name: "limits",
    operands: "show KEY | reset KEY",
    summary: "Show what rate-limit still lets somebody send, or let them send again",
    load: async () => (await import("./limits/command.ts")).limitsCommand,
  },
  {
    name: "filters",
    operands: "[NAME|FILE]",
    summary: "List the filters, or show the options of one",
    load: async () => (await import("./filters/command.ts")).filtersCommand,
  },
  {
    name: "config",
    operands: "check FILE | example | from-opendkim FILE",
    summary: "Check a configuration file, print an example, or convert opendkim.conf",
    load: async () => (await import("./config/command.ts")).configCommand,
  },
  {
    name: "state",
    operands: "info | export",
    summary: "Show the state of filters",
    load: async () => (await import("./state/command.ts")).stateCommand,
  },
  {
    name: "completion",
    operands: "bash | zsh | fish",
    summary: "Print a shell's completion script",
    load: async () => (await import("./completion/command.ts")).completionCommand(COMMANDS),
  },
  {
    name: "help",
    operands: "[COMMAND]",
    summary: "List the commands, or show the help of one",
    load: async () => (await import("./help/command.ts")).helpCommand(COMMANDS),
  },
];
