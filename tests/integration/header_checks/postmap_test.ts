// What Postfix's postmap finds for each header field of each message in a table, and what the rules find that the table is
// converted to.
// Runs once: the rules are plain functions, and postmap is a program.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { parseMime } from "../../../lib/mime/parse_mime.ts";
import { partLines } from "../../../filters/rules/fields/field_lines.ts";
import { unfolded } from "../../../filters/header_edits/header_value.ts";
import { PCRE_TABLES } from "../../support/postfix.ts";
import { findCommand, run } from "../../support/process.ts";
import { ConvertedRules, tableFile } from "./converted_rules.ts";
import { Differences, FIELD_REASONS } from "./differences.ts";
import { headerCases } from "./messages.ts";

const postmap = findCommand("postmap");
const skip = postmap && existsSync(PCRE_TABLES)
  ? false
  : "needs postmap: apt-get install postfix postfix-pcre";

/** A field as Postfix has it, with its folds, and as rules have it. */
interface Field {
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

for (const type of ["pcre", "regexp"] as const) {
  test(
    `each field of each message meets the same line of a ${type}: table as in Postfix`,
    { skip },
    async () => {
      const rules = new ConvertedRules(type);
      const differences = new Differences(FIELD_REASONS);
      const lines: string[] = [];
      for (const { name, bytes } of headerCases()) {
        const fields = await fieldsOf(bytes);
        const theirs = await foundByPostfix(`${type}:${tableFile(type)}`, bytes, fields);
        lines.push(...fields.map(({ line }) => line));
        for (const [i, { sent, line }] of fields.entries()) {
          differences.compared++;
          const [ours, postfix] = [rules.resultFor(line), theirs[i]].map((each) => each ?? "nothing");
          if (ours !== postfix) differences.add({ name, fields: [sent], postfix: postfix!, ours: ours! });
        }
      }
      console.log(differences.report());
      assert.deepEqual(differences.unnamed, []);
      assert.deepEqual(rules.unmet(lines), [], "rules that no message meets");
    },
  );
}
