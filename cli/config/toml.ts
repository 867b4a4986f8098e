/**
 * Parses a TOML file into settings and tables, each with its place.
 *
 * @module
 */

import { type AST, parseTOML } from "toml-eslint-parser";
import { ConfigError, type ConfigPlace, lowerFirst, type Problem } from "./problem.ts";

/** Tables whose keys are names that the file gives: `lists.internal = [...]` may stand for such a key. */
const TABLES_OF_NAMES: readonly string[] = ["lists", "conditions"];

/** A value. */
export interface Value {
  readonly place: ConfigPlace;
  /** Its TOML type. */
  readonly kind: "string" | "number" | "boolean" | "other";
  /** The same value as a command line would have it. */
  readonly text: string;
  /** Where it begins and ends in the text of its file, in UTF-16 code units. */
  readonly range: readonly [start: number, end: number];
  /** What is between its braces, if it is an inline table. */
  readonly table?: Table;
}

/** A key with its value or values. */
export interface Setting {
  readonly key: string;
  readonly place: ConfigPlace;
  /** Whether the value is an array. */
  readonly list: boolean;
  readonly values: readonly Value[];
}

/** A table: the top level of the file, `[name]` or `[[name]]`. */
export interface Table {
  readonly place: ConfigPlace;
  /** Its settings, in order. */
  readonly settings: Setting[];
  /** Its subtables by name, each list in order. */
  readonly tables: Map<string, Table[]>;
}

/**
 * Parses a file.
 *
 * @param file its path, for error messages
 * @param text its text
 * @param problems receives TOML that cannot be a setting
 * @throws {ConfigError} if it is not TOML
 */
export function readToml(file: string, text: string, problems: Problem[]): Table {
  const reader = new TomlReader(file, problems);
  try {
    // Windows editors add a byte order mark.
    return reader.read(parseTOML(text.replace(/^\uFEFF/, "")).body[0]);
  } catch (error) {
    if (!(error instanceof SyntaxError) || !("lineNumber" in error)) throw error;
    throw new ConfigError([problemOf(file, text, error as TomlSyntaxError)]);
  }
}

interface TomlSyntaxError extends SyntaxError {
  readonly lineNumber: number;
  readonly column: number;
}

/** Rewords an error of the parser, and adds the most likely cause. */
function problemOf(file: string, text: string, { message, lineNumber, column }: TomlSyntaxError): Problem {
  const lines = text.split("\n");
  const at = (line: number, column: number): ConfigPlace => ({ file, line, column });
  if (/^unspecified value|must be on the same line/i.test(message)) {
    // The parser reports the next token, wherever that is.
    const before = lines.slice(0, lineNumber).map((text, i) => ({ text, number: i + 1 }));
    const line = before.findLast(({ text }) => /=\s*(#.*)?$/.test(text));
    if (line) return { place: at(line.number, line.text.indexOf("=") + 1), reason: "there is no value" };
  }
  const place = at(lineNumber, column + 1);
  const reason = lowerFirst(message);
  const isBare = /^\s*[\w-]+\s*=\s*[^\s"'[{#]/.test(lines[lineNumber - 1] ?? "");
  const quotes = /^unexpected character/.test(reason) && isBare
    ? '; text needs quotes, such as listen = "inet:8825@localhost"'
    : "";
  return { place, reason: reason + quotes };
}

class TomlReader {
  readonly #file: string;
  readonly #problems: Problem[];

  constructor(file: string, problems: Problem[]) {
    this.#file = file;
    this.#problems = problems;
  }

  read(top: AST.TOMLTopLevelTable): Table {
    const root = emptyTable({ file: this.#file, line: 1, column: 1 });
    for (const node of top.body) {
      if (node.type === "TOMLKeyValue") this.#addSetting(root, node);
      else this.#addTable(root, node);
    }
    return root;
  }

  #addTable(root: Table, node: AST.TOMLTable): void {
    let table = root;
    const path = node.resolvedKey;
    for (let i = 0; i < path.length; i++) {
      const name = String(path[i]);
      const siblings = table.tables.get(name) ?? [];
      table.tables.set(name, siblings);
      const number = typeof path[i + 1] === "number" ? path[++i] as number : 0;
      table = siblings[number] ??= emptyTable(this.#place(node));
    }
    for (const setting of node.body) this.#addSetting(table, setting);
  }

  #addSetting(table: Table, { key, value }: AST.TOMLKeyValue): void {
    const place = this.#place(key);
    const words = key.keys.map((part) => part.type === "TOMLBare" ? part.name : part.value);
    const [first = "", ...more] = words;
    if (more.length > 0 && !TABLES_OF_NAMES.includes(first)) {
      this.#problems.push({ place, reason: `want a plain key, without dots, got ${words.join(".")}` });
      return;
    }
    let into = table;
    for (const word of words.slice(0, -1)) {
      const siblings = into.tables.get(word) ?? [];
      into.tables.set(word, siblings);
      into = siblings[0] ??= emptyTable(place);
    }
    const list = value.type === "TOMLArray";
    const nodes = list ? value.elements : [value];
    const values = nodes.map((node) => this.#value(node));
    into.settings.push({ key: words.at(-1) ?? "", place, list, values });
  }

  #value(node: AST.TOMLContentNode): Value {
    const place = this.#place(node);
    const { range } = node;
    if (node.type === "TOMLInlineTable") {
      const table = emptyTable(place);
      for (const setting of node.body) this.#addSetting(table, setting);
      return { place, range, kind: "other", text: "", table };
    }
    if (node.type !== "TOMLValue") return { place, range, kind: "other", text: "" };
    switch (node.kind) {
      case "string":
        return { place, range, kind: "string", text: node.value };
      case "integer":
        return { place, range, kind: "number", text: String(node.bigint) };
      case "float":
        return { place, range, kind: "number", text: String(node.value) };
      case "boolean":
        return { place, range, kind: "boolean", text: String(node.value) };
      default:
        return { place, range, kind: "other", text: "" };
    }
  }

  #place({ loc }: AST.TOMLNode): ConfigPlace {
    return { file: this.#file, line: loc.start.line, column: loc.start.column + 1 };
  }
}

function emptyTable(place: ConfigPlace): Table {
  return { place, settings: [], tables: new Map() };
}
