/**
 * The settings of a filter, from its options.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import type { PrefixLengths } from "../../lib/options/network.ts";
import { OptionError, type OptionValues } from "../../lib/options/options.ts";
import type { Fail } from "../../lib/options/quantities.ts";
import { systemErrorText } from "../../lib/system_errors.ts";
import type { Unit } from "./buckets.ts";
import { failAs, givenIn } from "./given_options.ts";
import { KeyTemplate } from "./key_template.ts";
import { isStricter, type Limit, parseLimit } from "./limit.ts";
import { type LimitAction, TEMPLATES } from "./options.ts";

/** What is counted, how, and by whom. */
export interface CountSettings {
  /** Whose mail is counted together. */
  readonly template: KeyTemplate;
  /** What is counted. */
  readonly unit: Unit;
  /** The limits, at least one. */
  readonly limits: readonly Limit[];
  /** What counts as one network. */
  readonly lengths: PrefixLengths;
}

/** The settings of a filter. */
export interface RateLimitSettings extends CountSettings {
  /** What happens to mail over a limit. */
  readonly action: LimitAction;
  /** The header that marks it. */
  readonly markHeader: string;
  /** Keys without limits. */
  readonly exempt: ReadonlySet<string>;
  /** Whether nothing is refused, and notices are only logged. */
  readonly dryRun: boolean;
}

/**
 * Reads what is counted. The command `limits` needs nothing else of a filter.
 *
 * @throws {OptionError} for limits that are wrong or pointless, or a key that is
 */
export function countSettings(options: OptionValues): CountSettings {
  const given = givenIn(options);
  const template = templateOf(options);
  const perRecipient = template.has("recipient");
  const count = given("count");
  if (perRecipient && count !== undefined) {
    throw new OptionError(
      "count",
      count,
      "leave it out: with a recipient in the key, recipients are counted",
    );
  }
  for (const name of ["ipv4-prefix", "ipv6-prefix"]) {
    const text = given(name);
    if (text !== undefined && !template.has("client-network")) {
      throw new OptionError(name, text, "it works only with --by client, or {client-network} in --key");
    }
  }
  return {
    template,
    unit: perRecipient ? "recipients" : options.get("enum", "count") as Unit,
    limits: limitsOf(options),
    lengths: {
      ipv4: options.get("integer", "ipv4-prefix")!,
      ipv6: options.get("integer", "ipv6-prefix")!,
    },
  };
}

/**
 * Reads all settings but those of notices.
 *
 * @throws {OptionError} for conflicting options, or have no effect
 */
export function rateLimitSettings(options: OptionValues): RateLimitSettings {
  const counted = countSettings(options);
  const action = options.get("enum", "action") as LimitAction;
  const header = givenIn(options)("mark-header");
  if (header !== undefined && action !== "mark") {
    throw new OptionError("mark-header", header, "it works only with --action mark");
  }
  return {
    ...counted,
    action,
    markHeader: options.get("header-name", "mark-header")!,
    exempt: new Set(exemptKeys(options, counted)),
    dryRun: options.get("flag", "dry-run") ?? false,
  };
}

function templateOf(options: OptionValues): KeyTemplate {
  const text = options.get("string", "key");
  const by = givenIn(options)("by");
  if (text === undefined) {
    const name = options.get("enum", "by") as keyof typeof TEMPLATES;
    return KeyTemplate.parse(TEMPLATES[name], failAs("by", name));
  }
  if (by !== undefined) throw new OptionError("by", by, "give either --by or --key");
  return KeyTemplate.parse(text, failAs("key", text));
}

function limitsOf(options: OptionValues): Limit[] {
  const texts = options.all("string", "limit");
  const limits = texts.map((text) => parseLimit(text, failAs("limit", text)));
  limits.forEach((limit, i) => {
    const stricter = limits.findIndex((other, j) =>
      // Of two equal limits, the second one is redundant.
      i !== j && isStricter(other, limit) && (!isStricter(limit, other) || j < i)
    );
    if (stricter < 0) return;
    const reason = `it can never take effect: whoever keeps to ${limits[stricter]!.text} keeps to it, too`;
    throw new OptionError("limit", texts[i]!, reason);
  });
  return limits;
}

function exemptKeys(options: OptionValues, { template, lengths }: CountSettings): string[] {
  const spelled = (text: string, fail: Fail): string =>
    template.spelled(text, lengths) ?? fail(`it can never be a key: want one as ${template.text} gives`);
  return [
    ...options.all("string", "exempt").map((text) => spelled(text, failAs("exempt", text))),
    ...options.all("file", "exempt-file").flatMap((path) =>
      linesOf(path).flatMap((line, i) => {
        const text = line.trim();
        const fail: Fail = (reason) => {
          throw new OptionError("exempt-file", path, `line ${i + 1}: ${JSON.stringify(text)}: ${reason}`);
        };
        return text === "" || text.startsWith("#") ? [] : [spelled(text, fail)];
      })
    ),
  ];
}

function linesOf(path: string): string[] {
  try {
    return readFileSync(path, "utf8").split("\n");
  } catch (error) {
    throw new OptionError("exempt-file", path, systemErrorText(error));
  }
}
