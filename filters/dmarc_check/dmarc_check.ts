/**
 * Evaluates DMARC from the results of earlier filters.
 *
 * @module
 */

import { defineFilter } from "../../lib/filter/definition.ts";
import {
  AUTHOR_OPTIONS,
  CLIENT_OPTIONS,
  DMARC_OPTIONS,
  ERROR_OPTIONS,
  REPORT_OPTIONS,
  RESOLVER_OPTIONS,
} from "../authentication/options.ts";
import { checkFilterOf } from "../authentication/settings_of_options.ts";

/** The filter `dmarc-check`. */
export const dmarcCheck = defineFilter({
  name: "dmarc-check",
  summary: "Evaluates DMARC from the SPF and DKIM results of earlier filters",
  description:
    `DMARC (RFC 9989) says whether mail may use the domain in From: SPF must pass for MAIL FROM, or DKIM for a signature,
with a domain of the same organization. No public suffix list is used: organizations are found with the DNS tree walk
that the RFC describes.

The filter uses the results of earlier filters: spf-check and dkim-check, and milters in the chain that write under
our own id or under an id that --trust-results names. Put it after them. If no earlier filter checked SPF or DKIM, or
if one of them failed, the result is temperror.

--on-dmarc-fail is accept by default: watch the results for some weeks before you act on them. With policy, the filter
applies the domain's policy: quarantine holds the message, reject answers 550 5.7.1, and p=none does nothing. A
message whose From is missing, occurs twice or cannot be parsed is then rejected too (--on-bad-from). Mailing lists
and forwarders make legitimate mail fail; list those that you know in a file for --exempt-dmarc.

Messages from trusted clients (--trust) and from authenticated senders are not evaluated: mail that your own users
send from anywhere would fail. Give it the same --trust as the filters before it.`,
  examples: [
    [
      "Three filters, one field:",
      "milterkit serve --listen inet:8825@localhost --authserv-id mx.example.org --filter spf-check --filter dkim-check --filter dmarc-check",
    ],
  ],
  wantsOriginal: true,
  changes: ["insertHeader", "deleteHeader", "quarantine"],
  verdicts: ["eom"],
  authenticates: ["dmarc"],
  options: {
    ...REPORT_OPTIONS,
    ...DMARC_OPTIONS,
    ...ERROR_OPTIONS,
    ...CLIENT_OPTIONS,
    ...AUTHOR_OPTIONS,
    ...RESOLVER_OPTIONS,
  },
  create: (_, kit) => checkFilterOf(["dmarc"], kit),
});
