/**
 * Option negotiation, as a filter on libmilter sees it.
 *
 * @module
 */

import type { Offer } from "../../../mod.ts";
import { actionBit, type ActionName, protocolBit, type ProtocolFlagName } from "./flags.ts";
import type { Script } from "./script.ts";

/** Action and protocol bits. */
export type Bits = readonly [actions: number, protocol: number];

/** What libmilter takes an offer without any bits for (`SMFI_V1_ACTS`, `SMFI_V1_PROT`). */
const OLDEST_OFFER: Bits = [0xf, 0x3f];

/** What libmilter offers on its own: for an MTA that wants a reply where the filter gives none it makes one up. */
const NO_REPLY = (
  [
    "nr-connect",
    "nr-helo",
    "nr-mail",
    "nr-rcpt",
    "nr-data",
    "nr-unknown",
    "nr-header",
    "nr-eoh",
    "nr-body",
  ] as const
).reduce((bits, name) => bits | protocolBit(name), 0);

/** Bits between MTA and libmilter, about the size of packets, which it shows no filter. */
const INTERNAL = 0x70000000;

/** What was offered, wanted and got. */
export class Agreement {
  /** What libmilter would show the filter of the offer. */
  readonly offered: Bits;
  /** What the script asks for. */
  readonly wanted: Bits;
  /** What of that is offered. */
  readonly got: Bits;

  constructor(script: Pick<Script, "actions" | "protocol">, offer: Pick<Offer, "actions" | "protocol">) {
    this.offered = [
      offer.actions || OLDEST_OFFER[0],
      ((offer.protocol || OLDEST_OFFER[1]) & ~INTERNAL) | NO_REPLY,
    ];
    this.wanted = [script.actions, script.protocol];
    this.got = [this.wanted[0] & this.offered[0], this.wanted[1] & this.offered[1]];
  }

  /** Whether the filter may do this. */
  may(action: ActionName): boolean {
    return (this.got[0] & actionBit(action)) !== 0;
  }

  /** Whether this holds. */
  has(flag: ProtocolFlagName): boolean {
    return (this.got[1] & protocolBit(flag)) !== 0;
  }
}
