/**
 * Determines whether fields of a message's parts were not read, so that mail could escape rules.
 *
 * @module
 */

import { reject, type Verdict } from "../../../lib/filter/verdict.ts";
import type { MimeMessage } from "../../../lib/mime/parse_mime.ts";
import type { Part } from "../../../lib/mime/part.ts";
import type { MimeProblemCode } from "../../../lib/mime/structure/problems.ts";
import type { PartField } from "../../../lib/mime/structure/part_headers.ts";
import { unfolded } from "../../header_edits/header_value.ts";

/** Problems that say that something of a message was not read. */
const LIMITS: readonly MimeProblemCode[] = ["too-many-parts", "too-deep", "header-too-long"];

/** Why fields were not read. */
export interface Unread {
  /** The reason, as a clause. */
  readonly reason: string;
  /** The refusal of such a message. */
  readonly refusal: Verdict<"reject">;
}

/** Says why fields of a message's parts were not read; undefined if all were. */
export function unreadOf({ parts }: MimeMessage): Unread | undefined {
  if (parts.some(({ problems }) => problems.some(({ code }) => LIMITS.includes(code)))) {
    return {
      reason: "there are too many",
      refusal: reject(552, "5.3.4", "Message has too many parts or header fields"),
    };
  }
  if (parts.some(hasOtherParts)) {
    return {
      reason: "several Content-Type fields differ in what the parts are",
      refusal: reject(550, "5.6.0", "Message has several Content-Type fields"),
    };
  }
  return undefined;
}

/** Whether a Content-Type field other than the first, which counts, may make other programs see parts inside. */
function hasOtherParts({ headers }: Part): boolean {
  const [first, ...others] = [...headers as Iterable<PartField>]
    .filter(({ name }) => name.toLowerCase() === "content-type")
    .map(({ valueBytes }) => unfolded(valueBytes).trim());
  return others.some((type) => type !== first && /^(?:multipart|message)\b/i.test(type));
}
