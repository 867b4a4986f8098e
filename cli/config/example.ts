/**
 * A configuration to begin with, made from what options and filters say of themselves.
 *
 * @module
 */

import { registry } from "../../filters/registry.ts";
import type { OptionSpec } from "../../lib/options/options.ts";
import { optionsOf } from "./filter_arguments.ts";
import { FILE_OPTIONS, LISTEN_OPTION } from "../options/serve_options.ts";
import { tomlText } from "./toml_text.ts";

const WIDTH = 100;

/** A file that serves one filter, with everything else there to be switched on. */
export function exampleConfig(): string {
  const parts = [
    comment(
      "Milterkit's configuration. milterkit config check FILE says what is wrong with it, and where. " +
        "A line that begins with # is a comment; the values shown in comments hold unless they are said otherwise.",
    ),
    ...FILE_OPTIONS.map((option) =>
      option === LISTEN_OPTION ? described(option, 'listen = "inet:8891@localhost"') : described(option)
    ),
    comment('Further files, such as include = ["conf.d/*.toml"].') + '# include = ["conf.d/*.toml"]\n',
    comment(
      "The filters, in the order in which they are asked. A name with a slash, or that ends in .ts or .js, is a file with a " +
        "filter of your own, beside this one.",
    ),
    '[[filter]]\nname = "size-limit"\nmax = "25MB"\n',
    ...registry.map((filter) =>
      [
        comment(`${filter.name}: ${filter.summary}.`),
        `# [[filter]]\n# name = ${tomlText(filter.name)}\n`,
        ...optionsOf(filter).map((option) => described(option)),
      ].join("")
    ),
    comment(
      "Where the order of a filter's options matters and one comes again, as with header-rewrite, each [[filter.options]] " +
        "stands behind what is above it:",
    ) +
    '# [[filter]]\n# name = "header-rewrite"\n# [[filter.options]]\n# if-sender = "/@example\\\\.com$/i"\n# add = "X-Origin: ours"\n' +
    '# [[filter.options]]\n# always = true\n# remove = "X-Spam*"\n',
    comment("Another listener with filters of its own, such as for submission:") +
    '# [[listener]]\n# listen = "inet:8892@localhost"\n# [[listener.filter]]\n# name = "header-rewrite"\n# add = "X-Submitted: {auth_authen}"\n',
  ];
  return parts.join("\n");
}

/** An option with what it does, as a line to be switched on; or as the line that is given. */
function described(option: OptionSpec, line?: string): string {
  const notes = [
    ...(option.choices ? [`one of ${option.choices.join(", ")}`] : []),
    ...(option.repeatable ? ["a list, where there are several"] : []),
  ];
  const text = `${option.description}${notes.length > 0 ? ` (${notes.join("; ")})` : ""}.`;
  return comment(text) + (line ?? `# ${option.name} = ${sampleOf(option)}`) + "\n";
}

function sampleOf({ kind, default: preset, example, choices, metavar }: OptionSpec): string {
  if (kind === "flag") return "true";
  const text = preset ?? example ?? choices?.[0] ?? metavar ?? "";
  return kind === "integer" && /^\d+$/.test(text) ? text : tomlText(text);
}

function comment(text: string): string {
  const lines: string[] = [];
  let line = "#";
  for (const word of text.split(" ")) {
    if (line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = "#";
    }
    line += ` ${word}`;
  }
  return [...lines, line].join("\n") + "\n";
}
