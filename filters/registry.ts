/**
 * Lists the built-in filters.
 *
 * @module
 */

import type { FilterDefinition } from "../lib/filter/definition.ts";
import { authenticate } from "./authenticate/authenticate.ts";
import { attachments } from "./attachments/attachments.ts";
import { clamd } from "./clamd/clamd.ts";
import { dkimCheck } from "./dkim_check/dkim_check.ts";
import { dkimSign } from "./dkim_sign/dkim_sign.ts";
import { dmarcCheck } from "./dmarc_check/dmarc_check.ts";
import { footer } from "./footer/footer.ts";
import { greylist } from "./greylist/greylist.ts";
import { headerRewrite } from "./header_rewrite/header_rewrite.ts";
import { milter } from "./milter/milter.ts";
import { rateLimit } from "./rate_limit/rate_limit.ts";
import { rules } from "./rules/rules.ts";
import { sizeLimit } from "./size_limit/size_limit.ts";
import { spfCheck } from "./spf_check/spf_check.ts";

/** Every built-in filter, in the order in which lists show them. */
export const registry: readonly FilterDefinition[] = [
  attachments,
  authenticate,
  clamd,
  dkimCheck,
  dkimSign,
  dmarcCheck,
  footer,
  greylist,
  headerRewrite,
  milter,
  rateLimit,
  rules,
  sizeLimit,
  spfCheck,
];

/** The filter with a name; undefined if there is none. */
export function findFilter(name: string): FilterDefinition | undefined {
  return registry.find((definition) => definition.name === name);
}
