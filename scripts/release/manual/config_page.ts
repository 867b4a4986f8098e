/**
 * Generates milterkit.toml(5) from what options and filters declare.
 *
 * @module
 */

import { optionsOf } from "../../../cli/config/filter_arguments.ts";
import { FILE_OPTIONS, LISTENER_OPTIONS } from "../../../cli/options/serve_options.ts";
import { registry } from "../../../filters/registry.ts";
import { example, heading, option, page, pageHead, paragraphs, subheading } from "./roff.ts";

/** Returns the page as roff. */
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
      "Everything that flags of milterkit serve can set also fits into one TOML file, under the same names. " +
        "milterkit serve --config FILE serves with it, milterkit config check FILE reports its mistakes with their " +
        "places, and milterkit config example prints a file to start from. " +
        "milterkit serve reloads the file on SIGHUP, for new connections; a wrong file changes nothing.\n\n" +
        "A flag without a value is true; an option that may be repeated is a list; a size is text or a number of bytes, " +
        "a duration is text. Paths are relative to the file that contains them.",
    ),
    heading("options"),
    ...FILE_OPTIONS.map((spec) => option(spec, "key")),
    subheading("include"),
    paragraphs(
      'include = ["conf.d/*.toml"] reads further files at this place, in alphabetical order.',
    ),
    heading("filters"),
    paragraphs(
      "Each [[filter]] names one; filters run in this order. A name that contains a slash or ends in .ts or .js is a file " +
        "with a filter of your own. If the order of options matters and an option must come again, add " +
        "[[filter.options]]: each one continues where the options above it end.",
    ),
    ...registry.map((definition) =>
      subheading(`name = "${definition.name}"`) + paragraphs(`${definition.summary}.`) +
      optionsOf(definition).map((spec) => option(spec, "key")).join("")
    ),
    heading("listeners"),
    paragraphs(
      `Each [[listener]] has filters of its own, as [[listener.filter]]. It may set ${
        LISTENER_OPTIONS.map(({ name }) => name).join(", ")
      }, and takes the rest from the top of the file.`,
    ),
    heading("example"),
    example(
      'listen = "inet:8891@localhost"\nworkers = "auto"\n\n[[filter]]\nname = "size-limit"\nmax = "25MB"\n\n' +
        '[[filter]]\nname = "dkim-check"\n\n[[listener]]\nlisten = "inet:8892@localhost"\n[[listener.filter]]\n' +
        'name = "header-rewrite"\nadd = "X-Submitted-By: {auth_authen}"\n',
    ),
    heading("see also"),
    ".BR milterkit (1)\n",
  ]);
}
