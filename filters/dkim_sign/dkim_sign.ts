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

Messages are signed for clients that logged in (macro auth_authen), for clients in --sign-client, and for messages
that match --sign-macro; never for others. The author is the address in From, whose domain selects the key. A message
has no author if it has no From field or several, or if From names several domains or cannot be parsed with certainty.
With --match-sender, the login or the envelope sender must have the author's domain: without it, a user who may send
mail gets the signature of every domain that has a key, unless the MTA checks From itself.

Each message's log line says with which keys it was signed, or why it was not.

Put it last: a later filter that changes the header or body is an error, since it would break the signature. The MTA
still changes some messages after all filters, and the signature covers what the MTA will deliver: Sendmail, for
example, rewrites fields with addresses. Where the result cannot be predicted, the message is not signed: with a line
that is too long or, for Sendmail, an address without a domain. docs/signing.md lists MTA settings that break
signatures.

A message that returns, for example from a content filter, gets no second signature with the same domain and selector.

The folder of --keys contains a folder for each domain, with a file SELECTOR.pem for each key: PEM (PKCS#1 or PKCS#8),
or the base64 text of an Ed25519 seed. SELECTOR.next.pem and SELECTOR.old.pem do not sign; milterkit dkim rotate uses
them. A key that others can read or write, or that belongs to a user other than root and the service's, is refused.

Changed keys take effect within a few seconds. If a new key cannot be used, an error in the log says why, and the
previous keys continue to sign.`,
  examples: [
    [
      "Sign for users who logged in, with the keys of a folder:",
      "milterkit serve --listen inet:8825@localhost --filter dkim-sign --keys /etc/milterkit/keys",
    ],
    [
      "Also sign for machines in your own network, each only for the domain of its envelope sender:",
      "milterkit serve --listen inet:8825@localhost --filter dkim-sign --keys /etc/milterkit/keys --sign-client 192.0.2.0/24 --match-sender either",
    ],
    [
      "Use one key for many domains, each of which publishes it:",
      "milterkit serve --listen inet:8825@localhost --filter dkim-sign --key %:2026:/etc/milterkit/2026.pem",
    ],
  ],
  wantsFinal: true,
  changes: ["insertHeader"],
  verdicts: ["eom"],
  options: SIGN_OPTIONS,
  create: (_, kit) => signFilter(kit),
});
