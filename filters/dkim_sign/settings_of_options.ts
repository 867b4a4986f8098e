/**
 * Reads the settings of `dkim-sign` from its options.
 *
 * @module
 */
import {
  DEFAULT_OVERSIGNED_HEADERS,
  DEFAULT_SIGNED_HEADERS,
  unsignableHeader,
} from "../../lib/auth/dkim/signed_fields.ts";
import type { DkimSigningOptions } from "../../lib/auth/dkim/signing_options.ts";
import { OptionError, type OptionValues } from "../../lib/options/options.ts";
import type { KeyChoice } from "./key_ring.ts";
import { parseKeyArgument } from "./keys/key_argument.ts";
import { KeySources } from "./keys/key_sources.ts";
import type { MatchSender } from "./matching.ts";
import type { SigningSettings } from "./message_signing.ts";
import type { MacroCondition } from "./own_senders.ts";
import { foreignWarnings, parseSignRule, refuseHiddenRules } from "./sign_rules.ts";

/** What the options say. */
export interface SignSettings {
  /** Where keys are. */
  readonly sources: KeySources;
  /** How they are chosen. */
  readonly choice: KeyChoice;
  /** Which messages are signed, and how; the keys are known only once they are read. */
  readonly signing: Omit<SigningSettings, "keysFor">;
  /** What happens to a message without a key. */
  readonly onMissingKey: "accept" | "tempfail" | "reject";
  /** What an administrator should look at, a sentence each. */
  readonly warnings: readonly string[];
}

/**
 * Reads the options.
 *
 * @throws {OptionError} for options that are invalid, or could never take effect together
 */
export function signSettings(options: OptionValues): SignSettings {
  refuseContradictions(options);
  const rules = options.all("string", "sign").map((text) => parseSignRule(text, options.lists));
  const all = options.get("flag", "sign-all") ?? false;
  const subdomains = options.get("flag", "subdomains") ?? false;
  if (!all) refuseHiddenRules(rules);
  const named = options.all("string", "key").map((text) => parseKeyArgument(text));
  const headers = namesOf(options, "headers", DEFAULT_SIGNED_HEADERS);
  const oversign = [...DEFAULT_OVERSIGNED_HEADERS, ...namesOf(options, "oversign", [])];
  const signing: DkimSigningOptions = {
    now: () => Date.now() / 1000,
    canonicalization: options.get("enum", "canonicalization") as DkimSigningOptions["canonicalization"],
    headers: unique(["From", ...headers]),
    oversign: unique(oversign),
    lifetime: lifetimeOf(options),
    bodyLength: options.get("flag", "body-length") ?? false,
  };
  const oversigned = new Set(oversign.map((name) => name.toLowerCase()));
  return {
    sources: new KeySources(options.get("file", "keys"), named),
    choice: { rules, all, subdomains },
    signing: {
      senders: {
        networks: options.all("network", "sign-client"),
        macros: options.all("string", "sign-macro").map(parseMacro),
      },
      notTo: options.all("recipient", "not-to"),
      authorFields: unique([...options.all("header-name", "sender-header"), "From"]).map((name) =>
        name.toLowerCase()
      ),
      matchSender: options.get("enum", "match-sender") as MatchSender | undefined,
      subdomains,
      signing,
      names: new Set([...headers.map((name) => name.toLowerCase()), ...oversigned]),
      oversigned,
      lineLimit: options.get("integer", "line-limit"),
    },
    onMissingKey: options.get("enum", "on-missing-key") as SignSettings["onMissingKey"],
    warnings: foreignWarnings(rules),
  };
}

/** Names of fields; those that no signature can cover are refused. */
function namesOf(options: OptionValues, option: string, fallback: readonly string[]): readonly string[] {
  const names = options.all("header-name", option);
  for (const name of names) {
    const problem = unsignableHeader(name);
    if (problem !== undefined) throw new OptionError(option, name, `it cannot be signed: ${problem}`);
  }
  return names.length > 0 ? names : fallback;
}

function unique(names: readonly string[]): readonly string[] {
  return names.filter((name, i) =>
    !names.slice(0, i).some((other) => other.toLowerCase() === name.toLowerCase())
  );
}

/** `NAME` or `NAME=VALUE`, with or without braces around the name. */
function parseMacro(text: string): MacroCondition {
  const [, braced, bare, value] = /^(?:\{([\w.:-]+)\}|([\w.:-]+))(?:=(.+))?$/.exec(text) ?? [];
  const name = braced ?? bare;
  if (name !== undefined) return { name, value };
  throw new OptionError(
    "sign-macro",
    text,
    "want the name of a macro, or a name and a value such as daemon_name=ORIGINATING",
  );
}

function lifetimeOf(options: OptionValues): number | undefined {
  const lifetime = options.get("duration", "lifetime");
  if (lifetime === undefined) return undefined;
  if (lifetime % 1000 === 0) return lifetime / 1000;
  throw new OptionError("lifetime", options.text("lifetime"), "want whole seconds, like x=");
}

/** Refuses options that could never take effect together. */
function refuseContradictions(options: OptionValues): void {
  const given = (name: string) => options.given.find((option) => option.name === name);
  const refuse = (name: string, reason: string) => {
    const option = given(name);
    if (option) throw new OptionError(name, option.value === true ? "true" : option.text, reason);
  };
  if (!given("keys") && !given("key")) {
    throw new OptionError(
      "keys",
      undefined,
      "there is nothing to sign with: give --keys FOLDER, or --key for each key",
    );
  }
  if (given("sign")) {
    refuse(
      "subdomains",
      "with --sign the domain does not choose the key; write --sign .example.org=DOMAIN/SELECTOR",
    );
  } else {
    refuse("sign-all", "it affects only --sign, and there is none");
  }
  if (options.get("enum", "match-sender") === "login") {
    const reason = "with --match-sender login only clients that log in are signed for, and they are anyway";
    refuse("sign-client", reason);
    refuse("sign-macro", reason);
  }
  if (given("only-authenticated")) {
    refuse("sign-client", "with --only-authenticated the filter gets no mail of clients that did not log in");
    refuse("sign-macro", "with --only-authenticated the filter gets no mail of clients that did not log in");
  }
  if (!given("sign-client") && !given("sign-macro")) {
    refuse("not-authenticated", "it leaves nothing to sign; name clients with --sign-client");
  }
}
