/**
 * Generates the reference of the configuration file, itself a configuration file, from the declared options and filters.
 *
 * @module
 */

import { COMMON_OPTIONS } from "../../filters/common/options.ts";
import { registry } from "../../filters/registry.ts";
import { optionSpecs } from "../../lib/filter/option_declarations.ts";
import type { OptionSpec } from "../../lib/options/options.ts";
import { filterSummary } from "./filter_arguments.ts";
import { FILE_OPTIONS, LISTEN_OPTION } from "../options/serve_options.ts";
import { SHIPPED_ADDRESS } from "../options/shipped_address.ts";
import { tomlText } from "./toml_text.ts";

const WIDTH = 100;

/** Returns a file that serves one filter and contains everything else as comments. */
export function exampleConfig(): string {
  const parts = [
    comment(
      "Milterkit's configuration. milterkit config check FILE reports errors and their positions. " +
        "A line that begins with # is a comment. A commented option shows its default, or an example if it has none.",
    ),
    ...FILE_OPTIONS.map((option) =>
      option === LISTEN_OPTION
        ? described(option, `listen = ${tomlText(SHIPPED_ADDRESS)}`)
        : described(option)
    ),
    comment("Further files to read at this place, in alphabetical order.") +
    '# include = ["conf.d/*.toml"]\n',
    comment(
      "Lists of networks, domains or addresses, which options name as @internal, in the file or in files of their own; and " +
        "conditions, which filters name in if and unless.",
    ) +
    '# [lists]\n# internal = ["192.0.2.0/24", "2001:db8::/32"]\n# partners = { file = "partners.txt" }\n' +
    '# [conditions.partner]\n# only-from = "@partners"\n',
    comment(
      "The filters, which run in this order. A name that contains a slash or ends in .ts or .js is a file with a filter of " +
        "your own; its path is relative to this file.",
    ),
    '[[filter]]\nname = "size-limit"\nmax = "25MB"\n',
    comment("Every filter also has these options.") +
    COMMON_OPTIONS.map((option) => described(option)).join(""),
    ...registry.map((filter) =>
      [
        comment(`${filter.name}: ${filterSummary(filter)}.`),
        `# [[filter]]\n# name = ${tomlText(filter.name)}\n`,
        ...describedOptions(optionSpecs(filter.options)),
      ].join("")
    ),
    comment(
      "If the order of a filter's options matters and an option must come again, as with header-rewrite, add " +
        "[[filter.options]]. Each one continues where the options above it end:",
    ) +
    '# [[filter]]\n# name = "header-rewrite"\n# [[filter.options]]\n# if-sender = "/@example\\\\.com$/i"\n# add = "X-Origin: ours"\n' +
    '# [[filter.options]]\n# always = true\n# remove = "X-Spam*"\n',
    comment("Another listener with filters of its own, for example for submission:") +
    '# [[listener]]\n# listen = "inet:8892@localhost"\n# [[listener.filter]]\n# name = "header-rewrite"\n# add = "X-Submitted: {auth_authen}"\n',
  ];
  return parts.join("\n");
}

/** Returns the options of a filter; those of groups stand behind the table that begins one, conditions only once. */
function describedOptions(options: readonly OptionSpec[]): string[] {
  const beginning = options.filter(({ beginsGroup }) => beginsGroup);
  const outside = options.filter((option) => !beginning.includes(option) && option.inGroup !== "only");
  const inside = options.filter(({ inGroup }) => inGroup === "only");
  return [
    ...outside.map((option) => described(option)),
    ...beginning.flatMap((option) => [
      described(option, `# [[filter.${option.name}]]\n# name = ${sampleOf(option)}`),
      comment("Below it also stand the conditions that the filter has, from only-client on."),
      ...inside.map((each) => described(each)),
    ]),
  ];
}

/** Returns an option's description, followed by a commented line that sets it, or by `line`. */
function described(option: OptionSpec, line?: string): string {
  const notes = [
    ...(option.choices ? [`one of ${option.choices.join(", ")}`] : []),
    ...(option.repeatable ? ["several as a list"] : []),
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
