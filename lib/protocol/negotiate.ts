/**
 * Option negotiation: what the MTA offers, what the filters need, and what is agreed.
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

/** What an MTA offers in its OPTNEG packet. */
export interface Offer {
  /** The protocol version it speaks. */
  readonly version: number;
  /** What it lets a filter do, see `ActionFlag`. */
  readonly actions: number;
  /** What it can leave out or add, see `ProtocolFlag`. */
  readonly protocol: number;
  /** The services that the connection came through, this one last; for filters that ask milters of their own. */
  readonly hops?: readonly string[];
}

/** What the filter side asks for. */
export interface Needs {
  /** What the filters may do; all of it must be offered. */
  readonly actions: number;
  /** What is to be left out or added; what is not offered is done without. */
  readonly protocol: number;
  /** Macros by stage, where the MTA's own choice is not enough. */
  readonly macros?: MacroRequest;
}

/** What both sides hold to from here on. */
export interface Agreement extends Offer {
  /** The macros asked for; empty where the MTA cannot be asked. */
  readonly macros: MacroRequest;
}

/**
 * Finds what an offer and needs have in common.
 *
 * @throws {ProtocolError} `negotiation-failed` for a version below 2, or where an action is needed and not offered
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
