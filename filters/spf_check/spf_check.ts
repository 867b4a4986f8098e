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
    `Checks whether the domain of MAIL FROM allows the client to send its mail (RFC 7208); for the null sender, the domain
of HELO. Lookups begin at MAIL and overlap with the rest of the message, so they seldom cause delay.

By default nothing is refused: a forwarded message fails SPF even if it is legitimate, and its DKIM signature may
still pass. DMARC considers both: see dmarc-check and authenticate. --on-spf-fail reject refuses each recipient with
550 5.7.23 and the domain's explanation, if it has one; --on-spf-error uses 5.7.24 or 4.7.24. The MTA then waits for
the result at the first recipient, at most 5 seconds; if the result comes later, the message is refused at its end
instead.

Messages from trusted clients (--trust) and from authenticated senders are not checked.

Later filters can depend on the result, as with --only-result spf=fail.`,
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
