/**
 * `docs/filters.md`, made of the filters' own declarations.
 *
 * @module
 */

import { COMMON_OPTIONS } from "../../filters/common/options.ts";
import { registry } from "../../filters/registry.ts";
import type { FilterDefinition } from "../../lib/filter/definition.ts";
import type { OptionSpec } from "../../lib/options/options.ts";

/** The page. */
export function filtersPage(): string {
  const parts = [
    "# The built-in filters",
    "Made by `deno task docs` of what each filter declares. `milterkit filters NAME` shows the same.",
    ...registry.map(section),
    "## Options of every filter",
    "One of the same name in a filter's own table takes the place of one of these. Which connections, messages and " +
    "recipients the filter is for is told in [conditions.md](conditions.md).",
    table(COMMON_OPTIONS),
  ];
  return parts.join("\n\n") + "\n";
}

function section(definition: FilterDefinition): string {
  const examples = (definition.examples ?? []).map(([what, command]) => `${what}\n\n    ${command}`);
  return [
    `## ${definition.name}`,
    `${definition.summary}.`,
    ...(definition.description ? [definition.description] : []),
    table(definition.options),
    ...examples,
  ].join("\n\n");
}

function table(options: readonly OptionSpec[]): string {
  return ["| option | what it does | default |", "|---|---|---|", ...options.map(row)].join("\n");
}

function row(option: OptionSpec): string {
  const value = option.kind === "flag" ? "" : ` ${option.metavar ?? option.kind.toUpperCase()}`;
  const notes = [
    option.choices ? `one of ${option.choices.join(", ")}` : "",
    option.example ? `such as \`${option.example}\`` : "",
    option.repeatable ? "can be repeated" : "",
  ].filter(Boolean);
  const description = option.description + (notes.length > 0 ? ` (${notes.join("; ")})` : "");
  return `| \`--${option.name}${value}\` | ${cell(description)} | ${cell(option.default ?? "")} |`;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("\n", " ");
}
