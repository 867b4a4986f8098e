/**
 * Writes the log: one JSON object per line, in the same format as refmilter.
 *
 * @module
 */

import { closeSync, openSync, writeSync } from "node:fs";
import type { Bits } from "./agreement.ts";
import { toHex } from "./bytes.ts";
import type { Stage } from "./script.ts";

/** An action that was carried out: its name and 0, or -1 where it was refused. */
export type Operation = [action: string, result: number];

/** The line of a negotiation. */
export interface NegotiationEntry {
  /** Number of the connection. */
  readonly connection: number;
  readonly offered: Bits;
  readonly wanted: Bits;
  readonly got: Bits;
  readonly operations: readonly Operation[];
}

/** The line of a callback. Texts have a character a byte. */
export interface CallbackEntry {
  /** Number of the connection. */
  readonly connection: number;
  /** Number of the message. */
  readonly message: number;
  readonly stage: Stage;
  readonly args: readonly string[];
  /** Undefined where they are not logged. */
  readonly macros: readonly (readonly [name: string, value: string])[] | undefined;
  readonly operations: readonly Operation[];
  readonly verdict: string;
}

/** The log file of one filter. A line is in the file before the filter answers. */
export class Log {
  readonly #filter: string;
  readonly #file: number;

  /**
   * @param path the file, which is appended to
   * @param filter the filter's name
   * @throws {Error} where the file cannot be opened
   */
  constructor(path: string, filter: string) {
    this.#file = openSync(path, "a", 0o644);
    this.#filter = filter;
  }

  /** Writes the line of a negotiation. */
  negotiation({ connection, operations, ...bits }: NegotiationEntry): void {
    const { offered, wanted, got } = bits;
    this.#write({
      f: this.#filter,
      c: connection,
      m: 0,
      ev: "negotiate",
      offered,
      wanted,
      got,
      ...operationsOf(operations),
    });
  }

  /** Writes the line of a callback. */
  callback({ connection, message, stage, args, macros, operations, verdict }: CallbackEntry): void {
    this.#write({
      f: this.#filter,
      c: connection,
      m: message,
      ev: stage,
      args: args.map(toHex),
      ...(macros && { mac: Object.fromEntries(macros.map(([name, value]) => [name, toHex(value)])) }),
      ...operationsOf(operations),
      ret: verdict,
    });
  }

  /** Closes the file. */
  close(): void {
    closeSync(this.#file);
  }

  #write(line: Record<string, unknown>): void {
    writeSync(this.#file, `${JSON.stringify(line)}\n`);
  }
}

function operationsOf(operations: readonly Operation[]): { ops?: readonly Operation[] } {
  return operations.length > 0 ? { ops: operations } : {};
}
