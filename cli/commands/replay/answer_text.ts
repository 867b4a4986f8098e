/**
 * Describes answers in words, and makes them comparable.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { Reply } from "../../../lib/protocol/constants.ts";
import { describePacket } from "../../../lib/protocol/describe_packet.ts";
import { endsQuestion } from "../../../lib/protocol/exchanges.ts";
import type { SplitPacket } from "../../../lib/protocol/packet_splitter.ts";
import { latin1Text } from "../../../lib/protocol/text.ts";
import { packetText } from "../../traces/packet_text.ts";
import type { RecordedAnswer } from "./recording.ts";

/** A change of a message that a milter asked for. */
export interface ChangeText {
  /** Kind and header name: two changes with the same are shown as one change that differs. */
  readonly kind: string;
  /** Two changes with the same identity are equal. */
  readonly identity: string;
  /** The change in words. */
  readonly text: string;
}

/** A verdict. */
export interface VerdictText {
  /** Two verdicts with the same identity are equal. If no answer is due, that counts as `continue`. */
  readonly identity: string;
  /** The verdict in words. */
  readonly text: string;
}

/**
 * Describes the verdict of an answer.
 *
 * @param outcome the answer; undefined if none was due
 * @param sent whether the event was sent at all
 */
export function verdictText(outcome: RecordedAnswer | undefined, sent: boolean): VerdictText {
  if (outcome === undefined) return { identity: "continue", text: sent ? "no answer due" : "not asked" };
  if (outcome.end !== undefined) {
    // The length of the wait is not part of the verdict.
    return { identity: outcome.end.replace(/ within .*/, ""), text: outcome.end };
  }
  const packet = outcome.packets.at(-1)!;
  const text = textOf(packet);
  return { identity: packet.command === Reply.CONTINUE ? "continue" : latin1Text(packet.bytes), text };
}

/**
 * Describes the changes in an answer, in order; a new body is one change.
 *
 * @param outcome the answer
 * @param verbatim whether header values follow the colon as they are; otherwise the MTA puts a space before them
 * @param ignored names of header fields, in lower case, whose changes are ignored
 */
export function changesOf(
  outcome: RecordedAnswer | undefined,
  verbatim: boolean,
  ignored: ReadonlySet<string>,
): ChangeText[] {
  const changes: ChangeText[] = [];
  const body: SplitPacket[] = [];
  for (const packet of outcome?.packets ?? []) {
    if (packet.command === Reply.PROGRESS || endsQuestion(packet.command)) continue;
    if (packet.command === Reply.REPLACE_BODY) {
      // One change, at the place of the first packet: a body may come in any number of packets.
      if (body.length === 0) changes.push({ kind: "replace-body", identity: "", text: "" });
      body.push(packet);
      continue;
    }
    const { name, fields } = describePacket("milter", packet.command, packet.payload);
    const field = name.endsWith("-header") ? String(fields.name).toLowerCase() : "";
    if (field !== "" && ignored.has(field)) continue;
    const content = field === "" || verbatim ? latin1Text(packet.payload) : withSpace(packet.payload);
    const bare = verbatim && field !== "" && /^[^ ]/.test(String(fields.value));
    const text = textOf(packet) + (bare ? " (no space after the colon)" : "");
    changes.push({ kind: `${name} ${field}`, identity: `${name} ${content}`, text });
  }
  return body.length === 0 ? changes : changes.map((change) => change.text === "" ? newBody(body) : change);
}

/** Adds the space that the MTA puts before a header value. Not before an empty one, which deletes the field. */
function withSpace(payload: Uint8Array): string {
  return latin1Text(payload).replace(/\0(?=[^\0]+\0$)/, "\0 ");
}

/** Describes packets in words, in order. */
export function packetsText(packets: readonly SplitPacket[]): string {
  return packets.map(textOf).join(", ");
}

function newBody(packets: readonly SplitPacket[]): ChangeText {
  const hash = createHash("sha256");
  let size = 0;
  for (const { payload } of packets) {
    hash.update(payload);
    size += payload.length;
  }
  const digest = hash.digest("hex");
  const text = `replace-body ${size} bytes (SHA-256 ${digest.slice(0, 12)}…)`;
  return { kind: "replace-body", identity: digest, text };
}

function textOf({ command, payload }: SplitPacket): string {
  return packetText("milter", describePacket("milter", command, payload), payload, 0);
}
