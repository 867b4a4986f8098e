/**
 * Generates the manual page milterkit(1) from the declarations of commands and filters.
 *
 * @module
 */

import type { CliAction } from "../../../cli/commands/command.ts";
import { COMMANDS } from "../../../cli/commands/index.ts";
import { filterSummary, optionsOf } from "../../../cli/config/filter_arguments.ts";
import { EXIT_STATUS } from "../../../cli/terminal/exit_codes.ts";
import { registry } from "../../../filters/registry.ts";
import type { FilterDefinition } from "../../../lib/filter/definition.ts";
import { escape, examples, heading, item, option, page, pageHead, paragraphs, subheading } from "./roff.ts";

const commands = await Promise.all(COMMANDS.map(async (entry) => ({ ...entry, ...await entry.load() })));

/** Returns the page. */
export function programPage(version: string, date: Date): string {
  return page([
    pageHead({
      name: "milterkit",
      section: 1,
      version,
      date,
      about: "mail filters (milters) for Postfix and Sendmail",
    }),
    heading("synopsis"),
    ...commands.map(({ name, operands }, i) =>
      `${i > 0 ? ".br\n" : ""}.B milterkit ${escape(name)}\n${escape(operands)}\n`
    ),
    heading("description"),
    paragraphs(
      "Milterkit filters mail for Postfix and Sendmail over the milter protocol. It runs a chain of built-in filters, " +
        "existing milters, and filters written in TypeScript.",
    ),
    heading("commands"),
    ...commands.map(commandSection),
    heading("filters"),
    paragraphs(
      "The filters for --filter. The options of a filter follow its name. Filters are called in the order given.",
    ),
    ...registry.map(filterSection),
    heading("addresses"),
    item("unix:PATH", "A unix socket."),
    item(
      "inet:PORT@HOST, inet6:PORT@HOST",
      "A TCP port. Postfix's form, inet:HOST:PORT, is accepted, too.",
    ),
    item("fd:N", "A descriptor on which the caller already listens."),
    heading("signals"),
    item("SIGTERM", "serve: accepts no new connections and finishes open messages. A second SIGTERM aborts."),
    item("SIGINT", "serve: aborts. The MTA takes its default action for open messages."),
    item(
      "SIGHUP",
      "serve: with --config, reloads the file for new connections; an invalid file changes nothing. Otherwise the same " +
        "as SIGTERM.",
    ),
    heading("exit status"),
    ...EXIT_STATUS.map(([codes, meaning]) => item(codes, meaning)),
    heading("files"),
    item(
      "/etc/milterkit/milterkit.toml",
      "The configuration file of the Debian package. See milterkit.toml(5).",
    ),
    heading("see also"),
    ".BR milterkit.toml (5),\n.BR postconf (5)\n",
  ]);
}

function commandSection({ name, operands, help, options, actions = [] }: (typeof commands)[number]): string {
  const shared = actions.filter((action) => action.help === help);
  const own = actions.filter((action) => action.help !== help);
  return [
    subheading(`milterkit ${name} ${operands}`),
    paragraphs(help.description ?? ""),
    ...[...options, ...shared.flatMap(({ options }) => options)].map((spec) => option(spec, "flag")),
    examples(help.examples),
    ...own.map((action) => actionSection(name, action)),
  ].join("");
}

function actionSection(command: string, { name, operands, help, options }: CliAction): string {
  return [
    subheading(`milterkit ${command} ${name} ${operands}`),
    paragraphs(help.description ?? ""),
    ...options.map((spec) => option(spec, "flag")),
    examples(help.examples),
  ].join("");
}

function filterSection(definition: FilterDefinition): string {
  return [
    subheading(definition.name),
    paragraphs(`${filterSummary(definition)}.`),
    ...(definition.description ? [paragraphs(definition.description)] : []),
    ...optionsOf(definition).map((spec) => option(spec, "flag")),
    examples(definition.examples),
  ].join("");
}
