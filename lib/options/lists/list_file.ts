/**
 * Reads the file of a list in its format, at startup and when it changes.
 *
 * @module
 */

import { readFileSync, statSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { systemErrorText } from "../../system_errors.ts";
import { correctionOf } from "../nearest.ts";
import type { LiveSource } from "../live_source.ts";
import { readCidrTable } from "./cidr_table.ts";
import { readHashTable } from "./hash_table.ts";
import { type ListContent, type ListUse, misfit } from "./list_content.ts";
import { ListError } from "./list_error.ts";
import { type FailAt, type ListReading, readPlainList } from "./plain_list.ts";
import { readRegExpTable } from "./regexp_table.ts";

/** The formats of files, as Postfix names them. */
const FORMATS: Readonly<Record<string, (text: string, fail: FailAt) => ListReading>> = {
  plain: readPlainList,
  cidr: readCidrTable,
  texthash: readHashTable,
  regexp: readRegExpTable,
};

/** What to use instead of Postfix's other table types. */
const OTHER_TYPES: Readonly<Record<string, string>> = {
  pcre: "pcre: tables are not read; regexp: ones are",
  hash: "hash: is a compiled table; name the text that it was made of with texthash:",
  lmdb: "lmdb: is a compiled table; name the text that it was made of with texthash:",
  btree: "btree: is a compiled table; name the text that it was made of with texthash:",
  static: "static: is no file",
  inline: "inline: is no file; write its keys as a list",
};

/** The largest file that is read, in bytes: it is in memory as a whole while being read. */
export const MAX_LIST_FILE = 256 * 1024 ** 2;
/** For this long after a change, in milliseconds, a file may change again without a new time stamp. */
const FRESH = 2000;

/** Where a file is, and how it is read. */
export interface ListFile {
  /** Its path. */
  readonly path: string;
  /** One of plain, cidr, texthash and regexp. */
  readonly format: string;
}

/**
 * Reads a path with an optional table type before it, as in Postfix: `partners.txt`, `cidr:/etc/postfix/clients.cidr`.
 *
 * @param text the path
 * @param fail called for a type that is not supported
 */
export function parseListFile(text: string, fail: (reason: string) => never): ListFile {
  const [, type, rest = ""] = /^([a-z][a-z0-9]+):(.*)$/s.exec(text) ?? [];
  if (type === undefined) return { path: text, format: "plain" };
  if (rest === "") return fail(`there is no path after ${type}:`);
  if (Object.hasOwn(FORMATS, type) && type !== "plain") return { path: rest, format: type };
  const known = Object.keys(FORMATS).filter((format) => format !== "plain");
  const meant = correctionOf(type, known);
  return fail(
    OTHER_TYPES[type] ??
      `there is no type ${type}:; want a path, or one after ${known.map((each) => `${each}:`).join(", ")}` +
        (meant === undefined ? "" : `; did you mean ${meant}:?`),
  );
}

/** The file of one list. */
export class ListFileSource implements LiveSource<ListContent> {
  readonly #list: string;
  readonly #file: ListFile;
  readonly #uses: () => Iterable<ListUse>;
  readonly #pause: () => Promise<void>;

  /**
   * @param list the name of the list
   * @param file the file
   * @param uses what the list is used for
   * @param pause lets mail be processed between two parts of the file
   */
  constructor(list: string, file: ListFile, uses: () => Iterable<ListUse>, pause: () => Promise<void>) {
    this.#list = list;
    this.#file = file;
    this.#uses = uses;
    this.#pause = pause;
  }

  async fingerprint(): Promise<string> {
    try {
      return looks(await stat(this.#file.path));
    } catch (error) {
      return String((error as { readonly code?: string }).code);
    }
  }

  known(): string | undefined {
    try {
      const now = statSync(this.#file.path);
      return Math.abs(Date.now() - now.mtimeMs) < FRESH ? undefined : looks(now);
    } catch {
      return undefined;
    }
  }

  read(): ListContent {
    const reading = this.#reading(this.#whole((path) => {
      const { size } = statSync(path);
      return size > MAX_LIST_FILE ? size : readFileSync(path, "utf8");
    }));
    for (;;) {
      const step = reading.next();
      if (step.done) return step.value;
    }
  }

  async readAgain(): Promise<ListContent> {
    const { path } = this.#file;
    let given: string | number;
    try {
      const { size } = await stat(path);
      given = size > MAX_LIST_FILE ? size : await readFile(path, "utf8");
    } catch (error) {
      return this.#fail(undefined, undefined, systemErrorText(error));
    }
    const reading = this.#reading(this.#whole(() => given));
    for (;;) {
      const step = reading.next();
      if (step.done) return step.value;
      await this.#pause();
    }
  }

  /** Refuses content that does not fit the list's uses. */
  check(content: ListContent): void {
    for (const use of this.#uses()) {
      const wrong = misfit(content, use);
      if (wrong) this.#fail(wrong.line, wrong.text, `where it is used, want ${wrong.wanted}`);
    }
  }

  #whole(read: (path: string) => string | number): string {
    let text: string | number;
    try {
      text = read(this.#file.path);
    } catch (error) {
      return this.#fail(undefined, undefined, systemErrorText(error));
    }
    if (typeof text === "number") {
      return this.#fail(undefined, undefined, `it has ${text} bytes; at most ${MAX_LIST_FILE} are read`);
    }
    // A program that rewrites a file empties it first.
    if (text.trim() === "") {
      return this.#fail(undefined, undefined, "it is empty; if no entry is meant, let it have a comment");
    }
    return text.replace(/^\uFEFF/, "");
  }

  *#reading(text: string): ListReading {
    const content = yield* FORMATS[this.#file.format]!(
      text,
      (line, entry, reason) => this.#fail(line, entry, reason),
    );
    this.check(content);
    return content;
  }

  #fail(line: number | undefined, text: string | undefined, reason: string): never {
    throw new ListError({ list: this.#list, file: this.#file.path, line, text }, reason);
  }
}

function looks(
  { ino, size, mtimeMs, ctimeMs }: {
    readonly ino: number;
    readonly size: number;
    readonly mtimeMs: number;
    readonly ctimeMs: number;
  },
): string {
  return [ino, size, mtimeMs, ctimeMs].join(" ");
}
