/**
 * Reads the settings of a filter that checks mail from its options.
 *
 * @module
 */
import { resolverBeside } from "../../lib/dns/resolver_options.ts";
import type { FilterKit } from "../../lib/filter/filter_kit.ts";
import type { TrustedResults } from "../../lib/filter/results_field.ts";
import { readNetworkOrList } from "../../lib/options/lists/use_lists.ts";
import { coversNetwork, type Network } from "../../lib/options/network.ts";
import { OptionError, type OptionValues } from "../../lib/options/options.ts";
import type { Action } from "./actions.ts";
import { type CheckFilter, checkFilter } from "./check_filter.ts";
import type { CheckSettings, DkimSettings, DmarcSettings, SpfSettings } from "./check_settings.ts";
import type { DkimFault } from "./dkim_policy.ts";
import { readExemptions } from "./dmarc_exemptions.ts";
import type { DmarcActions } from "./dmarc_policy.ts";

/** The methods that a filter runs. */
export type CheckMethod = "iprev" | "spf" | "dkim" | "dmarc";

/** What follows from results of DKIM where there are no options for it. */
const NO_ACTIONS = { fail: "accept", none: "accept", "no-key": "accept", "dns-error": "accept" } as const;

/**
 * Makes a filter that checks mail.
 *
 * @param methods the methods that it runs
 * @param kit its kit, with its options
 * @throws {OptionError} for options that are invalid, or could never take effect together
 */
export function checkFilterOf(methods: readonly CheckMethod[], kit: FilterKit): CheckFilter {
  const { options } = kit;
  refuseContradictions(options);
  const { resolver, own } = resolverBeside(() => kit.resolver, options);
  const has = (method: CheckMethod) => methods.includes(method);
  const settings: CheckSettings = {
    authservId: authservIdOf(options) ?? kit.authservId,
    field: {
      strip: options.get("enum", "strip") as "all" | "ours" | "none",
      trusted: trustedResults(options),
    },
    resolver,
    lookupTimeout: options.get("duration", "lookup-timeout") ?? 20_000,
    clock: kit.clock,
    exemptions: {
      networks: options.all("network", "trust"),
      authenticated: !options.get("flag", "check-authenticated"),
      domains: options.all("domain-pattern", "exempt-domain"),
    },
    onError: options.get("enum", "on-error") as Action,
    iprev: has("iprev"),
    spf: has("spf") ? spfSettings(options) : undefined,
    dkim: has("dkim") ? dkimSettings(options) : undefined,
    dmarc: has("dmarc") ? dmarcSettings(options) : undefined,
  };
  const filter = checkFilter(settings);
  return own ? { ...filter, dispose: () => resolver.close() } : filter;
}

function authservIdOf(options: OptionValues): string | undefined {
  const id = options.get("string", "authserv-id");
  if (id === undefined || /^[\w.-]+$/.test(id)) return id;
  throw new OptionError("authserv-id", id, "want a host name, such as mx.example.org");
}

function trustedResults(options: OptionValues): TrustedResults[] {
  return options.all("string", "trust-results").map((text) => {
    const fail = (reason: string): never => {
      throw new OptionError("trust-results", text, reason);
    };
    const [, id = "", network] = /^([^@]*)(?:@(.*))?$/.exec(text) ?? [];
    if (!/^[\w.-]+$/.test(id)) {
      return fail("want an id and a network, such as border.example.org@192.0.2.0/24, or an id alone");
    }
    return network === undefined ? { id } : { id, from: readNetworkOrList(network, options.lists, fail) };
  });
}

type SpfAction = SpfSettings["actions"]["fail"];

function spfSettings(options: OptionValues): SpfSettings {
  return {
    actions: {
      fail: options.get("enum", "on-spf-fail") as SpfAction,
      error: options.get("enum", "on-spf-error") as SpfAction,
    },
    maxVoidLookups: options.get("integer", "spf-void-lookups") ?? 2,
    received: options.get("flag", "received-spf") ?? false,
  };
}

function dkimSettings(options: OptionValues): DkimSettings {
  const action = (fault: Exclude<DkimFault, "error">) =>
    options.get("enum", `on-${fault}`) as Action | undefined ?? NO_ACTIONS[fault];
  const lengthTag = options.get("enum", "length-tag");
  const drift = options.get("duration", "clock-drift") ?? 0;
  if (drift % 1000 !== 0) {
    throw new OptionError("clock-drift", options.text("clock-drift"), "want whole seconds, like t= and x=");
  }
  return {
    verifier: {
      maxSignatures: options.get("integer", "max-signatures"),
      minKeyBits: options.get("integer", "min-key-bits"),
      maxHeaderBytes: options.get("size", "max-header-bytes"),
      clockDrift: drift / 1000,
      allowSha1: options.get("flag", "allow-sha1"),
      refuseUnsignedBody: lengthTag === "refuse",
    },
    actions: {
      fail: action("fail"),
      none: action("none"),
      "no-key": action("no-key"),
      "dns-error": action("dns-error"),
    },
    requireAuthor: options.get("flag", "require-from-domain") ?? false,
    reportLength: lengthTag !== "accept",
  };
}

function dmarcSettings(options: OptionValues): DmarcSettings {
  const files = options.all("file", "exempt-dmarc");
  const fail = options.get("enum", "on-dmarc-fail") as DmarcActions["fail"];
  const error = options.get("enum", "on-dmarc-error") as DmarcActions["error"];
  const from = options.get("enum", "on-bad-from") as DmarcActions["from"] | undefined ??
    (fail === "accept" ? "accept" : "reject");
  const [first] = files;
  if (first !== undefined && fail === "accept" && error === "accept" && from === "accept") {
    throw new OptionError(
      "exempt-dmarc",
      first,
      "with --on-dmarc-fail and --on-dmarc-error accept nobody needs an exemption",
    );
  }
  return {
    actions: { fail, error, from },
    exempt: readExemptions("exempt-dmarc", files, options.lists),
  };
}

/** Refuses options that could never take effect together. */
function refuseContradictions(options: OptionValues): void {
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
  // A trusted client among others makes sense: forged results are removed from its messages too.
  if (first !== undefined && clients.every(trustOf)) {
    throw new OptionError(
      "only-client",
      first.text,
      `with --trust ${
        trustOf(first)?.text
      } none of it is checked; to only remove forged results, add --strip`,
    );
  }
}
