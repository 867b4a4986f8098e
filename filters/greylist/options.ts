/**
 * The options of the filter, and the settings that they make.
 *
 * @module
 */

import type { OptionDeclarations } from "../../lib/filter/option_declarations.ts";
import { type DomainPattern, OptionError, type OptionValues } from "../../lib/options/options.ts";
import { RESOLVER_OPTIONS } from "../authentication/options.ts";
import {
  BESIDE_SPF_PASS,
  DEFAULT_SUSPICIONS,
  readSuspicions,
  type Suspicion,
  SUSPICIONS,
} from "./suspicions.ts";
import { areInside } from "./exemptions.ts";
import type { Prefixes } from "./identity.ts";
import type { MemorySettings } from "./memory.ts";

/** The options. */
export const GREYLIST_OPTIONS = {
  when: {
    kind: "string",
    metavar: "CONDITIONS",
    repeatable: true,
    description: `What is suspicious: one or several of ${
      SUSPICIONS.join(", ")
    }, separated by commas; by default ${DEFAULT_SUSPICIONS.join(", ")}`,
    example: "no-ptr,spf-fail",
  },
  "check-spf-pass": {
    kind: "flag",
    description: "Also test mail that passes SPF, for no-ptr, dynamic-name and always",
  },
  delay: {
    kind: "duration",
    metavar: "TIME",
    min: 1000,
    max: 86_400_000,
    default: "3m",
    description:
      "How long mail has to wait. Many servers try again after 4 or 5 minutes, and then only hours later",
  },
  "retry-within": {
    kind: "duration",
    metavar: "TIME",
    min: 60_000,
    max: 30 * 86_400_000,
    default: "1d",
    description:
      "How long after an attempt another one counts as its retry; a later one counts as a first attempt",
  },
  keep: {
    kind: "duration",
    metavar: "TIME",
    min: 60_000,
    max: 400 * 86_400_000,
    default: "35d",
    description:
      "How long mail that has waited does not have to wait again; each further message renews this. The default covers monthly newsletters",
  },
  "auto-whitelist": {
    kind: "integer",
    metavar: "COUNT",
    max: 1000,
    default: "5",
    description:
      "After how many waits a client is trusted, so that none of its mail has to wait; at most one wait per hour counts; 0: never",
  },
  "exempt-domain": {
    kind: "domain-pattern",
    metavar: "DOMAIN",
    repeatable: true,
    description:
      "Do not delay mail that passes SPF for this domain, or comes from clients whose confirmed names are in it; with a leading dot: only its subdomains",
    example: "example.org",
  },
  "ipv4-prefix": {
    kind: "integer",
    metavar: "LENGTH",
    min: 8,
    max: 32,
    default: "24",
    description: "The prefix length of IPv4 networks that count as one client",
  },
  "ipv6-prefix": {
    kind: "integer",
    metavar: "LENGTH",
    min: 16,
    max: 128,
    default: "64",
    description: "The prefix length of IPv6 networks that count as one client",
  },
  ...RESOLVER_OPTIONS,
} as const satisfies OptionDeclarations;

/** What the options say, but for the resolver. */
export interface GreylistSettings {
  /** What is suspicious. */
  readonly conditions: readonly Suspicion[];
  /** Whether mail that passes SPF can be, too. */
  readonly checkSpfPass: boolean;
  /** Domains in lower case ASCII; one with a leading dot stands for its subdomains. */
  readonly exemptDomains: readonly DomainPattern[];
  /** The networks that count as one client. */
  readonly prefixes: Prefixes;
  /** What is remembered for how long. */
  readonly memory: MemorySettings;
}

/**
 * Reads the options.
 *
 * @throws {OptionError} for options that are invalid, or could never take effect together
 */
export function greylistSettings(options: OptionValues): GreylistSettings {
  const conditions = readSuspicions(options.all("string", "when"));
  const checkSpfPass = options.get("flag", "check-spf-pass") ?? false;
  const settings: GreylistSettings = {
    conditions,
    checkSpfPass,
    exemptDomains: options.all("domain-pattern", "exempt-domain"),
    prefixes: {
      ipv4: options.get("integer", "ipv4-prefix")!,
      ipv6: options.get("integer", "ipv6-prefix")!,
    },
    memory: {
      delay: options.get("duration", "delay")!,
      retryWithin: options.get("duration", "retry-within")!,
      keep: options.get("duration", "keep")!,
      passes: options.get("integer", "auto-whitelist")!,
    },
  };
  refuseContradictions(options, settings);
  return settings;
}

function refuseContradictions(options: OptionValues, { conditions, checkSpfPass, memory }: GreylistSettings) {
  const given = (name: string) => options.given.find((option) => option.name === name);
  if (memory.delay >= memory.retryWithin) {
    const option = given("retry-within") ? "retry-within" : "delay";
    throw new OptionError(
      option,
      options.text(option),
      `--delay ${options.text("delay")} must be below --retry-within ${
        options.text("retry-within")
      }, or no retry ever counts`,
    );
  }
  if (checkSpfPass && !conditions.some((condition) => BESIDE_SPF_PASS.includes(condition))) {
    throw new OptionError(
      "check-spf-pass",
      "true",
      `it works only with ${BESIDE_SPF_PASS.join(", ")} in --when`,
    );
  }
  if (given("only-authenticated")) {
    throw new OptionError("only-authenticated", "true", "mail from authenticated senders is never delayed");
  }
  const clients = options.all("network", "only-client");
  const [first] = clients;
  if (first !== undefined && areInside(clients)) {
    throw new OptionError(
      "only-client",
      first.text,
      "mail from this machine and from private networks is never delayed",
    );
  }
  if (checkSpfPass) return;
  const passes = (text: string) => text === "spf=pass";
  const only = options.all("string", "only-result");
  if (only.length > 0 && only.every(passes)) {
    throw new OptionError(
      "only-result",
      "spf=pass",
      "mail that passes SPF is delayed only with --check-spf-pass",
    );
  }
}
