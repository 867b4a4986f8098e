/**
 * Checks the DKIM signatures of messages and says so in Authentication-Results.
 *
 * @module
 */

import type { FilterDefinition } from "../../lib/filter/definition.ts";
import type { Filter } from "../../lib/filter/filter.ts";
import { coversNetwork, type Network } from "../../lib/options/network.ts";
import { OptionError, type OptionValues } from "../../lib/options/options.ts";
import { checkFilter } from "./check_filter.ts";
import { DKIM_CHECK_OPTIONS } from "./check_options.ts";
import { createResolver } from "./key_source.ts";
import type { Action } from "./policy.ts";

/** The filter `dkim-check`. */
export const dkimCheck: FilterDefinition = {
  name: "dkim-check",
  summary: "Checks DKIM signatures and writes what it found into Authentication-Results",
  description:
    `Every signature (rsa-sha256, ed25519-sha256) gets a result of its own: pass, fail, neutral, policy, temperror or
permerror; a message without one gets dkim=none. The field goes on top of the message.

An Authentication-Results field that is there already and bears our own id is forged, and is removed. So is one that a
careless reader could take for ours: with comments, white space, escapes or characters beyond ASCII in or around the id,
with an encoded word (=?utf-8?q?...?=) for an id, or with our id anywhere in a field that does not begin as RFC 8601
wants it. A field that begins with the host name of somebody else stays. One without any id stays unless our id occurs
in it.

A message of which one signature passes is let through. What becomes of others is for --on-fail, --on-none, --on-no-key
and --on-dns-error to say. A refusal has a code of RFC 7372: 5.7.20 where no signature passes, 5.7.21 where one is not
acceptable (policy), 5.7.22 where none is of the domain in From (--require-from-domain); 4.7.20 and so on for tempfail.
Where several things are wrong, a failed lookup goes first: a later attempt may bring a pass. Results with
neutral count as no signature.

With --require-from-domain every domain behind an @ in From needs a signature that passes, since readers differ about
which address of several is the author's. A display name or a comment may still hold any address:
"ceo@bank.example" <x@evil.example> needs the signature of evil.example alone. Where readers could differ about what is
such a name, or what an address, From is nobody's, and the message is refused as if it had no signature of its author.

Messages of trusted clients (--trust), authenticated senders and exempt domains are not checked; their field says "none"
and why in a comment, and forged results are removed from them too.

Four forms pass that RFC 6376 does not allow, or does not expect: a colon at the end of h=, a message without From whose
absence is signed, and a key record with quotation marks around its p= or with v=DKIM1 behind other tags. They harm
nobody, and other verifiers take them.

A second From, Sender, Reply-To, To, Cc, Subject or Date above the one that is signed makes policy of pass, since
readers may see the wrong one (RFC 6376 section 8.15).

With --on-error accept, quarantine or discard a message on which the filter fails gets dkim=temperror and loses
forged results like others; with tempfail or reject the error is logged. A time-out of the filter as a whole
gives tempfail unless --on-error is reject or accept.

Put it before filters that change headers or body: it would see the message as they left it.`,
  examples: [
    [
      "Keys from DNS, results only:",
      "milterkit serve --listen inet:8891@localhost --filter dkim-check --authserv-id mx.example.org",
    ],
    [
      "Refuse what was altered, leave one's own network alone:",
      "milterkit serve --listen inet:8891@localhost --filter dkim-check --on-fail reject --trust 192.0.2.0/24",
    ],
    [
      "Keys from a file, for tests and closed networks:",
      "milterkit serve --listen inet:8891@localhost --filter dkim-check --dns-records keys.txt",
    ],
  ],
  wantsOriginal: true,
  options: DKIM_CHECK_OPTIONS,
  create: createDkimCheck,
};

function createDkimCheck(options: OptionValues): Filter {
  const id = options.get("string", "authserv-id");
  if (id !== undefined && !/^[\w.-]+$/.test(id)) {
    throw new OptionError("authserv-id", id, "want a host name, such as mx.example.org");
  }
  checkTogether(options);
  const action = (name: string) => options.get("enum", name) as Action;
  const lengthTag = options.get("enum", "length-tag");
  return checkFilter({
    name: dkimCheck.name,
    authservId: id,
    resolver: createResolver(options),
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
  }) as Filter;
}

/** Refuses what could never take effect beside something else. */
function checkTogether(options: OptionValues): void {
  const given = (name: string) => options.given.find((option) => option.name === name);
  const faults = ["on-fail", "on-none", "on-no-key", "on-dns-error"];
  if (given("require-from-domain") && faults.every((name) => options.get("enum", name) === "accept")) {
    const flags = faults.map((name) => `--${name}`).join(", ");
    throw new OptionError(
      "require-from-domain",
      "true",
      `it says what counts for ${flags}, and all of them are accept`,
    );
  }
  const drift = options.get("duration", "clock-drift")!;
  if (drift % 1000 !== 0) {
    throw new OptionError(
      "clock-drift",
      options.text("clock-drift"),
      "want whole seconds, as t= and x= have",
    );
  }
  if (given("check-authenticated") && given("not-authenticated")) {
    throw new OptionError("check-authenticated", "true", "with --not-authenticated it hears of none of them");
  }
  // Who says what is to be removed may want nothing else of the filter.
  if (given("strip") && options.get("enum", "strip") !== "none") return;
  if (given("only-authenticated") && !given("check-authenticated")) {
    throw new OptionError(
      "only-authenticated",
      "true",
      "messages of authenticated senders are not checked without --check-authenticated; " +
        "to remove forged results alone, say so with --strip",
    );
  }
  const trusted = options.all("network", "trust");
  const trustOf = (only: Network) => trusted.find((trust) => coversNetwork(trust, only));
  const clients = options.all("network", "only-client");
  const [first] = clients;
  // One that is trusted has its place beside others: forged results are removed there, too.
  if (first !== undefined && clients.every(trustOf)) {
    throw new OptionError(
      "only-client",
      first.text,
      `with --trust ${
        trustOf(first)!.text
      } none of it is checked; to remove forged results alone, say so with --strip`,
    );
  }
}
