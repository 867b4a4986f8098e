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
    `Asks the domain in From which mail in its name is honest (RFC 9989): mail for which SPF passes for MAIL FROM, or DKIM for a
signature, with a domain of the same organization. There is no public suffix list: organizations are found by the walk up the
tree of names that the RFC describes.

It takes the results of the filters before it: of spf-check and dkim-check, and of milters in the chain that write under our
own id, or under an id that --trust-results names. Put it after them. If no filter before it looked at SPF or DKIM, or one
of them failed, the result is temperror.

--on-dmarc-fail is accept by default: look at the results for some weeks before you act on them. With policy, the filter does
what the domain asks for: quarantine holds the message, reject gives 550 5.7.1. With p=none nothing is done. A message
whose From is missing, occurs twice or cannot be read is rejected then, too (--on-bad-from). Mailing lists and forwarders make honest mail fail; name those that you know in a file for --exempt-dmarc.

Messages of trusted clients (--trust) and of authenticated senders are not evaluated: mail of your own users, sent from
wherever they are, would fail. Give it the same --trust as the filters before it.`,
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
