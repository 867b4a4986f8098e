/** A case as an MTA plays it to a milter. */
import type { VerdictKind } from "../../lib/protocol/verdict_scope.ts";
import { latin1Bytes } from "../../lib/message/text.ts";
import { BODY_CHUNK } from "../../lib/protocol/constants.ts";
import type { Case, Fate } from "./case.ts";
import type { MilterSide } from "./milter_side.ts";
import { takeIn } from "./mta_model.ts";
import type { WireAction } from "./wire_actions.ts";

/** What came of it. */
export interface Played {
  readonly fate: Fate;
  /** Which of the recipients were not refused. */
  readonly recipients: readonly number[];
  readonly actions: readonly WireAction[];
}

/** Plays a case to a milter as far as it lets the message come. */
export async function play(theCase: Case, milter: MilterSide): Promise<Played> {
  const { message } = theCase;
  const recipients: number[] = [];
  const ends = (fate: Fate, actions: readonly WireAction[] = []): Played => ({ fate, recipients, actions });

  let kind = await milter.connect();
  if (kind === "continue") kind = await milter.helo();
  // A refusal of the connection is not its end: some MTAs say MAIL all the same, and are refused again.
  if (kind !== "accept") {
    const again = await milter.mail(message.sender);
    if (kind === "continue" || (milter.answersAll && again !== kind)) kind = again;
  }
  if (isFinal(kind)) return ends(kind);

  for (const [i, recipient] of message.recipients.entries()) {
    if (kind !== "accept") kind = await milter.rcpt(recipient);
    if (kind === "discard") return ends(kind);
    if (!isFinal(kind)) recipients.push(i);
  }
  if (recipients.length === 0) {
    await milter.abort();
    return ends("nobody");
  }
  if (kind === "accept") return ends("pass");
  kind = await milter.data();
  const content = takeIn(theCase.mta, message);
  for (const { name, raw } of content.visible()) {
    if (kind !== "continue") break;
    kind = await milter.header({ name, raw });
  }
  if (kind === "continue") kind = await milter.eoh();
  for (const chunk of pieces(latin1Bytes(content.sendBody()), theCase.cuts)) {
    if (kind !== "continue") break;
    kind = await milter.body(chunk);
  }
  if (kind === "accept") return ends("pass");
  if (isFinal(kind)) return ends(kind);
  const end = await milter.eom();
  return ends(isFinal(end.kind) ? end.kind : "pass", end.actions);
}

function isFinal(kind: VerdictKind): kind is "reject" | "tempfail" | "discard" {
  return kind === "reject" || kind === "tempfail" || kind === "discard";
}

/** The body in the pieces of the case, none longer than a packet. */
function* pieces(body: Uint8Array, cuts: readonly number[]): Iterable<Uint8Array> {
  const ends = [...cuts.filter((cut) => cut < body.length), body.length];
  let start = 0;
  for (const end of ends) {
    while (start < end) {
      const stop = Math.min(end, start + BODY_CHUNK);
      yield body.subarray(start, stop);
      start = stop;
    }
  }
}
