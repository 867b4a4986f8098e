// A filter made of its definition and the options of a command line.
import type { FilterDefinition } from "../../lib/filter/definition.ts";
import { optionSpecs } from "../../lib/filter/option_declarations.ts";
import type { KitParts } from "../../lib/kit/kit.ts";
import { type MadeFilter, makeFromValues } from "../../lib/kit/make.ts";
import { OptionValues } from "../../lib/options/options.ts";

/** Options as on a command line, in their order. */
export type Given = readonly (readonly [name: string, text: string])[];

export async function madeFilter(
  definition: FilterDefinition,
  given: Given = [],
  parts: KitParts = {},
): Promise<MadeFilter> {
  return await makeFromValues(definition, new OptionValues(optionSpecs(definition.options), given), parts);
}
