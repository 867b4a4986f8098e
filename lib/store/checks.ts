/**
 * Checks the arguments of store calls, so that every store refuses the same mistakes with the same messages.
 *
 * @module
 */

import type { StoreCall } from "./calls.ts";
import { type LifeFrom, type Rate, StoreError } from "./store.ts";

/** The kinds of entries. */
export type EntryKind = "text" | "sighting" | "rate";

/** The kinds of entries in words. */
const HOLDS: Readonly<Record<EntryKind, string>> = {
  text: "a text",
  sighting: "when it was seen",
  rate: "what is left of a rate",
};

/** @throws {StoreError} if a key is no text */
export function checkKey(key: string): void {
  if (typeof key !== "string") throw new StoreError(key, `Cannot use ${typeof key} as a key: want text`);
}

/** The longest text, in UTF-16 units. */
const LONGEST_TEXT = 1_000_000;

/** @throws {StoreError} if a key or value is no text, a value is too long, or a life is below 1 ms */
export function checkText(key: string, value: string, life: number): void {
  checkKey(key);
  if (typeof value !== "string") throw new StoreError(value, `Cannot keep ${typeof value}: want text`);
  if (value.length > LONGEST_TEXT) {
    throw new StoreError(
      value.length,
      `Cannot keep a text of ${value.length} characters: the maximum is ${LONGEST_TEXT}`,
    );
  }
  checkNumber(life, "A life");
}

/** @throws {StoreError} if a key is no text, a life is below 1 ms, or it counts from nothing known */
export function checkSighting(key: string, life: number, from: LifeFrom): void {
  checkKey(key);
  checkNumber(life, "A life");
  if (from !== "first" && from !== "last") {
    throw new StoreError(from, `A life counts from "first" or "last", got ${JSON.stringify(from)}`);
  }
}

/** @throws {StoreError} if a key is no text, or a rate or an amount cannot be */
export function checkTake(key: string, { count, per, burst = count }: Rate, amount: number): void {
  checkKey(key);
  checkNumber(count, "A rate's count");
  checkNumber(per, "A rate's time");
  checkNumber(burst, "A rate's burst");
  if (amount !== 0) checkNumber(amount, "An amount other than 0");
  if (amount > burst) {
    throw new StoreError(amount, `Cannot take ${amount} at once: the rate never allows more than ${burst}`);
  }
}

/** @throws {StoreError} if the entry of a key is of another kind than a call wants */
export function checkKind(key: string, is: EntryKind, wanted: EntryKind): void {
  if (is === wanted) return;
  const call = { text: "get", sighting: "note a sighting of", rate: "take from" }[wanted];
  const name = JSON.stringify(key.length > 80 ? `${key.slice(0, 80)}…` : key);
  throw new StoreError(key, `Cannot ${call} ${name}: it holds ${HOLDS[is]}`);
}

/** @throws {StoreError} if a value is no finite number of 1 or more */
export function checkNumber(value: number, what: string): void {
  if (typeof value === "number" && value >= 1 && Number.isFinite(value)) return;
  throw new StoreError(value, `${what} must be a number, 1 or more, got ${value}`);
}

/** @throws {StoreError} if a call is a mistake, whatever the store holds */
export function checkCall(call: StoreCall): void {
  switch (call[0]) {
    case "get":
    case "delete":
      return checkKey(call[1]);
    case "set":
      return checkText(call[1], call[2], call[3]);
    case "seen":
      return checkSighting(call[1], call[2], call[3]);
    case "take":
      return checkTake(call[1], call[2], call[3]);
  }
}
