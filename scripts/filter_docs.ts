/**
 * `docs/filters.md`, made of the filters' own declarations.
 *
 *     deno task docs          writes it
 *     deno task check         says when it is out of date
 */

import { readFileSync, writeFileSync } from "node:fs";
import { COMMON_OPTIONS } from "../filters/common/options.ts";
import { registry } from "../filters/registry.ts";
import type { FilterDefinition } from "../lib/filter/definition.ts";
import type { OptionSpec } from "../lib/filter/options.ts";

const file = new URL("../docs/filters.md", import.meta.url);

/** What the page should hold. */
export function filterDocs(): string {
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

/** What the page holds; empty where there is none. */
export function writtenFilterDocs(): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
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

if (import.meta.main) writeFileSync(file, filterDocs());
