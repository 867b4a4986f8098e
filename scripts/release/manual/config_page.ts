/**
 * Generates the manual page milterkit.toml(5) from the declarations of options and filters.
 *
 * @module
 */

import { filterSummary } from "../../../cli/config/filter_arguments.ts";
import { FILE_OPTIONS, LISTENER_OPTIONS } from "../../../cli/options/serve_options.ts";
import { COMMON_OPTIONS } from "../../../filters/common/options.ts";
import { optionSpecs } from "../../../lib/filter/option_declarations.ts";
import { registry } from "../../../filters/registry.ts";
import { example, heading, option, page, pageHead, paragraphs, subheading } from "./roff.ts";

/** Returns the page. */
export function configPage(version: string, date: Date): string {
  return page([
    pageHead({
      name: "milterkit.toml",
      section: 5,
      version,
      date,
      about: "configuration of milterkit serve",
    }),
    heading("description"),
    paragraphs(
      "A TOML file can set everything that the flags of milterkit serve can, under the same names. " +
        "milterkit serve --config FILE uses it, milterkit config check FILE reports errors and their positions, and " +
        "milterkit config example prints a file to start from. " +
        "SIGHUP reloads the file for new connections; an invalid file changes nothing.\n\n" +
        "A switch is true; a repeatable option is a list; a size is a string or a number of bytes; a time is a string. " +
        "Paths are relative to the file that contains them.",
    ),
    heading("options"),
    ...FILE_OPTIONS.map((spec) => option(spec, "key")),
    subheading("include"),
    paragraphs(
      'include = ["conf.d/*.toml"] inserts further files at its position, in alphabetical order.',
    ),
    heading("lists and conditions"),
    paragraphs(
      '[lists] names lists of networks, domains or addresses, each as an array or as { file = "FILE" }; options take such a ' +
        "list as @NAME. The file has an entry on each line, or is a table of Postfix: cidr:FILE, texthash:FILE, " +
        "regexp:FILE. [conditions.NAME] has conditions that filters name with if and unless; in any-of, a list of " +
        "tables, one of the conditions is enough.",
    ),
    heading("filters"),
    paragraphs(
      "Each [[filter]] names a filter; filters are called in this order. A name that contains a slash or ends in .ts or " +
        ".js is a file with your own filter. If the order of options matters and one is repeated, each " +
        "[[filter.options]] continues the options above it.\n\n" +
        "Every filter has these options. One of its own with the same name replaces one of these.",
    ),
    ...COMMON_OPTIONS.map((spec) => option(spec, "key")),
    ...registry.map((definition) =>
      subheading(`name = "${definition.name}"`) + paragraphs(`${filterSummary(definition)}.`) +
      optionSpecs(definition.options).map((spec) => option(spec, "key")).join("")
    ),
    heading("listeners"),
    paragraphs(
      `Each [[listener]] has its own filters, as [[listener.filter]], and can set these of the options above: ${
        LISTENER_OPTIONS.map(({ name }) => name).join(", ")
      }. For everything it does not set, the top level applies.`,
    ),
    heading("example"),
    example(
      'listen = "inet:8825@localhost"\nworkers = "auto"\n\n[[filter]]\nname = "size-limit"\nmax = "25MB"\n\n' +
        '[[filter]]\nname = "dkim-check"\n\n[[listener]]\nlisten = "inet:8892@localhost"\n[[listener.filter]]\n' +
        'name = "header-rewrite"\nadd = "X-Submitted-By: {auth_authen}"\n',
    ),
    heading("see also"),
    ".BR milterkit (1)\n",
  ]);
}
