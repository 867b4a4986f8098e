/**
 * What a milter asks for at end of message, as changes of a filter of the chain.
 *
 * @module
 */

import type { EndOfMessage } from "../../lib/filter/end_of_message.ts";
import type { Modification } from "../../lib/protocol/mta_session.ts";
import { utf8Text } from "../../lib/protocol/text.ts";

const SPACE = 0x20;

/**
 * Makes a milter's changes.
 *
 * @param message the message
 * @param modifications what the milter asked for, in order
 * @param verbatim whether the header values that it sends have their leading space, or lack it (`SMFIP_HDR_LEADSPC`)
 * @throws {InvalidChangeError} for one that cannot be made, or that it did not negotiate
 */
export function makeChanges(
  message: EndOfMessage,
  modifications: readonly Modification[],
  verbatim: boolean,
): void {
  const valueOf = verbatim ? (value: Uint8Array) => value : withSpace;
  for (const change of modifications) {
    switch (change.type) {
      case "addHeader":
        message.addHeader(utf8Text(change.name), valueOf(change.value));
        break;
      case "insertHeader":
        message.insertHeader(change.index, utf8Text(change.name), valueOf(change.value));
        break;
      case "changeHeader": {
        const value = change.value.length === 0 ? change.value : valueOf(change.value);
        message.changeHeaderNumber(utf8Text(change.name), change.index, value);
        break;
      }
      case "addRcpt":
        message.addRcpt(change.address, change.args);
        break;
      case "deleteRcpt":
        message.deleteRcpt(change.address);
        break;
      case "changeFrom":
        message.changeFrom(change.address, change.args);
        break;
      case "replaceBody":
        message.replaceBody(change.chunk);
        break;
      case "quarantine":
        message.quarantine(oneLine(change.reason));
    }
  }
}

function withSpace(value: Uint8Array): Uint8Array {
  const spaced = new Uint8Array(value.length + 1);
  spaced[0] = SPACE;
  spaced.set(value, 1);
  return spaced;
}

/** A reason is for logs and queue listings, whatever the milter wrote there. */
function oneLine(reason: string): string {
  // deno-lint-ignore no-control-regex
  return reason.replace(/[\x00-\x1f\x7f]+/g, " ") || "the milter gave no reason";
}
