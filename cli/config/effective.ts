/**
 * Builds the text of the effective configuration: every setting and default, in one file.
 *
 * @module
 */

import type { ListDefinition } from "../../lib/options/lists/lists.ts";
import type { OptionSpec, OptionValues } from "../../lib/options/options.ts";
import type { ServeOption } from "../options/serve_option.ts";
import { flagName, optionsOf } from "./filter_arguments.ts";
import { FILE_OPTIONS, LISTENER_OPTIONS } from "../options/serve_options.ts";
import { CONDITION_KEYS, type WrittenCondition } from "./conditions.ts";
import type { Configuration } from "./configuration.ts";
import { tomlText } from "./toml_text.ts";

/** Returns the configuration as TOML, with defaults as comments, and without passwords. */
export function effectiveConfig({ options, listeners, lists, conditions }: Configuration): string {
  const general = FILE_OPTIONS.filter(({ scope }) => scope !== "listener");
  return [
    settingsText(options, general),
    ...lists.empty ? [] : [`[lists]\n${lists.definitions.map(listText).join("")}`],
    ...conditions.map(conditionText),
    ...listeners.map(({ options, filters }) =>
      [
        `[[listener]]\n${settingsText(options, LISTENER_OPTIONS)}`,
        ...filters.map(({ definition, values }) =>
          `[[listener.filter]]\nname = ${tomlText(flagName(definition))}\n${
            filterText(values, optionsOf(definition))
          }`
        ),
      ].join("\n")
    ),
  ].join("\n");
}

function listText({ name, file, entries }: ListDefinition): string {
  const value = file === undefined ? `[${entries.map(tomlText).join(", ")}]` : `{ file = ${tomlText(file)} }`;
  return `${name} = ${value}\n`;
}

function conditionText({ name, values, anyOf }: WrittenCondition): string {
  const own = keysOf(values, CONDITION_KEYS).map((line) => `${line}\n`).join("");
  const any = anyOf.map((list) =>
    `any-of = [${list.map((each) => `{ ${keysOf(each, CONDITION_KEYS).join(", ")} }`).join(", ")}]\n`
  );
  return `[conditions.${name}]\n${own}${any.join("")}`;
}

/** The keys of a condition, or of a group of options, with their values. */
function keysOf({ given }: OptionValues, specs: readonly OptionSpec[]): string[] {
  return [...new Set(given.map(({ name }) => name))].map((key) => {
    const spec = specs.find(({ name }) => name === key)!;
    const texts = given.filter(({ name }) => name === key).map(({ text }) => tomlText(text));
    return `${key} = ${spec.kind === "flag" ? "true" : spec.repeatable ? `[${texts.join(", ")}]` : texts[0]}`;
  });
}

function settingsText(values: OptionValues, specs: readonly ServeOption[]): string {
  return specs.flatMap((spec) => {
    const texts = values.given.filter(({ name }) => name === spec.name).map(({ text }) =>
      spec.shown?.(text) ?? text
    );
    if (texts.length > 0) return [`${spec.name} = ${valueText(spec, texts)}\n`];
    return spec.default === undefined ? [] : [`# ${spec.name} = ${valueText(spec, [spec.default])}\n`];
  }).join("");
}

/** Returns options in their order, which matters for some filters: one that comes again starts a new group. */
function filterText(values: OptionValues, specs: readonly OptionSpec[]): string {
  const groups: string[] = [""];
  let seen = new Set<string>();
  for (const { name, text } of values.given) {
    if (seen.has(name)) {
      seen = new Set();
      groups.push("[[listener.filter.options]]\n");
    }
    seen.add(name);
    const spec = specs.find((spec) => spec.name === name)!;
    groups[groups.length - 1] += `${name} = ${spec.kind === "flag" ? "true" : tomlText(text)}\n`;
  }
  const tables = values.groups.map(({ option, name, values }) =>
    [`[[listener.filter.${option}]]`, `name = ${tomlText(name)}`, ...keysOf(values, specs), ""].join("\n")
  );
  return [...groups, ...tables].join("");
}

function valueText(spec: OptionSpec, texts: readonly string[]): string {
  if (spec.kind === "flag") return "true";
  const values = texts.map(tomlText).join(", ");
  return spec.repeatable ? `[${values}]` : values;
}
