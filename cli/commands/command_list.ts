/**
 * The commands, as the general help lists them.
 *
 * @module
 */

/** A command. */
export interface Subcommand {
  /** Its name, or two of them: `config check`. */
  readonly name: string;
  /** What stands behind the name. */
  readonly operands: string;
  /** What it does, in a line. */
  readonly summary: string;
}

/** Every command that help lists, in its order. */
export const COMMANDS: readonly Subcommand[] = [
  {
    name: "serve",
    operands: "--listen ADDRESS --filter NAME [its options]...",
    summary: "Serve filters to an MTA; NAME, or ./FILE.ts",
  },
  {
    name: "check",
    operands: "[FILE]... --filter NAME... | --milter ADDRESS",
    summary: "Show what filters do with a message",
  },
  {
    name: "trace",
    operands: "--listen ADDRESS --milter ADDRESS",
    summary: "Show what an MTA and any filter say to each other",
  },
  {
    name: "replay",
    operands: "FILE --milter ADDRESS",
    summary: "Play a written trace to a filter, and see what differs",
  },
  { name: "new", operands: "NAME", summary: "Make a folder with a filter of your own, to start from" },
  { name: "test", operands: "[FILE]...", summary: "Run tests of filters" },
  { name: "bench", operands: "ADDRESS", summary: "Put load on any milter, and measure how it bears it" },
  { name: "filters", operands: "[NAME|FILE]", summary: "List the filters, or show one's options" },
  {
    name: "config",
    operands: "check FILE | example",
    summary: "See whether a configuration is right, or one to begin with",
  },
  {
    name: "completion",
    operands: "bash | zsh | fish",
    summary: "Print what completes command lines in a shell",
  },
];
