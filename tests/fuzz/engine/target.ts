/**
 * What is fuzzed: how its cases are made, and what must hold for each.
 *
 * A case is always bytes. So the same mutations, the same way to make a case smaller and the same kind of kept file serve
 * every target, be the bytes a packet stream, a text, or the choices that a message is made of.
 *
 * @module
 */
import { isDeepStrictEqual } from "node:util";
import type { Random } from "../../support/random.ts";

/** Something that is fuzzed. */
export interface Target {
  /** Its name behind `--target`. */
  readonly name: string;
  /** What must hold, in one line. */
  readonly promise: string;
  /** How many cases the tests run of each seed, half of them on each runtime: some tenths of a second. */
  readonly cases: number;
  /** Texts that matter to it, a character a byte, for mutations to put in. */
  readonly words?: readonly string[];
  /** Cases to begin with. */
  seeds?(): readonly Uint8Array[];
  /** Makes a case that keeps to the grammar, mostly. */
  make?(random: Random): Uint8Array;
  /**
   * Tries a case.
   *
   * @throws {Broken} where what must hold does not; anything else that it throws is a finding too
   */
  check(bytes: Uint8Array): void | Promise<void>;
}

/** Something that must hold does not. */
export class Broken extends Error {
  override readonly name = "Broken";
  /** What must hold: findings of the same rule are one. */
  readonly rule: string;

  /**
   * @param rule what must hold
   * @param detail what was there instead
   */
  constructor(rule: string, detail = "") {
    super(detail === "" ? rule : `${rule}: ${detail}`);
    this.rule = rule;
  }
}

/**
 * Makes sure of something.
 *
 * @throws {Broken} where it is not so
 */
export function hold(condition: unknown, rule: string, detail: () => string = () => ""): asserts condition {
  if (!condition) throw new Broken(rule, detail());
}

/**
 * Makes sure that two values are the same all through.
 *
 * @throws {Broken} with both, where they are not
 */
export function same(actual: unknown, expected: unknown, rule: string): void {
  if (actual === expected || isDeepStrictEqual(actual, expected)) return;
  throw new Broken(rule, `${shown(actual)}, not ${shown(expected)}`);
}

/**
 * Calls something that may refuse its input with an error of one kind.
 *
 * @param call what to call
 * @param isRefusal whether an error is such a refusal; any other is thrown on
 * @returns what it returned, or the refusal
 */
export function attempt<T>(
  call: () => T,
  isRefusal: (error: unknown) => boolean,
): { readonly value: T } | { readonly refusal: Error } {
  try {
    return { value: call() };
  } catch (error) {
    return { refusal: refusalOf(error, isRefusal) };
  }
}

/** The same of a call whose value comes later. */
export async function attemptLater<T>(
  call: () => Promise<T>,
  isRefusal: (error: unknown) => boolean,
): Promise<{ readonly value: T } | { readonly refusal: Error }> {
  try {
    return { value: await call() };
  } catch (error) {
    return { refusal: refusalOf(error, isRefusal) };
  }
}

function refusalOf(error: unknown, isRefusal: (error: unknown) => boolean): Error {
  if (!isRefusal(error)) throw error;
  const refusal = error as Error;
  hold(
    refusal.message !== "" && !refusal.message.includes("\n"),
    "a refusal says why in one line",
    () => JSON.stringify(refusal.message),
  );
  return refusal;
}

function shown(value: unknown): string {
  const text = JSON.stringify(
    value,
    (_, item) => item instanceof Map ? [...item] : typeof item === "bigint" ? String(item) : item,
  ) ?? String(value);
  return text.length > 2000 ? `${text.slice(0, 2000)}…` : text;
}
