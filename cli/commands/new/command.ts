/**
 * `milterkit new NAME`: creates a folder with a filter to start from.
 *
 * @module
 */

import process from "node:process";
import config from "../../../deno.json" with { type: "json" };
import type { OptionSpec } from "../../../lib/options/options.ts";
import { registry } from "../../../filters/registry.ts";
import { invalidArgument, missingArgument, UsageError } from "../../terminal/arguments.ts";
import { type CommandHelp, type Invocation, readCommandLine } from "../../terminal/command_line.ts";
import { EXIT_CODES } from "../../terminal/exit_codes.ts";
import { addLibrary } from "../../user_filter/library_folder.ts";
import type { CliCommand } from "../command.ts";
import { makeFolder } from "./make_folder.ts";
import { PLAIN, WITH } from "./filter_templates.ts";
import { newFiles } from "./templates.ts";

const HELP: CommandHelp = {
  description:
    "Creates the folder NAME with a filter to start from, a test that passes, and the types for your editor. " +
    "Nothing else needs to be installed, and no existing file is changed. NAME is also the filter's name: lower-case " +
    "letters, digits and hyphens.",
  examples: [
    ["Create a filter and test it:", "milterkit new no-lottery && cd no-lottery && milterkit test"],
    ["Start with a store, a timer and a counter:", "milterkit new slow-down --with state"],
  ],
};

const OPTIONS: readonly OptionSpec[] = [
  {
    name: "with",
    kind: "enum",
    metavar: "WHAT",
    choices: Object.keys(WITH),
    description:
      "Start with more than callbacks: with options of its own, or with state that outlives a message",
  },
];

/** Longest name, in characters: with `_test.ts` after it, it must still be a valid file name. */
const LONGEST_NAME = 100;

/** Creates a folder with a filter to start from. */
export const newCommand: CliCommand = { help: HELP, options: OPTIONS, operandKind: "any", run };

/**
 * Creates the folder, and says what to do next.
 *
 * @throws {UsageError} for an invalid name
 * @throws {NewFolderError} if the folder cannot be created
 */
async function run(invocation: Invocation): Promise<number> {
  const { program, operands, options } = readCommandLine(newCommand, invocation);
  const [name, ...more] = operands;
  if (name === undefined) {
    throw missingArgument(program, "NAME", `give it, for example ${program} no-lottery`);
  }
  if (more.length > 0) {
    throw new UsageError(`${program}: one NAME at a time; ${JSON.stringify(more[0])} is one too many`);
  }
  checkName(program, name);
  const start = options.get("enum", "with") as keyof typeof WITH | undefined;
  const template = start === undefined ? PLAIN : WITH[start];
  await makeFolder(name, newFiles({ name, version: config.version, template }), addLibrary);
  process.stdout.write(`Created ${name}/
  ${name}.ts         the filter
  ${name}_test.ts    its test
  README.md, package.json, tsconfig.json, deno.json, .gitignore
  node_modules/${" ".repeat(Math.max(1, name.length - 1))}the library and its types, ${config.version}

Next:
  cd ${name} && milterkit test
  milterkit serve --listen inet:8825@localhost --filter ./${name}.ts${template.flags}
`);
  return EXIT_CODES.done;
}

function checkName(program: string, name: string): void {
  const refuse = (reason: string): never => {
    throw invalidArgument(program, "NAME", name, reason);
  };
  if (name === "milterkit") refuse("that is the library's own name");
  if (registry.some((filter) => filter.name === name)) refuse("there is a built-in filter of that name");
  if (name.length > LONGEST_NAME) refuse(`it is longer than ${LONGEST_NAME} characters`);
  if (/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name)) return;
  const better = name.replace(/\.[mc]?[jt]s$/, "").toLowerCase().replace(/^[^a-z]+|[^a-z0-9]+$/g, "")
    .replace(/[^a-z0-9]+/g, "-");
  refuse(
    "want lower-case letters, digits and single hyphens, a letter first" +
      (better ? `, such as ${better}` : ""),
  );
}
