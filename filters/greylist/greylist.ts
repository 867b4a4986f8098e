/**
 * Delays suspicious mail until its sender tries again, as mail servers do and most programs that send spam do not.
 *
 * @module
 */

import { resolverBeside } from "../../lib/dns/resolver_options.ts";
import { defineFilter } from "../../lib/filter/definition.ts";
import { greylistFilter } from "./callbacks.ts";
import { SUSPICION_HELP } from "./suspicions.ts";
import { Memory } from "./memory.ts";
import { GREYLIST_OPTIONS, greylistSettings } from "./options.ts";

/** The filter `greylist`. */
export const greylist = defineFilter({
  name: "greylist",
  summary: "Delays suspicious mail until its sender tries again",
  description:
    `Each recipient of suspicious mail is refused with 451 4.7.1 and the remaining seconds, until the same mail comes again
after --delay. Mail servers try again; most programs that send spam do not. Mail that is not suspicious never waits.

${SUSPICION_HELP}

Mail is never delayed if it comes from an authenticated sender, from this machine or from a private network, if it
passes SPF (see --check-spf-pass), or if it goes to postmaster or abuse. Exempt other mail with --exempt-domain, and
with --not-client, --not-sender and --not-recipient, which every filter has. Mail does not wait because a lookup fails
or takes more than 5 seconds.

The retry may come from another address: the sending system is identified by the domain for which SPF passes, otherwise
by the domain of the client's name, otherwise by its network (--ipv4-prefix, --ipv6-prefix). Sender and recipient must
be the same; numbers in the sender's address do not matter.

The null sender is refused at DATA, not at its recipients, so that other servers can verify addresses by calling back.

It uses the SPF and iprev results of earlier filters; without them it makes both lookups itself. Put it after filters
that refuse recipients, and before those that read the content.

Its data is in the state of the service (--state). If the state does not answer, --on-state-error of the service
decides; see docs/greylisting.md.`,
  examples: [
    ["Delay suspicious mail:", "milterkit serve --listen inet:8825@localhost --filter greylist"],
    [
      "Delay only mail from clients without a name, except from a backup server:",
      "milterkit serve --listen inet:8825@localhost --filter greylist --when no-ptr --not-client 192.0.2.7",
    ],
    [
      "See first what would be delayed:",
      "milterkit serve --listen inet:8825@localhost --filter greylist --dry-run",
    ],
  ],
  changes: [],
  verdicts: ["rcpt", "data"],
  options: GREYLIST_OPTIONS,
  create(_, kit) {
    const settings = greylistSettings(kit.options);
    const { resolver, own } = resolverBeside(() => kit.resolver, kit.options);
    const stores = {
      waiting: kit.store("waiting"),
      passed: kit.store("passed"),
      clients: kit.store("clients"),
    };
    const filter = greylistFilter(settings, {
      memory: new Memory(stores, settings.memory),
      resolver,
      clock: kit.clock,
      recipients: kit.counter("recipients_total", "Recipients by what became of them", ["result"]),
      waits: kit.histogram(
        "wait_seconds",
        "How long mail had waited when it passed",
        [180, 300, 600, 1200, 1800, 3600, 7200, 14_400, 43_200, 86_400],
      ),
    });
    return own ? { ...filter, dispose: () => resolver.close() } : filter;
  },
});
