/**
 * What an MTA offers and a filter needs.
 *
 * @module
 */
import { ActionFlag } from "../../../lib/protocol/constants.ts";
import { ProtocolError } from "../../../lib/protocol/errors.ts";
import { FilterSession } from "../../../lib/protocol/filter_session.ts";
import { MtaSession } from "../../../lib/protocol/mta_session.ts";
import type { MacroRequest } from "../../../lib/protocol/macros.ts";
import { agree, type Needs } from "../../../lib/protocol/negotiate.ts";
import { Choices } from "../engine/choices.ts";
import { attempt, hold, same, type Target } from "../engine/target.ts";

const STAGES = ["connect", "helo", "mail", "rcpt", "data", "eom", "eoh"] as const;
/** Packets of up to 256 KiB and 1 MiB: no MTA offers them to be asked. */
const LARGER_PACKETS = 0x30000000;

export const negotiation: Target = {
  name: "negotiation",
  promise: "what is agreed was offered and is needed, and the MTA's side takes it",
  cases: 15_000,
  make: (random) =>
    Uint8Array.from({ length: 20 }, (_, i) => i % 4 < 2 ? random.below(3) : random.below(256)),
  check(bytes) {
    const choices = new Choices(bytes);
    const offer = { version: choices.byte() % 9, actions: choices.u32(), protocol: choices.u32() };
    const needs: Needs = {
      actions: choices.u32() & (choices.byte() % 2 ? offer.actions : ~0),
      protocol: choices.u32(),
      macros: macrosOf(choices),
    };
    const isRefusal = (error: unknown) =>
      error instanceof ProtocolError && error.code === "negotiation-failed";
    const agreed = attempt(() => agree(offer, needs), isRefusal);
    const possible = offer.version >= 2 && (needs.actions & ~offer.actions) === 0;
    same("value" in agreed, possible, "what can be agreed is");
    if ("refusal" in agreed) return;
    const { version, actions, protocol, macros } = agreed.value;
    hold(version <= offer.version && version <= 6, "the version is one of both", () => String(version));
    same(actions & ~offer.actions, 0, "no action is agreed that was not offered");
    same(needs.actions & ~actions, 0, "every action that is needed is agreed");
    same(protocol & ~offer.protocol, 0, "no protocol bit is agreed that was not offered");
    same(protocol & ~needs.protocol, 0, "no protocol bit is agreed that is not needed");
    const mayAsk = version >= 6 && (offer.actions & ActionFlag.SET_SYMBOL_LIST) !== 0;
    hold(mayAsk || Object.keys(macros).length === 0, "macros are asked for where that is offered");
    onTheWire(offer, needs);
  },
};

/** Both sides come to the same over the wire. */
function onTheWire(offer: { version: number; actions: number; protocol: number }, needs: Needs): void {
  const mta = new MtaSession(offer);
  const filter = new FilterSession();
  mta.negotiate();
  filter.receive(mta.takeOutput());
  hold(filter.next() && filter.event === "negotiate", "the offer is read");
  const { version, actions, protocol } = filter.answerNegotiation(needs);
  mta.receive(filter.takeOutput());
  const reply = mta.next();
  hold(reply?.type === "negotiated", "the MTA's side takes what is agreed");
  const { terms } = reply;
  // On the wire numbers have no sign.
  same(
    [terms.version, terms.actions >>> 0, terms.protocol >>> 0],
    [version, actions >>> 0, protocol >>> 0],
    "the MTA is told what is agreed",
  );
  hold((protocol & LARGER_PACKETS & ~offer.protocol) === 0, "larger packets are agreed where offered");
}

function macrosOf(choices: Choices): MacroRequest {
  const request: { [stage in typeof STAGES[number]]?: string[] } = {};
  for (let i = choices.byte() % 4; i > 0; i--) {
    request[choices.of(STAGES)] = ["i", "{auth_authen}", "rcpt_addr"];
  }
  return request;
}
