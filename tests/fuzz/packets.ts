/**
 * Packets for the targets that speak the protocol: made, and cut apart by code of its own, slow and simple.
 *
 * @module
 */
import { concatenated } from "../../lib/protocol/bytes.ts";
import { latin1Bytes } from "../../lib/message/text.ts";
import { Command, Reply } from "../../lib/protocol/constants.ts";
import { ANSWERED_EVENTS } from "../../lib/protocol/events.ts";
import type { Random } from "../support/random.ts";
import { at } from "../support/present.ts";

/** A packet. */
export interface Packet {
  readonly command: number;
  readonly payload: Uint8Array;
}

/** What a stream is made of. */
export interface CutStream {
  readonly packets: readonly Packet[];
  /** How many bytes are left behind the last packet. */
  readonly left: number;
  /** Why nothing can follow; undefined where more may come. */
  readonly problem?: "packet-empty" | "packet-too-long";
}

/** Cuts a stream of whole bytes into packets. */
export function cut(stream: Uint8Array, maxData: number): CutStream {
  const packets: Packet[] = [];
  let rest = stream;
  while (rest.length >= 4) {
    const view = new DataView(rest.buffer, rest.byteOffset, rest.byteLength);
    const length = view.getUint32(0);
    if (length === 0) return { packets, left: rest.length, problem: "packet-empty" };
    if (length > maxData + 1) return { packets, left: rest.length, problem: "packet-too-long" };
    if (rest.length < length + 4) break;
    packets.push({ command: view.getUint8(4), payload: rest.slice(5, 4 + length) });
    rest = rest.subarray(4 + length);
  }
  return { packets, left: rest.length };
}

/** A packet as on the wire; the payload as text stands for its bytes. */
export function packet(letter: string | number, payload: string | Uint8Array = ""): Uint8Array {
  const content = typeof payload === "string" ? latin1Bytes(payload) : payload;
  const length = content.length + 1;
  const command = typeof letter === "string" ? letter.charCodeAt(0) : letter;
  const head = Uint8Array.of(length >>> 24, length >>> 16, length >>> 8, length, command);
  return concatenated([head, content]);
}

/** A number of 32 bits as a payload has it. */
export function u32(value: number): string {
  return String.fromCharCode(value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255);
}

/** An offer. */
export function offerPacket(version: number, actions: number, protocol: number): Uint8Array {
  return packet("O", u32(version) + u32(actions) + u32(protocol));
}

/** Texts for payloads. */
export const WORDS: readonly string[] = [
  "<a@example.org>\0",
  "SIZE=1000\0",
  "Subject\0 hello\0",
  "{auth_authen}\0alice\0",
  "i\x00Q1\0",
  "\0\0\0\x01",
  "\0\0\0\x0d\x4f",
  "\0\0\xff\xff",
  "\0\0\0\x01Q",
  "\0\0\0\x01K",
  "\0\0\0\x01A",
  "550 5.7.1 no\0",
];

/** What an MTA may say to a filter, mostly in order. */
export function mtaStream(random: Random): Uint8Array {
  const often = (chance: number) => random.next() < chance;
  const parts: Uint8Array[] = [];
  const say = (letter: string, payload = "") => {
    if (often(0.02)) return;
    if (often(0.3)) parts.push(packet("D", letter + macros(random)));
    parts.push(packet(letter, payload));
    if (often(0.02)) parts.push(packet(letter, payload));
  };
  if (!often(0.02)) {
    parts.push(offerPacket(often(0.9) ? 6 : random.below(8), 0x1ff, often(0.8) ? 0x1fffff : 0));
  }
  for (let connections = 1 + random.below(2); connections > 0; connections--) {
    say("C", often(0.8) ? "client.example\x004\x12\x67192.0.2.1\0" : "unknown\x00U");
    for (let i = random.below(3); i > 0; i--) say("H", "client.example\0");
    for (let messages = random.below(4); messages > 0; messages--) message(random, say);
    if (often(0.1)) say("U", "VRFY x\0");
    if (connections > 1) say("K");
  }
  if (often(0.7)) say("Q");
  if (often(0.05)) swap(parts, random);
  return concatenated(parts);
}

