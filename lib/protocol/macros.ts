/**
 * Stores macros by stage, each with its lifetime, and requests them.
 *
 * @module
 */

import { MacroStage, type MacroStageName } from "./constants.ts";
import type { MacroList } from "./codec.ts";
import { ANSWERED_EVENTS, MESSAGE_EVENTS } from "./events.ts";
import { toBytes, utf8Text } from "./text.ts";

const OF_CONNECTION = ANSWERED_EVENTS.filter(({ bit }) => (bit & MESSAGE_EVENTS) === 0);
const OF_MESSAGE = ANSWERED_EVENTS.filter(({ bit }) => (bit & MESSAGE_EVENTS) !== 0);
/** Events in order of precedence: the value of a later one wins. */
const ORDER = [...OF_CONNECTION, ...OF_MESSAGE];
const FIRST_OF_MESSAGE = OF_CONNECTION.length;
const SLOT_OF_COMMAND = new Int8Array(256).fill(-1);
ORDER.forEach(({ command }, slot) => SLOT_OF_COMMAND[command] = slot);

interface Slot {
  bytes: Uint8Array;
  length: number;
}

/**
 * The macros of one connection. An MTA sends them far more often than a filter reads one (Postfix: before every header), so
 * they are kept as received, and parsed only when read.
 */
export class MacroStore {
  readonly #slots: (Slot | undefined)[] = new Array(ORDER.length).fill(undefined);

  /**
   * Stores the pairs that were sent for a command, replacing earlier ones of that stage.
   *
   * @param command the letter of the command that they belong to; macros of unknown commands are dropped
   * @param bytes contains the NUL-ended names and values; copied
   * @param start where they begin
   * @param end where they end
   */
  set(command: number, bytes: Uint8Array, start: number, end: number): void {
    const index = slotOf(command);
    if (index < 0) return;
    const length = end - start;
    let slot = this.#slots[index];
    if (slot === undefined || slot.bytes.length < length) {
      slot = this.#slots[index] = { bytes: new Uint8Array(Math.max(length, 32)), length: 0 };
    }
    const target = slot.bytes;
    for (let i = 0; i < length; i++) target[i] = bytes[start + i] ?? 0;
    slot.length = length;
  }

  /**
   * The value of a macro, from the latest stage that has it (`smfi_getsymval`).
   *
   * @param name with or without braces: `i`, `{i}`, `mail_addr`, `{mail_addr}`
   * @param shows whether a macro is visible
   */
  get(name: string, shows?: MacroFilter): string | undefined {
    const bare = bareName(name);
    for (let i = ORDER.length - 1; i >= 0; i--) {
      const slot = this.#slots[i];
      if (slot === undefined || slot.length === 0) continue;
      const stage = ORDER[i]?.macros;
      if (shows && stage && !shows(stage, bare)) continue;
      const value = find(slot, bare);
      if (value) return utf8Text(value);
    }
    return undefined;
  }

  /**
   * The macros that were sent for a command, unchanged: name, value, name, value and so on.
   *
   * @param command the command's letter
   * @param shows whether a macro is visible
   * @returns views of bytes that the next macros may overwrite; empty for a command without macros
   */
  pairs(command: number, shows?: MacroFilter): Uint8Array[] {
    const index = slotOf(command);
    const slot = this.#slots[index];
    const pairs: Uint8Array[] = [];
    if (slot === undefined || slot.length === 0) return pairs;
    const stage = ORDER[index]?.macros;
    eachPair(slot, (name, value) => {
      if (!shows || !stage || shows(stage, bareName(utf8Text(name)))) pairs.push(name, value);
    });
    return pairs;
  }

  /** The values of all current macros, by name without braces. */
  all(): Map<string, string> {
    const values = new Map<string, string>();
    for (const slot of this.#slots) {
      if (!slot) continue;
      eachPair(slot, (name, value) => {
        values.set(bareName(utf8Text(name)), utf8Text(value));
      });
    }
    return values;
  }

