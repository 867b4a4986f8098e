/**
 * Signs messages with DKIM.
 *
 * @module
 */

import { defineFilter } from "../../lib/filter/definition.ts";
import { SIGN_OPTIONS } from "./options.ts";
import { signFilter } from "./sign_filter.ts";

/** The filter `dkim-sign`. */
export const dkimSign = defineFilter({
  name: "dkim-sign",
  summary: "Signs the mail of your own users with DKIM",
  description:
    `Each message gets a DKIM-Signature (rsa-sha256, ed25519-sha256) for every key of its author's domain. With an RSA key and
an Ed25519 key, it gets two, RSA on top: verifiers that do not know Ed25519 ignore that one.

Messages are signed for clients that logged in (macro auth_authen), for those that --sign-client names, and for those that
--sign-macro describes; never for others. The author is the address in From, and the key is that of its domain. A message
with several From fields, without one, or with one that names several domains or cannot be read with certainty has no author.
With --match-sender, the login or the envelope sender must have the author's domain: without it, a user who may send mail
gets the signature of every domain that there is a key for, unless the MTA checks From itself.

The line of each message in the log says with which keys it was signed, or why it was not.

Put it last: a filter after it that changes header or body is refused, since the signature would not hold. The MTA still
changes some messages after all filters, and the signature covers what it will deliver: Sendmail writes fields with addresses
anew. Where that cannot be foretold, the message is not signed: a line that is too long, or, with Sendmail, an address without
a domain. See docs/signing.md for what must not be configured there.

A message that passes here again, such as after a content filter, gets no second signature of the same domain and selector.

The folder of --keys has a folder for each domain, and in it SELECTOR.pem for each key: PEM (PKCS#1 or PKCS#8), or the base64
text of an Ed25519 seed. SELECTOR.next.pem and SELECTOR.old.pem do not sign; milterkit dkim rotate uses them. A key that
others can read or write, or that belongs to another user than root or the service's, is refused.

Changes of keys take effect within a few seconds. If a new one cannot be used, an error in the log says why, and those that
were read before go on signing.`,
  examples: [
    [
      "Sign for users who logged in, with the keys of a folder:",
      "milterkit serve --listen inet:8825@localhost --filter dkim-sign --keys /etc/milterkit/keys",
    ],
    [
      "Sign for machines of your own network, too, and for each only the domain of its envelope sender:",
      "milterkit serve --listen inet:8825@localhost --filter dkim-sign --keys /etc/milterkit/keys --sign-client 192.0.2.0/24 --match-sender either",
    ],
    [
      "One key for many domains, each of which publishes it:",
      "milterkit serve --listen inet:8825@localhost --filter dkim-sign --key %:2026:/etc/milterkit/2026.pem",
    ],
  ],
  wantsFinal: true,
  changes: ["insertHeader"],
  verdicts: ["eom"],
  options: SIGN_OPTIONS,
  create: (_, kit) => signFilter(kit),
});
