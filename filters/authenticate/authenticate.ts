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
    `One filter in place of opendkim, opendmarc and an SPF policy service. It checks SPF (RFC 7208) and the client's name
(iprev), verifies DKIM signatures (RFC 6376), evaluates DMARC (RFC 9989), and writes one Authentication-Results field with
all results. Lookups begin as early as possible and run side by side.

By default it reports and refuses nothing. Look at the results for some weeks, then do what the domains in From ask for, with
--on-dmarc-fail policy: a message that fails is held if its policy is quarantine, and rejected (550 5.7.1) if it is reject.
A message whose From is missing, occurs twice or cannot be read is rejected then, too, since no policy covers it and mail
programs may show any name (--on-bad-from). Mailing lists and forwarders make honest mail fail; name those that you know in a
file for --exempt-dmarc.

Messages of trusted clients (--trust) and of authenticated senders are not checked, since mail of your own users, sent from
wherever they are, would fail. Their field says "none", with the reason in a comment, and forged results are removed from them
too.

Anyone can write any id into an Authentication-Results field. A field that arrives with our own id is forged, and is removed; so
is one that a careless reader could take for ours. Results of another host count only if --trust-results names its id and the
network that may bring it.

For what to do with single results of DKIM, use dkim-check; spf-check and dmarc-check do one thing each as well.

Put it before filters that change headers or body; after them, it would see the changed message.`,
  examples: [
    [
      "Report only:",
      "milterkit serve --listen inet:8825@localhost --filter authenticate --authserv-id mx.example.org",
    ],
    [
      "Do what domains ask for, except for mailing lists:",
      "milterkit serve --listen inet:8825@localhost --filter authenticate --on-dmarc-fail policy --exempt-dmarc lists.txt",
    ],
    [
      "Hold what fails DMARC and has a program attached (a filter of your own):",
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