  /** Drops the macros of an earlier message, except those that were sent for this one's MAIL. */
  beginMessage(): void {
    for (let i = FIRST_OF_MESSAGE + 1; i < ORDER.length; i++) this.#clear(i);
  }

  /** Drops the macros of the message. */
  endMessage(): void {
    for (let i = FIRST_OF_MESSAGE; i < ORDER.length; i++) this.#clear(i);
  }

  /** Drops everything, as for a new connection on the same socket. */
  endConnection(): void {
    for (let i = 0; i < ORDER.length; i++) this.#clear(i);
  }

  #clear(index: number): void {
    const slot = this.#slots[index];
    if (slot) slot.length = 0;
  }
}

/** Whether a macro of a stage is visible; the name is without braces. */
export type MacroFilter = (stage: MacroStageName, name: string) => boolean;

/** Where the macros for a command are kept; -1 where nothing keeps them. */
function slotOf(command: number): number {
  return SLOT_OF_COMMAND[command] ?? -1;
}

/** A macro's name without the braces that names of several letters have on the wire. */
export function bareName(name: string): string {
  return name.startsWith("{") && name.endsWith("}") ? name.slice(1, -1) : name;
}

/** The value of a macro in a slot, by its name without braces; undefined if there is none with that name. */
function find(slot: Slot, wanted: string): Uint8Array | undefined {
  const { bytes } = slot;
  for (let at = 0; at < slot.length;) {
    const nameEnd = stringEnd(slot, at);
    const valueEnd = stringEnd(slot, nameEnd + 1);
    if (isNamed(bytes, at, nameEnd, wanted)) return bytes.subarray(Math.min(nameEnd + 1, valueEnd), valueEnd);
    at = valueEnd + 1;
  }
  return undefined;
}

/** Whether a name, with or without braces, equals the wanted one. Names of macros are ASCII, so no text needs decoding. */
function isNamed(bytes: Uint8Array, start: number, end: number, wanted: string): boolean {
  const braced = end - start === wanted.length + 2 && bytes[start] === 0x7b && bytes[end - 1] === 0x7d;
  if (!braced && end - start !== wanted.length) return false;
  for (let i = 0, at = braced ? start + 1 : start; i < wanted.length; i++, at++) {
    if (bytes[at] !== wanted.charCodeAt(i)) return false;
  }
  return true;
}

/** The end of a string: its NUL, or the end of the slot. Names and values are short, so a loop is faster than `indexOf`. */
function stringEnd({ bytes, length }: Slot, from: number): number {
  let at = from;
  while (at < length && bytes[at] !== 0) at++;
  return Math.min(at, length);
}

/** Calls `visit` for each pair. If the last name has no value, it gets an empty one. */
function eachPair(slot: Slot, visit: (name: Uint8Array, value: Uint8Array) => void): void {
  const { bytes, length } = slot;
  for (let at = 0; at < length;) {
    const nameEnd = stringEnd(slot, at);
    const valueEnd = stringEnd(slot, nameEnd + 1);
    visit(bytes.subarray(at, nameEnd), bytes.subarray(Math.min(nameEnd + 1, valueEnd), valueEnd));
    at = valueEnd + 1;
  }
}

/** Macro names to request, by stage (`smfi_setsymlist`). */
export type MacroRequest = { readonly [stage in MacroStageName]?: readonly string[] };

/**
 * The lists of a request for the OPTNEG answer. Names of more than one letter get braces, without which an MTA does not
 * know them.
 */
export function macroLists(request: MacroRequest): MacroList[] {
  const lists: MacroList[] = [];
  for (const [stage, names] of Object.entries(request)) {
    if (names === undefined) continue;
    const onWire = names.map(bareName).map((name) => name.length > 1 ? `{${name}}` : name);
    lists.push({ stage: MacroStage[stage as MacroStageName], names: toBytes(onWire.join(" ")) });
  }
  return lists;
}
