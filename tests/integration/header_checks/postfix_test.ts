// A private Postfix with a table of header_checks, and one with the rules behind it that the table is converted to: what
// becomes of each message, to its last header field?
// Runs once: only programs are driven here, which are the same whatever runtime drives them.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { skipFor } from "../../support/instance.ts";
import { PCRE_TABLES, postfixProblem } from "../../support/postfix.ts";
import { ConvertedRules } from "./converted_rules.ts";
import { Differences } from "./differences.ts";
import { FATE_REASONS, type FateDifference } from "./fate_reasons.ts";
import { comparedFields, FIELD_REASONS } from "./fields.ts";
import { headerCases } from "./messages.ts";
import { postfixSite, rulesSite } from "./sites.ts";

const problem = await postfixProblem() ??
  (existsSync(PCRE_TABLES) ? undefined : "needs pcre: tables: apt-get install postfix-pcre");
const skip = skipFor(problem);

for (const type of ["pcre", "regexp"] as const) {
  test(`a converted ${type}: table does with each message what Postfix does`, { skip }, async () => {
    const cases = headerCases();
    const [postfix, rules] = await Promise.all([postfixSite(type), rulesSite(type)]);
    const differences = new Differences<FateDifference>(FATE_REASONS);
    try {
      const [theirs, ours] = await Promise.all([postfix.send(cases), rules.send(cases)]);
      for (const [i, message] of cases.entries()) {
        differences.compared++;
        const difference = { message, postfix: theirs[i]!, ours: ours[i]! };
        if (JSON.stringify(difference.postfix) === JSON.stringify(difference.ours)) continue;
        const fields = await comparedFields(type, message.bytes, new ConvertedRules(type));
        const field = fields.find(({ ours, postfix }) => ours !== postfix);
        const reason = field && FIELD_REASONS.find((each) => each.explains({ ...field, message }));
        if (reason) differences.name(reason.name, difference);
        else differences.add(difference);
      }
    } finally {
      await Promise.all([postfix.stop(), rules.stop()]);
    }
    console.log(differences.report());
    assert.deepEqual(
      differences.unnamed(({ postfix, ours }) =>
        `Postfix ${JSON.stringify(postfix)}, rules ${JSON.stringify(ours)}`
      ),
      [],
    );
  });
}
