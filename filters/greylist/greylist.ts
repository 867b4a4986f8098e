/**
 * Puts off suspicious mail until its sender tries again, as mail servers do and most programs that send spam do not.
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
  summary: "Puts off suspicious mail until its sender tries again",
  description:
    `Each recipient of mail that is suspicious gets 451 4.7.1 with the seconds that are left, until the same mail comes
again after --delay. Mail servers try again; most programs that send spam do not. Mail that is not suspicious never waits.

${SUSPICION_HELP}

Never put off is mail of authenticated senders, mail from this machine and from private networks, mail that passes SPF (see
--check-spf-pass), and mail to postmaster and abuse. For others, use --exempt-domain, and --not-client, --not-sender and --not-recipient, which every filter
has. Where a lookup fails, or takes more than 5 seconds, mail does not wait because of it.

The retry may come from another address: it is known by the domain for which SPF passes, or by the domain of the client's name,
or by its network (--ipv4-prefix, --ipv6-prefix), each together with sender and recipient. Numbers in the sender's address do
not matter.

The null sender is put off at DATA, not at its recipients, so that other servers can check addresses here, as those that call
back do.

Results of SPF and iprev of filters before it are used; without them it looks both up itself. Put it after filters that refuse
recipients, and before those that read the content.

What it remembers is in the state of the service (--state). If that does not answer, --on-state-error of the service decides;
see docs/greylisting.md.`,
  examples: [
    ["Put off what is suspicious:", "milterkit serve --listen inet:8825@localhost --filter greylist"],
    [
      "Only clients without a name, and no backup server:",
      "milterkit serve --listen inet:8825@localhost --filter greylist --when no-ptr --not-client 192.0.2.7",
    ],
    [
      "See first what would be put off:",
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
