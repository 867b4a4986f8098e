/**
 * Negotiates options: combines what the MTA offers with what the filters need.
 *
 * @module
 */

import {
  ActionFlag,
  NEWEST_VERSION,
  OLDEST_VERSION,
  ProtocolFlag,
  protocolFlagsOfVersion,
} from "./constants.ts";
import { ProtocolError } from "./errors.ts";
import type { MacroRequest } from "./macros.ts";

/** An MTA's offer in its OPTNEG packet. */
export interface Offer {
  /** The protocol version it speaks. */
  readonly version: number;
  /** The actions that it allows a filter, see `ActionFlag`. */
  readonly actions: number;
  /** The packets and replies that it can leave out or add, see `ProtocolFlag`. */
  readonly protocol: number;
  /** The services that the connection came through, this one last; for filters that themselves ask milters. */
  readonly hops?: readonly string[];
}

/** What the filter side asks for. */
export interface Needs {
  /** The actions of the filters; all of them must be offered. */
  readonly actions: number;
  /** What to leave out or add, as far as it is offered. */
  readonly protocol: number;
  /** Macros by stage, if the MTA's default is not enough. */
  readonly macros?: MacroRequest;
}

/** The result of the negotiation, which binds both sides. */
export interface Agreement extends Offer {
  /** The requested macros; empty if the MTA does not support requests. */
  readonly macros: MacroRequest;
}

/**
 * Combines an offer and needs.
 *
 * @throws {ProtocolError} `negotiation-failed` for a version below 2, or if a needed action is not offered
 */
export function agree(offer: Offer, needs: Needs): Agreement {
  if (offer.version < OLDEST_VERSION) {
    throw new ProtocolError(
      "negotiation-failed",
      offer.version,
      `Cannot negotiate: the MTA speaks milter protocol version ${offer.version}, ${OLDEST_VERSION} is the oldest here`,
    );
  }
  const version = Math.min(offer.version, NEWEST_VERSION);
  const missing = needs.actions & ~offer.actions;
  if (missing !== 0) {
    throw new ProtocolError(
      "negotiation-failed",
      missing,
      `Cannot negotiate: the MTA does not let a filter ${actionNames(missing).join(", ")}`,
    );
  }
  const known = protocolFlagsOfVersion(version) | ProtocolFlag.MAX_DATA_256K | ProtocolFlag.MAX_DATA_1M;
  const macros = version >= 6 && offer.actions & ActionFlag.SET_SYMBOL_LIST ? needs.macros ?? {} : {};
  const setsMacros = Object.keys(macros).length > 0;
  return {
    version,
    actions: needs.actions | (setsMacros ? ActionFlag.SET_SYMBOL_LIST : 0),
    protocol: needs.protocol & offer.protocol & known,
    macros,
  };
}

/** The names of action bits, in words such as "add headers". */
export function actionNames(actions: number): string[] {
  return Object.entries(ActionFlag)
    .filter(([, bit]) => actions & bit)
    .map(([name]) => name.toLowerCase().replaceAll("_", " "));
}
