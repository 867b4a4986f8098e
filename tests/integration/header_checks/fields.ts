/** What Postfix's postmap finds for the fields of messages, and what rules find. */
import assert from "node:assert/strict";
import type { TableType } from "../../../cli/commands/config/from_header_checks/pattern.ts";
import { unfolded } from "../../../filters/header_edits/header_value.ts";
import { parseMime } from "../../../lib/mime/parse_mime.ts";
import { findCommand, run } from "../../support/process.ts";
import { type ConvertedRules, tableFile } from "./converted_rules.ts";
import type { Reason } from "./differences.ts";
import type { HeaderCase } from "./messages.ts";

/** Postfix's postmap; undefined where there is none. */
export const postmap = findCommand("postmap");

/** A field as Postfix has it, with its folds, and as rules have it. */
export interface Field {
  readonly sent: string;
  readonly line: string;
}

async function fieldsOf(bytes: Uint8Array): Promise<readonly Field[]> {
  const { parts } = await parseMime(bytes);
  return parts.flatMap(({ headers }) => [...headers]).map(({ nameBytes, valueBytes, start, end }) => ({
    sent: text(bytes.subarray(start, end)).replace(/\n$/, "").replace(/^([!-9;-~]+)[ \t]+:/, "$1:"),
    line: `${text(nameBytes)}: ${unfolded(valueBytes)}`,
  }));
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

/** What postmap finds for fields, in their order; undefined for those that it finds nothing for. */
async function foundByPostfix(
  table: string,
  bytes: Uint8Array,
  fields: readonly Field[],
): Promise<readonly (string | undefined)[]> {
  const { code, stdout, stderr } = await run([postmap!, "-hmq", "-", table], { input: bytes });
  assert.ok(code === 0 || (code === 1 && stdout === ""), stderr);
  // It writes each field that it finds, a tab and the result, both with line breaks.
  let rest = stdout;
  const found = fields.map(({ sent }, i) => {
    if (!rest.startsWith(`${sent}\t`)) return undefined;
    const ends = fields.slice(i + 1).map((later) => rest.indexOf(`\n${later.sent}\t`)).filter((end) =>
      end >= 0
    );
    const end = Math.min(rest.length - 1, ...ends);
    const result = rest.slice(sent.length + 1, end);
    rest = rest.slice(end + 1);
    return result;
  });
  assert.equal(rest, "");
  return found;
}

/** A field, and what each finds for it. */
export interface ComparedField {
  readonly field: Field;
  readonly postfix: string;
  readonly ours: string;
}

/** Looks up each field of a message in both. */
export async function comparedFields(
  type: TableType,
  bytes: Uint8Array,
  rules: ConvertedRules,
): Promise<readonly ComparedField[]> {
  const fields = await fieldsOf(bytes);
  const theirs = await foundByPostfix(`${type}:${tableFile(type)}`, bytes, fields);
  return fields.map((field, i) => ({
    field,
    postfix: theirs[i] ?? "nothing",
    ours: rules.resultFor(field.line) ?? "nothing",
  }));
}

/** A field for which they find different things. */
export interface FieldDifference extends ComparedField {
  readonly message: HeaderCase;
}

/** Why they do. */
export const FIELD_REASONS: readonly Reason<FieldDifference>[] = [
  {
    name: "folded: Postfix has a line break where rules have one line",
    explains: ({ field }) => field.sent.includes("\n"),
  },
  {
    name: "no space: rules have a space behind every colon",
    explains: ({ field }) => /^[!-9;-~]+:(?! )/.test(field.sent),
  },
  {
    name: "characters: Postfix counts bytes, rules count characters",
    // The only expression that counts them.
    explains: ({ postfix }) => postfix === "PREPEND X-Raw-Subject: yes",
  },
];
