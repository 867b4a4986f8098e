/**
 * milterkit(1), made of what commands and filters declare.
 *
 * @module
 */

import { COMMAND_LINES } from "../../../cli/commands/command_line.ts";
import { COMMANDS } from "../../../cli/commands/command_list.ts";
import { optionsOf } from "../../../cli/config/filter_arguments.ts";
import { registry } from "../../../filters/registry.ts";
import type { FilterDefinition } from "../../../lib/filter/definition.ts";
import { escape, examples, heading, item, option, page, pageHead, paragraphs, subheading } from "./roff.ts";

/** The page. */
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
    ...COMMANDS.map(({ name, operands }, i) =>
      `${i > 0 ? ".br\n" : ""}.B milterkit ${escape(name)}\n${escape(operands)}\n`
    ),
    heading("description"),
    paragraphs(
      "Milterkit filters the mail of Postfix and Sendmail over the milter protocol: a chain of built-in filters, of " +
        "milters that run already, and of filters written in TypeScript.",
    ),
    heading("commands"),
    ...COMMANDS.map(commandSection),
    heading("filters"),
    paragraphs(
      "What can stand behind --filter, each with its options behind its name. They are asked in this order.",
    ),
    ...registry.map(filterSection),
    heading("addresses"),
    item("unix:PATH", "A unix socket."),
    item(
      "inet:PORT@HOST, inet6:PORT@HOST",
      "A TCP port. Postfix writes it as inet:HOST:PORT, which is understood as well.",
    ),
    item("fd:N", "A descriptor on which the caller listens already."),
    heading("signals"),
    item("SIGTERM", "serve: no new connections; messages at hand are finished. A second one aborts."),
    item("SIGINT", "serve: aborts. The MTA takes its default action for messages at hand."),
    item(
      "SIGHUP",
      "serve: with --config the file is read anew for new connections, and a wrong file changes nothing; else as SIGTERM.",
    ),
    heading("exit status"),
    item("0", "Done."),
    item("1", "It could not be done."),
    item("2", "The command line, or what it names, is wrong."),
    item(
      "3, 4, 5",
      "check: a message was rejected, tempfailed, discarded. replay: 3 where something differs.",
    ),
    item("130, 143", "Aborted by a signal."),
    item("141", "Nobody reads what is printed."),
    heading("files"),
    item(
      "/etc/milterkit/milterkit.toml",
      "Where Debian's package has the configuration. See milterkit.toml(5).",
    ),
    heading("see also"),
    ".BR milterkit.toml (5),\n.BR postconf (5)\n",
  ]);
}

function commandSection({ name, operands }: (typeof COMMANDS)[number]): string {
  const command = COMMAND_LINES[name];
  if (!command) throw new Error(`milterkit ${name} has no command line`);
  const { help, options, actions } = command;
  return [
    subheading(`milterkit ${name} ${operands}`),
    paragraphs(help.description ?? ""),
    ...options.map((spec) => option(spec, "flag")),
    ...Object.values(actions ?? {}).flatMap(({ options }) => options.map((spec) => option(spec, "flag"))),
    examples(help.examples),
  ].join("");
}

function filterSection(definition: FilterDefinition): string {
  return [
    subheading(definition.name),
    paragraphs(`${definition.summary}.`),
    ...(definition.description ? [paragraphs(definition.description)] : []),
    ...optionsOf(definition).map((spec) => option(spec, "flag")),
    examples(definition.examples),
  ].join("");
}
