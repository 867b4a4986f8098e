/**
 * Turns what a milter requests at end of message into changes of a filter.
 *
 * @module
 */

import { AS_ASKED, type EndOfMessage } from "../../lib/filter/end_of_message.ts";
import type { Modification } from "../../lib/protocol/mta_session.ts";

const SPACE = 0x20;

/**
 * Requests a milter's changes.
 *
 * @param message the message
 * @param modifications the milter's changes, in order
 * @param verbatim whether the header values that it sends include their leading space (`SMFIP_HDR_LEADSPC`)
 * @throws {InvalidChangeError} for a change that it did not negotiate, or of a field without a name
 */
export function requestChanges(
  message: EndOfMessage,
  modifications: readonly Modification[],
  verbatim: boolean,
): void {
  for (const change of modifications) {
    const deletes = change.type === "changeHeader" && change.value.length === 0;
    if ("value" in change && !verbatim && !deletes) {
      message[AS_ASKED]({ ...change, value: withSpace(change.value) });
    } else {
      message[AS_ASKED](change);
    }
  }
}

function withSpace(value: Uint8Array): Uint8Array {
  const spaced = new Uint8Array(value.length + 1);
  spaced[0] = SPACE;
  spaced.set(value, 1);
  return spaced;
}
