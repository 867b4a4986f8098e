// A filter `rules` made from options, and what becomes of a message behind it.
import { type ConfiguredFilter, configureFilter, optionsOf } from "../../cli/config/filter_arguments.ts";
import type { NamedConditions } from "../../filters/common/condition_options.ts";
import { rules } from "../../filters/rules/rules.ts";
import { Lists } from "../../lib/options/lists/lists.ts";
import { OptionValues } from "../../lib/options/options.ts";
import {
  deliver,
  type Delivered,
  type TestClient,
  type TestedFilter,
  type TestMail,
} from "../../lib/testing.ts";

/** Options in their order, `name text`; of a flag only the name. */
export type Words = readonly string[];

export interface Parts {
  readonly conditions?: NamedConditions;
  readonly lists?: Readonly<Record<string, readonly string[]>>;
}

export async function configured(
  words: Words,
  { conditions, lists = {} }: Parts = {},
): Promise<ConfiguredFilter> {
  const given = words.map((word): [string, string] => {
    const space = word.indexOf(" ");
    return space < 0 ? [word, ""] : [word.slice(0, space), word.slice(space + 1)];
  });
  const named = new Lists(Object.entries(lists).map(([name, entries]) => ({ name, entries })));
  const values = new OptionValues(optionsOf(rules), given, named);
  return await configureFilter(rules, values, { lists: named, ...(conditions ? { conditions } : {}) });
}

/** The filter, made. */
export async function rulesOf(words: Words, parts: Parts = {}): Promise<ConfiguredFilter["filter"]> {
  return (await configured(words, parts)).filter;
}

/** Delivers a message to the filter, behind others. */
export async function through(
  words: Words,
  mail: TestMail & TestClient = {},
  before: readonly TestedFilter[] = [],
  parts: Parts = {},
): Promise<Delivered> {
  return await deliver([...before, await rulesOf(words, parts)], mail);
}

/** What became of it, in a few words: `accept`, `reject mail 550`, with the recipients refused. */
export function fate({ outcome, event, reply, refused, held }: Delivered): string {
  const said = outcome === "accept"
    ? held === undefined ? "accept" : `held: ${held}`
    : `${outcome} at ${event}${reply ? ` ${reply.code} ${reply.enhanced} ${reply.lines.join(" ")}` : ""}`;
  const left = refused.map(({ recipient, reply }) =>
    `${recipient}: ${reply?.code ?? ""} ${reply?.lines.join(" ") ?? ""}`
  );
  return [said, ...left].join("; ");
}
