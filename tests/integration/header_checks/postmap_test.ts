// What Postfix's postmap finds for each header field of each message in a table, and what the rules find that the table is
// converted to.
// Runs once: the rules are plain functions, and postmap is a program.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { skipFor } from "../../support/instance.ts";
import { PCRE_TABLES } from "../../support/postfix.ts";
import { ConvertedRules } from "./converted_rules.ts";
import { Differences } from "./differences.ts";
import { comparedFields, FIELD_REASONS, type FieldDifference, postmap } from "./fields.ts";
import { headerCases } from "./messages.ts";

const problem = "needs postmap: apt-get install postfix postfix-pcre";
const skip = skipFor(postmap && existsSync(PCRE_TABLES) ? undefined : problem);

for (const type of ["pcre", "regexp"] as const) {
  test(
    `each field of each message meets the same line of a ${type}: table as in Postfix`,
    { skip },
    async () => {
      const rules = new ConvertedRules(type);
      const differences = new Differences<FieldDifference>(FIELD_REASONS);
      const lines: string[] = [];
      for (const message of headerCases()) {
        for (const { field, postfix, ours } of await comparedFields(type, message.bytes, rules)) {
          lines.push(field.line);
          differences.compared++;
          if (ours !== postfix) differences.add({ message, field, postfix, ours });
        }
      }
      console.log(differences.report());
      assert.deepEqual(
        differences.unnamed(({ field, postfix, ours }) => `${field.sent}: Postfix ${postfix}, rules ${ours}`),
        [],
      );
      assert.deepEqual(rules.unmet(lines), [], "rules that no message meets");
    },
  );
}
