/**
 * Every keyword of `opendkim.conf`: those of Debian's manual, and those that other builds of OpenDKIM know.
 *
 * @module
 */

import { CHECKING_KEYWORDS } from "./keywords/checking.ts";
import type { Keyword } from "./keywords/keyword.ts";
import { SERVICE_KEYWORDS } from "./keywords/service.ts";
import { SIGNING_KEYWORDS } from "./keywords/signing.ts";

export type { Keyword } from "./keywords/keyword.ts";

/** Each group with its title. */
export const KEYWORD_GROUPS: readonly (readonly [title: string, keywords: readonly Keyword[]])[] = [
  ["Signing", SIGNING_KEYWORDS],
  ["Checking", CHECKING_KEYWORDS],
  ["The service", SERVICE_KEYWORDS],
];

const byName = new Map(
  KEYWORD_GROUPS.flatMap(([, keywords]) => keywords.map((keyword) => [keyword.name.toLowerCase(), keyword])),
);

/** All names. */
export const keywordNames: readonly string[] = [...byName.values()].map(({ name }) => name);

/** The keyword with a name, in any case; undefined if there is none. */
export function findKeyword(name: string): Keyword | undefined {
  return byName.get(name.toLowerCase());
}
