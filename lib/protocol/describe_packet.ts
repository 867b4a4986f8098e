/**
 * Describes any packet as plain data, for people and programs that watch a connection, by the rows of `codec.ts`.
 *
 * @module
 */

import { commands, decode, type MacroList, type PacketSpec, type PacketValues, replies } from "./codec.ts";
import { ActionFlag, Command, MacroStage, ProtocolFlag } from "./constants.ts";
import { letter } from "./errors.ts";
import { eventOf } from "./events.ts";
import { verdictOfPacket } from "./exchanges.ts";
import { familyOf } from "./families.ts";
import { bareName } from "./macros.ts";
import { isUtf8, latin1Text, utf8Text } from "./text.ts";
import type { VerdictKind } from "./verdict_scope.ts";

/** The sender of a packet. */
export type Side = "mta" | "milter";

/** A value of plain data. */
export type PlainValue = string | number | readonly string[] | { readonly [name: string]: string };

/** A packet as plain data. */
export interface PacketDescription {
  /** Its name, such as `mail`, `macro`, `eom`, `continue`, `add-header`; its letter if it is unknown. */
  readonly name: string;
  /** Its content, by field. Of a body only the size is given, as `size`. */
  readonly fields: { readonly [field: string]: PlainValue };
  /** The equivalent verdict, if it is an answer from the milter. */
  readonly verdict?: VerdictKind;
  /** What is wrong with it, if anything. */
  readonly problem?: string;
}

const ROWS = {
  mta: new Map<number, PacketSpec>(Object.values(commands).map((row) => [row.letter, row])),
  milter: new Map<number, PacketSpec>(Object.values(replies).map((row) => [row.letter, row])),
} as const;

const STAGE_NAMES = new Map<number, string>(Object.entries(MacroStage).map(([name, stage]) => [stage, name]));

/**
 * Describes a packet.
 *
 * @param side who sent it
 * @param command its letter
 * @param payload the bytes after the letter
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { describePacket } from "./describe_packet.ts";
 *
 * const payload = new TextEncoder().encode("<a@example.org>\0SIZE=1000\0");
 * assert.deepEqual(describePacket("mta", 0x4d, payload), {
 *   name: "mail",
 *   fields: { address: "<a@example.org>", args: ["SIZE=1000"] },
 * });
 * ```
 */
export function describePacket(side: Side, command: number, payload: Uint8Array): PacketDescription {
  const row = ROWS[side].get(command);
  if (row === undefined) {
    const problem = `there is no packet ${letter(command)} of the ${side}`;
    return { name: letter(command), fields: { size: payload.length }, problem };
  }
  const name = command === Command.BODYEOB && side === "mta" ? "eom" : row.name;
  try {
    const fields = describeFields(row, decode(row, payload, 0, payload.length));
    const verdict = side === "milter" ? verdictOfPacket(command, payload) : undefined;
    return verdict === undefined ? { name, fields } : { name, fields, verdict };
  } catch (error) {
    return { name, fields: { size: payload.length }, problem: (error as Error).message };
  }
}

/** Bytes as text: read as UTF-8 if they are valid, otherwise one character per byte. */
export function readableText(bytes: Uint8Array): string {
  return isUtf8(bytes) ? utf8Text(bytes) : latin1Text(bytes);
}

/** The names of action bits, such as `add-headers`; unnamed bits as a number. */
export function actionFlagNames(bits: number): string[] {
  return flagNames(ActionFlag, bits);
}

/** The names of protocol bits, such as `no-helo` or `nr-header`; unnamed bits as a number. */
export function protocolFlagNames(bits: number): string[] {
  return flagNames(ProtocolFlag, bits);
}

function flagNames(flags: Readonly<Record<string, number>>, bits: number): string[] {
  const names: string[] = [];
  let rest = bits;
  for (const [name, bit] of Object.entries(flags)) {
    if ((bits & bit) === 0) continue;
    names.push(name.toLowerCase().replaceAll("_", "-"));
    rest &= ~bit;
  }
  return rest === 0 ? names : [...names, `0x${(rest >>> 0).toString(16)}`];
}

function describeFields(row: PacketSpec, values: PacketValues<PacketSpec>): Record<string, PlainValue> {
  if (row === commands.macro) return describeMacros(values);
  const fields: Record<string, PlainValue> = {};
  for (const [field, value] of Object.entries(values)) {
    if (value === undefined) continue;
    if (field === "actions") fields.actions = actionFlagNames(value as number);
    else if (field === "protocol") fields.protocol = protocolFlagNames(value as number);
    else if (field === "family") {
      fields.family = familyOf(value as number) ?? String.fromCharCode(value as number);
    } else if (field === "chunk") fields.size = (value as Uint8Array).length;
    else if (field === "lists") fields.macros = describeLists(value as readonly MacroList[]);
    else if (typeof value === "number") fields[field] = value;
    else if (value instanceof Uint8Array) fields[field] = readableText(value);
    else fields[field] = (value as readonly Uint8Array[]).map(readableText);
  }
  return fields;
}

function describeMacros(values: PacketValues<PacketSpec>): Record<string, PlainValue> {
  const { command, pairs } = values as PacketValues<typeof commands.macro>;
  const macros: [string, string][] = [];
  for (const [i, name] of pairs.entries()) {
    if (i % 2 > 0) continue;
    const value = pairs[i + 1];
    macros.push([bareName(readableText(name)), value ? readableText(value) : ""]);
  }
  return { event: eventOf(command)?.name ?? letter(command), macros: Object.fromEntries(macros) };
}

function describeLists(lists: readonly MacroList[]): Record<string, string> {
  return Object.fromEntries(
    lists.map(({ stage, names }) => [STAGE_NAMES.get(stage) ?? `stage ${stage}`, readableText(names)]),
  );
}
