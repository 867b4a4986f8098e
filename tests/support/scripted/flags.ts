/**
 * The names of option negotiation bits in scripts.
 *
 * @module
 */

/** What a filter may do (`SMFIF_*`), in the order of the bits. */
const ACTIONS = [
  "add-header",
  "change-body",
  "add-rcpt",
  "del-rcpt",
  "change-header",
  "quarantine",
  "change-from",
  "add-rcpt-par",
  "symlist",
] as const;

/** What the protocol leaves out or adds (`SMFIP_*`), in the order of the bits. */
const PROTOCOL_FLAGS = [
  "no-connect",
  "no-helo",
  "no-mail",
  "no-rcpt",
  "no-body",
  "no-headers",
  "no-eoh",
  "nr-header",
  "no-unknown",
  "no-data",
  "skip",
  "rcpt-rej",
  "nr-connect",
  "nr-helo",
  "nr-mail",
  "nr-rcpt",
  "nr-data",
  "nr-unknown",
  "nr-eoh",
  "nr-body",
  "hdr-leadspc",
] as const;

/** The name of an action bit. */
export type ActionName = typeof ACTIONS[number];

/** The name of a protocol bit. */
export type ProtocolFlagName = typeof PROTOCOL_FLAGS[number];

/** Every action bit. */
export const ALL_ACTIONS: number = 2 ** ACTIONS.length - 1;

/** An action's bit. */
export function actionBit(name: ActionName): number {
  return 1 << ACTIONS.indexOf(name);
}

/** A protocol flag's bit. */
export function protocolBit(name: ProtocolFlagName): number {
  return 1 << PROTOCOL_FLAGS.indexOf(name);
}

/** The bits of the words behind `actions`. */
export function actionBits(words: readonly string[], warn: (text: string) => void): number {
  return bitsOf(words, ACTIONS, warn);
}

/** The bits of the words behind `protocol`. */
export function protocolBits(words: readonly string[], warn: (text: string) => void): number {
  return bitsOf(words, PROTOCOL_FLAGS, warn);
}

function bitsOf(words: readonly string[], names: readonly string[], warn: (text: string) => void): number {
  let bits = 0;
  for (const word of words) {
    const bit = names.indexOf(word);
    if (word === "all") bits = 2 ** names.length - 1;
    else if (word === "none") bits = 0;
    else if (bit >= 0) bits |= 1 << bit;
    else warn(`unknown flag ${word}`);
  }
  return bits;
}
