/**
 * The messages between a keeper and its clients: lines of JSON, each a request or an answer with the number of its
 * request. Lines are bounded, and an invalid line ends the connection.
 *
 * @module
 */

import type { StateEntry, StateInfo } from "../backend.ts";
import type { CallOutcome, StoreCall } from "../calls.ts";
import { StoreError, StoreUnavailableError } from "../store.ts";

/** The version of these messages. A client with another version is told so. */
export const PROTOCOL = 1;

/** The longest line, in bytes: a text of 1,000,000 characters, each of six bytes. */
export const LONGEST_KEEPER_LINE = 8 * 1024 * 1024;

/** The methods of calls. */
const METHODS: readonly string[] = ["get", "set", "delete", "seen", "take"] satisfies StoreCall[0][];

/** Requests of a client other than store calls. */
export type KeeperQuestion =
  /** States the client's version; sent first. */
  | readonly ["hello", version: number]
  /** Asks for information about the store. */
  | readonly ["info"]
  /** Begins an iteration over the entries, replacing any earlier one on this connection. */
  | readonly ["entries", prefix: string]
  /** Continues the iteration; answered with some entries, or none at the end. */
  | readonly ["more"];

/** A request of a client. */
export type KeeperRequest = readonly [id: number, ...StoreCall] | readonly [id: number, ...KeeperQuestion];

/** An answer: 0 and the result, 1 and what is wrong with the call, or 2 and why the store does not answer. */
export type KeeperAnswer =
  | readonly [id: number, status: 0, result?: unknown]
  | readonly [id: number, status: 1 | 2, text: string];

/** The answers to these requests. */
export type QuestionResult = StateInfo | readonly StateEntry[] | undefined;

/** A line that is not a message: the other side is another program. */
export class KeeperFormatError extends Error {
  override readonly name = "KeeperFormatError";
  /** Always `invalid-keeper-line`. */
  readonly code = "invalid-keeper-line";
  /** The beginning of the line. */
  readonly value: string;

  /** @param line the line, or its beginning */
  constructor(line: string) {
    const start = line.slice(0, 40);
    super(`Not a line of a keeper: ${JSON.stringify(start)}`);
    this.value = start;
  }
}

/** Whether a request is a call of a store. */
export function isCall(request: KeeperRequest): request is readonly [id: number, ...StoreCall] {
  return METHODS.includes(request[1]);
}

/** Makes an answer from the outcome of a call. */
export function answerOf(id: number, outcome: CallOutcome): KeeperAnswer {
  if ("result" in outcome) return outcome.result === undefined ? [id, 0] : [id, 0, outcome.result];
  const { error } = outcome;
  return error instanceof StoreUnavailableError ? [id, 2, error.reason] : [id, 1, error.message];
}

/**
 * Returns what an answer says.
 *
 * @param answer the answer
 * @param address the address of the store
 * @param value the value of a `StoreError`
 * @throws {StoreError} if the call is a mistake
 * @throws {StoreUnavailableError} if the store does not answer
 */
export function resultOf([, status, result]: KeeperAnswer, address: string, value: unknown): unknown {
  if (status === 0) return result;
  throw status === 1
    ? new StoreError(value, String(result))
    : new StoreUnavailableError(address, String(result));
}

/** Checks a line of a client. */
export function requestOf(line: string): KeeperRequest {
  const found = parsed(line);
  const [id, method, ...args] = found;
  if (typeof id !== "number" || typeof method !== "string") throw new KeeperFormatError(line);
  // The store checks the arguments of calls, with error messages for the caller.
  const good = METHODS.includes(method)
    ? typeof args[0] === "string" && (method !== "take" || typeof args[1] === "object" && args[1] !== null)
    : method === "hello" && typeof args[0] === "number" ||
      method === "entries" && typeof args[0] === "string" ||
      method === "info" || method === "more";
  if (!good) throw new KeeperFormatError(line);
  return found as unknown as KeeperRequest;
}

/** Checks a line of a keeper. */
export function answerOfLine(line: string): KeeperAnswer {
  const found = parsed(line);
  if (typeof found[0] !== "number" || ![0, 1, 2].includes(found[1] as number)) {
    throw new KeeperFormatError(line);
  }
  return found as unknown as KeeperAnswer;
}

function parsed(line: string): readonly unknown[] {
  try {
    const found: unknown = JSON.parse(line);
    if (Array.isArray(found)) return found;
  } catch {
    // Handled like any other invalid line.
  }
  throw new KeeperFormatError(line);
}

/** Splits bytes into lines. */
export class LineReader {
  #rest: Uint8Array[] = [];
  #length = 0;
  readonly #decoder = new TextDecoder();

  /**
   * Returns the lines that are complete.
   *
   * @param bytes the next bytes
   * @throws {KeeperFormatError} if a line is too long
   */
  read(bytes: Uint8Array): string[] {
    const end = bytes.lastIndexOf(10);
    const before = this.#length;
    this.#length = end < 0 ? before + bytes.length : bytes.length - end - 1;
    if (this.#length > LONGEST_KEEPER_LINE || before + Math.max(0, end) > 2 * LONGEST_KEEPER_LINE) {
      throw new KeeperFormatError("a line that does not end");
    }
    if (end < 0) {
      this.#rest.push(bytes);
      return [];
    }
    const parts = [...this.#rest, bytes.subarray(0, end)];
    this.#rest = end + 1 < bytes.length ? [bytes.subarray(end + 1)] : [];
    return this.#decoder.decode(joined(parts)).split("\n");
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0]!;
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