function message(random: Random, say: (letter: string, payload?: string) => void): void {
  const stopsAfter = random.below(4) > 0 ? Infinity : random.below(9);
  const steps: [letter: string, payload?: string][] = [["M", "<from@example.org>\0SIZE=1000\0"]];
  for (let i = 1 + random.below(3); i > 0; i--) steps.push(["R", `<to${i}@example.net>\0`]);
  steps.push(["T"]);
  for (let i = random.below(4); i > 0; i--) {
    steps.push(["L", `X-${i}\0 value ${random.below(10)}\n\tfolded\0`]);
  }
  steps.push(["N"]);
  for (let i = random.below(3); i > 0; i--) {
    steps.push(["B", `line ${i}\r\n`.repeat(random.below(random.below(20) ? 4 : 400))]);
  }
  steps.push(["E", random.below(4) === 0 ? "last\r\n" : ""]);
  if (random.below(20) === 0) swap(steps, random);
  for (const [letter, payload] of steps.slice(0, stopsAfter)) say(letter, payload);
  if (stopsAfter < steps.length || random.below(4) === 0) say("A");
}

function macros(random: Random): string {
  return ["i\x00Q1\0", "j\x00mx.example\0", "{auth_authen}\0alice\0", "v\x00Postfix 3.7\0"]
    .slice(random.below(5)).join("");
}

function swap<T>(list: T[], random: Random): void {
  if (list.length < 2) return;
  const [a, b] = [random.below(list.length), random.below(list.length)];
  [list[a], list[b]] = [at(list, b), at(list, a)];
}

/** The letters of packets that a filter answers, by what was agreed; undefined for others. */
const ANSWERED = new Map<number, number>(ANSWERED_EVENTS.map(({ command, nr }) => [command, nr]));

const CHANGES = new Set<number>([
  Reply.ADD_HEADER,
  Reply.INSERT_HEADER,
  Reply.CHANGE_HEADER,
  Reply.ADD_RCPT,
  Reply.ADD_RCPT_PAR,
  Reply.DELETE_RCPT,
  Reply.CHANGE_FROM,
  Reply.REPLACE_BODY,
  Reply.QUARANTINE,
  Reply.PROGRESS,
]);
const VERDICTS = new Set<number>([
  Reply.CONTINUE,
  Reply.ACCEPT,
  Reply.REJECT,
  Reply.TEMPFAIL,
  Reply.DISCARD,
  Reply.REPLY_CODE,
]);

/** Whether a packet of the MTA's is answered. */
export function isAnswered(command: number, protocol: number): boolean {
  if (command === Command.OPTNEG) return true;
  const nr = ANSWERED.get(command);
  return nr !== undefined && (protocol & nr) === 0;
}

/**
 * What is wrong with a filter's answers: each packet that is to be answered gets one verdict, in order, changes come only
 * before that of the end of a message, and nothing else comes.
 *
 * @param said what the MTA said, up to where the connection ended
 * @param answers what the filter said
 * @param protocol what was agreed
 * @returns the first thing that is wrong, and how many packets were answered
 */
export function answerProblem(
  said: readonly Packet[],
  answers: readonly Packet[],
  protocol: number,
): { readonly problem?: string; readonly answered: number } {
  const waiting = answers.values();
  let answered = 0;
  for (const { command } of said) {
    if (command === Command.QUIT) break;
    if (!isAnswered(command, protocol)) continue;
    let answer = waiting.next().value;
    while (answer && CHANGES.has(answer.command)) {
      if (command !== Command.BODYEOB) return { problem: `a change is sent at ${name(command)}`, answered };
      answer = waiting.next().value;
    }
    if (!answer) return { answered };
    const fits = command === Command.OPTNEG
      ? answer.command === Reply.OPTNEG
      : VERDICTS.has(answer.command) || (answer.command === Reply.SKIP && command === Command.BODY);
    if (!fits) return { problem: `${name(answer.command)} answers ${name(command)}`, answered };
    answered++;
  }
  return !waiting.next().done ? { problem: "there are more answers than questions", answered } : { answered };
}

function name(command: number): string {
  return `'${String.fromCharCode(command)}'`;
}
