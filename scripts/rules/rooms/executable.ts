/**
 * The rooms of the executable.
 *
 * @module
 */

import type { Room } from "./room.ts";

/** The first row that matches a file applies. */
export const EXECUTABLE_ROOMS: readonly Room[] = [
  {
    room: "cli/terminal/",
    about: "Command lines, and what is printed: arguments, operands, colours, standard output",
    from: [],
    node: true,
    executable: true,
  },
  {
    room: "cli/options/",
    about: "The options of serve, each declared once, and the settings derived from them",
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
    about: "How commands explain a message's authentication: they read it, ask DNS and explain DKIM",
    from: ["cli/terminal/"],
    node: true,
    executable: true,
  },
  {
    room: "cli/commands/*/",
    about: "The commands, one folder each; none imports another",
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
