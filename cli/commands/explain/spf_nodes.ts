/**
 * What an explanation of SPF consists of: records, their terms, and what each term needed.
 *
 * @module
 */

import type { Lookup } from "../../explanation/lookup.ts";

/** A record and what became of its terms, as far as they were evaluated. */
export interface SpfRecordNode {
  readonly type: "record";
  readonly domain: string;
  /** The record, one character per byte. */
  readonly text: string;
  /** What is wrong with its syntax; undefined if nothing is. */
  problem?: string | undefined;
  readonly terms: SpfTermNode[];
}

/** A term of a record. */
export interface SpfTermNode {
  /** As in the record: printable ASCII, at most 200 characters. */
  readonly term: string;
  /** Which of the terms that need DNS it is, from 1 on; undefined if it needs none. */
  readonly number?: number | undefined;
  /** Whether it matched, or ended the check with an error. */
  outcome: "match" | "no-match" | "error";
  /** Why, in a short clause. */
  why: string;
  /** What it needed, in order. */
  readonly needed: (Lookup | SpfRecordNode)[];
}
