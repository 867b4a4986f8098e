/**
 * The parameters of `main.cf` that name tables of this kind.
 *
 * @module
 */

import type { FieldKind } from "../../../../filters/rules/fields/field_lines.ts";

/** The parameters whose tables can be converted, with what each is for. */
export const PARAMETERS: Readonly<Record<string, readonly FieldKind[]>> = {
  // The other two are the same table unless they are set.
  header_checks: ["header", "mime", "nested"],
  mime_header_checks: ["mime"],
  nested_header_checks: ["nested"],
};

/** Why the tables of other parameters are not converted. */
export const OTHERS: Readonly<Record<string, string>> = {
  body_checks: "rules do not look at text of the body; leave it in Postfix, or write a filter in TypeScript",
  milter_header_checks: "it is for fields that milters add; leave it in Postfix",
  smtp_header_checks: "it is for mail that Postfix delivers, which no milter sees; leave it in Postfix",
  smtp_mime_header_checks: "it is for mail that Postfix delivers, which no milter sees; leave it in Postfix",
  smtp_nested_header_checks:
    "it is for mail that Postfix delivers, which no milter sees; leave it in Postfix",
  smtp_body_checks: "it is for mail that Postfix delivers, which no milter sees; leave it in Postfix",
};
