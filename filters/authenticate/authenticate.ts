/**
 * Checks who sent a message: SPF, DKIM, DMARC and the client's name in one filter.
 *
 * @module
 */

import { defineFilter } from "../../lib/filter/definition.ts";
import {
  AUTHOR_OPTIONS,
  CLIENT_OPTIONS,
  DKIM_OPTIONS,
  DMARC_OPTIONS,
  ERROR_OPTIONS,
  LOOKUP_OPTIONS,
  REPORT_OPTIONS,
  RESOLVER_OPTIONS,
  SPF_OPTIONS,
} from "../authentication/options.ts";
import { checkFilterOf } from "../authentication/settings_of_options.ts";

/** The filter `authenticate`. */
export const authenticate = defineFilter({
  name: "authenticate",
  summary: "Checks SPF, DKIM and DMARC, and reports the results in Authentication-Results",
  description:
    `This filter replaces opendkim, opendmarc and an SPF policy service. It checks SPF (RFC 7208) and the client's name
(iprev), verifies DKIM signatures (RFC 6376), evaluates DMARC (RFC 9989), and writes one Authentication-Results field
with all results. Lookups start as early as possible and run in parallel.

By default it only reports, and refuses nothing. Watch the results for some weeks, then apply the policies of the
domains in From with --on-dmarc-fail policy: a message that fails is held if the policy is quarantine, and rejected
(550 5.7.1) if it is reject. A message whose From is missing, occurs twice or cannot be parsed is then rejected too,
since no policy covers it and mail programs may show any name (--on-bad-from). Mailing lists and forwarders make
legitimate mail fail; list those that you know in a file for --exempt-dmarc.

Messages from trusted clients (--trust) and from authenticated senders are not checked, since mail that your own users
send from anywhere would fail. Their field says "none", with the reason in a comment, and forged results are removed
from them too.

Anyone can write any id into an Authentication-Results field. A field that arrives with our own id is forged and is
removed, as is one that a careless reader could mistake for ours. Results from another host count only if
--trust-results names its id and the network that they may come from.

To act on individual DKIM results, use dkim-check. spf-check and dmarc-check also do one thing each.

Put it before filters that change the header or body; after them, it would see the changed message.`,
  examples: [
    [
      "Report only:",
      "milterkit serve --listen inet:8825@localhost --filter authenticate --authserv-id mx.example.org",
    ],
    [
      "Apply the policies of domains, except for mailing lists:",
      "milterkit serve --listen inet:8825@localhost --filter authenticate --on-dmarc-fail policy --exempt-dmarc lists.txt",
    ],
    [
      "Run a filter of your own on mail that fails DMARC:",
      "milterkit serve --listen inet:8825@localhost --filter authenticate --filter ./no-programs.ts --only-result dmarc=fail",
    ],
  ],
  wantsOriginal: true,
  changes: ["insertHeader", "deleteHeader", "quarantine"],
  verdicts: ["rcpt", "eom"],
  authenticates: ["iprev", "spf", "dkim", "dmarc"],
  options: {
    ...REPORT_OPTIONS,
    ...DMARC_OPTIONS,
    ...SPF_OPTIONS,
    ...ERROR_OPTIONS,
    ...CLIENT_OPTIONS,
    ...AUTHOR_OPTIONS,
    ...DKIM_OPTIONS,
    ...RESOLVER_OPTIONS,
    ...LOOKUP_OPTIONS,
  },
  create: (_, kit) => checkFilterOf(["iprev", "spf", "dkim", "dmarc"], kit),
});
