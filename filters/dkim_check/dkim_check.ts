/**
 * Checks the DKIM signatures of messages, and reports the results in Authentication-Results.
 *
 * @module
 */

import { defineFilter } from "../../lib/filter/definition.ts";
import {
  AUTHOR_OPTIONS,
  CLIENT_OPTIONS,
  DKIM_ACTION_OPTIONS,
  DKIM_OPTIONS,
  ERROR_OPTIONS,
  REPORT_OPTIONS,
  RESOLVER_OPTIONS,
} from "../authentication/options.ts";
import { checkFilterOf } from "../authentication/settings_of_options.ts";

/** The filter `dkim-check`. */
export const dkimCheck = defineFilter({
  name: "dkim-check",
  summary: "Checks DKIM signatures and reports the results in Authentication-Results",
  description:
    `Every signature (rsa-sha256, ed25519-sha256) gets its own result: pass, fail, neutral, policy, temperror or
permerror; a message without a signature gets dkim=none. The field is put at the top of the message.

An Authentication-Results field that arrives with our own id is forged and is removed. So is one that a careless
reader could mistake for ours: with comments, white space, escapes or non-ASCII characters in or around the id, with
an encoded word (=?utf-8?q?...?=) as its id, or with our id anywhere in a field that does not begin as RFC 8601
requires. A field that begins with another host's name stays. One without any id stays unless our id occurs in it.

A message with a signature that passes is accepted. For others, --on-fail, --on-none, --on-no-key and --on-dns-error
decide. A rejection has a code from RFC 7372: 5.7.20 if no signature passes, 5.7.21 if a signature is not acceptable
(policy), 5.7.22 if none is from the domain in From (--require-from-domain); 4.7.20 and so on for tempfail. If several
things are wrong, a failed lookup takes precedence, since a later attempt may pass. A neutral result counts as no
signature.

With --require-from-domain, every domain after an @ in From needs a signature that passes, since mail programs differ
in which of several addresses they show as the author. A display name or a comment may still contain any address:
"ceo@bank.example" <x@evil.example> needs only the signature of evil.example. If mail programs could disagree on what
is a display name and what is an address, the author is unknown, and the message is treated as if its author had not
signed it.

Messages from trusted clients (--trust), authenticated senders and exempt domains are not checked. Their field says
"none", with the reason in a comment, and forged results are removed from them too.

Four forms pass although RFC 6376 does not allow or does not expect them: a colon at the end of h=, a message without
From whose absence is signed, and a key record with quotation marks around its p= or with v=DKIM1 after other tags.
They are harmless, and other verifiers accept them.

A second From, Sender, Reply-To, To, Cc, Subject or Date above the signed one turns pass into policy, since mail programs
may show the wrong one (RFC 6376 section 8.15).

With --on-error accept, quarantine or discard, a message on which the filter fails gets dkim=temperror and loses forged
results like others; with tempfail or reject, the error is logged. A timeout of the filter as a whole gives tempfail
unless --on-error is reject or accept.

Its field includes the results of earlier filters, and of milters in the chain that write under our own id.

Put it before filters that change the header or body; after them, it would see the changed message.`,
  examples: [
    [
      "Keys from DNS, results only:",
      "milterkit serve --listen inet:8825@localhost --filter dkim-check --authserv-id mx.example.org",
    ],
    [
      "Reject messages that were altered, except from your own network:",
      "milterkit serve --listen inet:8825@localhost --filter dkim-check --on-fail reject --trust 192.0.2.0/24",
    ],
    [
      "Keys from a file, for tests and closed networks:",
      "milterkit serve --listen inet:8825@localhost --filter dkim-check --dns-records keys.txt",
    ],
  ],
  wantsOriginal: true,
  changes: ["insertHeader", "deleteHeader", "quarantine"],
  verdicts: ["eom"],
  authenticates: ["dkim"],
  options: {
    ...REPORT_OPTIONS,
    ...DKIM_ACTION_OPTIONS,
    ...ERROR_OPTIONS,
    ...CLIENT_OPTIONS,
    ...AUTHOR_OPTIONS,
    ...DKIM_OPTIONS,
    ...RESOLVER_OPTIONS,
  },
  create: (_, kit) => checkFilterOf(["dkim"], kit),
});
