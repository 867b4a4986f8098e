/**
 * Decides on mail by rules: conditions, and what happens to mail that meets them.
 *
 * @module
 */

import { defineFilter } from "../../lib/filter/definition.ts";
import { MTA_CHANGES } from "../../lib/filter/filter_terms.ts";
import { RULE_OPTIONS } from "./options.ts";

/** The filter `rules`. */
export const rules = defineFilter({
  name: "rules",
  summary: "Decides on mail by rules: refuses, holds, redirects, changes or logs what meets their conditions",
  changes: MTA_CHANGES.filter((change) => change !== "replaceBody" && change !== "changeFrom"),
  verdicts: ["mail", "rcpt", "eom"],
  options: RULE_OPTIONS,
  create: () => ({}),
});
