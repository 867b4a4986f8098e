/**
 * milterkit.toml(5), made of what options and filters declare.
 *
 * @module
 */

import { optionsOf } from "../../../cli/config/filter_arguments.ts";
import { FILE_OPTIONS, LISTENER_OPTIONS } from "../../../cli/options/serve_options.ts";
import { registry } from "../../../filters/registry.ts";
import { example, heading, option, page, pageHead, paragraphs, subheading } from "./roff.ts";

/** The page. */
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
      "All that flags of milterkit serve can say stands in one TOML file, with the same names. " +
        "milterkit serve --config FILE serves what it says, milterkit config check FILE says what is wrong with it and " +
        "where, and milterkit config example prints one to begin with. " +
        "SIGHUP has the file read anew for new connections; a wrong file changes nothing.\n\n" +
        "A switch is true; what can be repeated is a list; sizes are text or a number of bytes, times are text. " +
        "Paths are relative to the file that they stand in.",
    ),
    heading("options"),
    ...FILE_OPTIONS.map((spec) => option(spec, "key")),
    subheading("include"),
    paragraphs(
      'include = ["conf.d/*.toml"] reads further files where it stands, in the order of the alphabet.',
    ),
    heading("filters"),
    paragraphs(
      "Each [[filter]] names one, in the order in which they are asked. A name with a slash, or that ends in .ts or .js, " +
        "is a file with a filter of your own. Where the order of options matters and one comes again, each " +
        "[[filter.options]] goes on from what is above it.",
    ),
    ...registry.map((definition) =>
      subheading(`name = "${definition.name}"`) + paragraphs(`${definition.summary}.`) +
      optionsOf(definition).map((spec) => option(spec, "key")).join("")
    ),
    heading("listeners"),
    paragraphs(
      `Each [[listener]] has filters of its own, as [[listener.filter]], and of the options above ${
        LISTENER_OPTIONS.map(({ name }) => name).join(", ")
      }; where it has none, those at the top hold.`,
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
