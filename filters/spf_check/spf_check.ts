/**
 * Checks SPF, and reports the result in Authentication-Results.
 *
 * @module
 */

import { defineFilter } from "../../lib/filter/definition.ts";
import {
  CLIENT_OPTIONS,
  ERROR_OPTIONS,
  LOOKUP_OPTIONS,
  REPORT_OPTIONS,
  RESOLVER_OPTIONS,
  SPF_OPTIONS,
} from "../authentication/options.ts";
import { checkFilterOf } from "../authentication/settings_of_options.ts";

/** The filter `spf-check`. */
export const spfCheck = defineFilter({
  name: "spf-check",
  summary: "Checks SPF and reports the result in Authentication-Results",
  description:
    `Asks the domain of MAIL FROM whether the client may send its mail (RFC 7208); for a null sender, the domain of HELO.
Lookups begin at MAIL and overlap with the rest of the message, so they seldom cost time.

With the default, nothing is refused: a message that was forwarded fails SPF although it is honest, and its DKIM signature
may still pass. That is what DMARC looks at: see dmarc-check and authenticate. --on-spf-fail reject refuses each recipient
with 550 5.7.23, and with the explanation of the domain, if it has one; --on-spf-error uses 5.7.24 or 4.7.24. Then the MTA
waits for the result at the first recipient, at most 5 seconds; if it comes later, the end of the message is refused instead.

Messages of trusted clients (--trust) and of authenticated senders are not checked.

Later filters can be limited to results, as with --only-result spf=fail.`,
  examples: [
    [
      "Report only:",
      "milterkit serve --listen inet:8825@localhost --filter spf-check --authserv-id mx.example.org",
    ],
    [
      "Refuse mail whose SPF fails, but not from a forwarder:",
      "milterkit serve --listen inet:8825@localhost --filter spf-check --on-spf-fail reject --trust 192.0.2.7",
    ],
  ],
  changes: ["insertHeader", "deleteHeader", "quarantine"],
  verdicts: ["rcpt", "eom"],
  authenticates: ["spf"],
  options: {
    ...REPORT_OPTIONS,
    ...SPF_OPTIONS,
    ...ERROR_OPTIONS,
    ...CLIENT_OPTIONS,
    ...RESOLVER_OPTIONS,
    ...LOOKUP_OPTIONS,
  },
  create: (_, kit) => checkFilterOf(["spf"], kit),
});
