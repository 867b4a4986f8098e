/**
 * Checks the DKIM signatures of messages, and reports the results in Authentication-Results.
 *
 * @module
 */

import { resolverBeside } from "../../lib/dns/resolver_options.ts";
import { defineFilter } from "../../lib/filter/definition.ts";
import type { FilterKit } from "../../lib/filter/filter_kit.ts";
import { declarationsOf } from "../../lib/filter/option_declarations.ts";
import { coversNetwork, type Network } from "../../lib/options/network.ts";
import { OptionError, type OptionValues } from "../../lib/options/options.ts";
import { type CheckFilter, checkFilter } from "./check_filter.ts";
import { DKIM_CHECK_OPTIONS } from "./check_options.ts";
import type { Action } from "./policy.ts";

/** The filter `dkim-check`. */
export const dkimCheck = defineFilter({
  name: "dkim-check",
  summary: "Checks DKIM signatures and reports the results in Authentication-Results",
  description:
    `Every signature (rsa-sha256, ed25519-sha256) gets its own result: pass, fail, neutral, policy, temperror or
permerror; a message without a signature gets dkim=none. The field is put at the top of the message.

An Authentication-Results field that arrives with our own id is forged, and is removed. So is one that a careless reader
could take for ours: with comments, white space, escapes or non-ASCII characters in or around the id, with an encoded
word (=?utf-8?q?...?=) as its id, or with our id anywhere in a field that does not begin as RFC 8601 requires. A field
that begins with another host's name stays. One without any id stays unless our id occurs in it.

A message with a signature that passes is let through. For others, --on-fail, --on-none, --on-no-key and --on-dns-error
decide. A rejection has a code of RFC 7372: 5.7.20 if no signature passes, 5.7.21 if one is not acceptable (policy),
5.7.22 if none is of the domain in From (--require-from-domain); 4.7.20 and so on for tempfail. If several things are
wrong, a failed lookup comes first, since a later attempt may pass. A neutral result counts as no signature.

With --require-from-domain, every domain after an @ in From needs a signature that passes, since mail programs differ in
which of several addresses they take for the author's. A display name or a comment may still contain any address:
"ceo@bank.example" <x@evil.example> needs only the signature of evil.example. If mail programs could differ in what they
take for a display name and what for an address, the author is unknown, and the message is treated as if its author had
not signed it.

Messages of trusted clients (--trust), authenticated senders and exempt domains are not checked. Their field says "none",
with the reason in a comment, and forged results are removed from them too.

Four forms pass that RFC 6376 does not allow or does not expect: a colon at the end of h=, a message without From whose
absence is signed, and a key record with quotation marks around its p= or with v=DKIM1 after other tags. They are
harmless, and other verifiers accept them.

A second From, Sender, Reply-To, To, Cc, Subject or Date above the signed one turns pass into policy, since mail programs
may show the wrong one (RFC 6376 section 8.15).

With --on-error accept, quarantine or discard, a message on which the filter fails gets dkim=temperror and loses forged
results like others; with tempfail or reject, the error is logged. A timeout of the filter as a whole gives tempfail
unless --on-error is reject or accept.

Put it before filters that change headers or body; after them, it would see the changed message.`,
  examples: [
    [
      "Keys from DNS, results only:",
      "milterkit serve --listen inet:8891@localhost --filter dkim-check --authserv-id mx.example.org",
    ],
    [
      "Reject messages that were altered, except from your own network:",
      "milterkit serve --listen inet:8891@localhost --filter dkim-check --on-fail reject --trust 192.0.2.0/24",
    ],
    [
      "Keys from a file, for tests and closed networks:",
      "milterkit serve --listen inet:8891@localhost --filter dkim-check --dns-records keys.txt",
    ],
  ],
  wantsOriginal: true,
  changes: ["insertHeader", "deleteHeader", "quarantine"],
  verdicts: ["eom"],
  options: declarationsOf(DKIM_CHECK_OPTIONS),
  create: (_, kit) => createDkimCheck(kit),
});

function createDkimCheck(kit: FilterKit): CheckFilter {
  const { options } = kit;
  const id = options.get("string", "authserv-id");
  if (id !== undefined && !/^[\w.-]+$/.test(id)) {
    throw new OptionError("authserv-id", id, "want a host name, such as mx.example.org");
  }
  checkTogether(options);
  const action = (name: string) => options.get("enum", name) as Action;
  const lengthTag = options.get("enum", "length-tag");
  const { resolver, own } = resolverBeside(() => kit.resolver, options);
  const filter = checkFilter({
    authservId: id,
    resolver,
    verifier: {
      maxSignatures: options.get("integer", "max-signatures"),
      minKeyBits: options.get("integer", "min-key-bits"),
      maxHeaderBytes: options.get("size", "max-header-bytes"),
      clockDrift: Math.round(options.get("duration", "clock-drift")! / 1000),
      allowSha1: options.get("flag", "allow-sha1"),
      refuseUnsignedBody: lengthTag === "refuse",
    },
    actions: {
      fail: action("on-fail"),
      none: action("on-none"),
      "no-key": action("on-no-key"),
      "dns-error": action("on-dns-error"),
      error: action("on-error"),
    },
    strip: options.get("enum", "strip") as "all" | "ours" | "none",
    exemptions: {
      networks: options.all("network", "trust"),
      authenticated: !options.get("flag", "check-authenticated"),
      domains: options.all("domain", "exempt-domain"),
    },
    requireAuthor: options.get("flag", "require-from-domain") ?? false,
    reportLength: lengthTag !== "accept",
  });
  return own ? { ...filter, dispose: () => resolver.close() } : filter;
}

/** Refuses options that could never take effect together. */
function checkTogether(options: OptionValues): void {
  const given = (name: string) => options.given.find((option) => option.name === name);
  const faults = ["on-fail", "on-none", "on-no-key", "on-dns-error"];
  if (given("require-from-domain") && faults.every((name) => options.get("enum", name) === "accept")) {
    const flags = faults.map((name) => `--${name}`).join(", ");
    throw new OptionError(
      "require-from-domain",
      "true",
      `it affects only ${flags}, and all of them are accept`,
    );
  }
  const drift = options.get("duration", "clock-drift")!;
  if (drift % 1000 !== 0) {
    throw new OptionError(
      "clock-drift",
      options.text("clock-drift"),
      "want whole seconds, like t= and x=",
    );
  }
  if (given("check-authenticated") && given("not-authenticated")) {
    throw new OptionError(
      "check-authenticated",
      "true",
      "with --not-authenticated the filter gets none of them",
    );
  }
  // With --strip, the filter may be meant only to remove fields.
  if (given("strip") && options.get("enum", "strip") !== "none") return;
  if (given("only-authenticated") && !given("check-authenticated")) {
    throw new OptionError(
      "only-authenticated",
      "true",
      "messages of authenticated senders are not checked without --check-authenticated; " +
        "to only remove forged results, add --strip",
    );
  }
  const trusted = options.all("network", "trust");
  const trustOf = (only: Network) => trusted.find((trust) => coversNetwork(trust, only));
  const clients = options.all("network", "only-client");
  const [first] = clients;
  // A trusted client beside others makes sense: forged results are removed from its messages too.
  if (first !== undefined && clients.every(trustOf)) {
    throw new OptionError(
      "only-client",
      first.text,
      `with --trust ${
        trustOf(first)!.text
      } none of it is checked; to only remove forged results, add --strip`,
    );
  }
}
