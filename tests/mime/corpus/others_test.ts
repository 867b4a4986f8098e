// Other projects' test messages, read by Python's email and postal-mime too: what they say differently is named, with the reason.
import assert from "node:assert/strict";
import { test } from "node:test";
import { skipFor } from "../../support/instance.ts";
import { type Difference, differencesIn } from "./differences.ts";
import { comparable, type Judge, JUDGES, readBy, readByUs } from "./judges.ts";
import { otherMessages, others } from "./messages.ts";
import { type CorpusMessage, pythonMessages, pythonProblem } from "./python_messages.ts";
import { RULES } from "./rules.ts";

/** How many messages and parts there are at least: fewer would mean that a corpus was not found. */
const PYTHON = { messages: 47, parts: 160 };
const OTHERS = { messages: 48, parts: 240 };

for (const judge of JUDGES) {
  test(
    `${judge} reads Python's test messages as we do, or differs by a rule that is named`,
    { skip: skipFor(pythonProblem()), timeout: 60_000 },
    async () => {
      await compare(judge, pythonMessages(), PYTHON);
    },
  );
  others.vectorTest(
    `${judge} reads the test messages of MIME::tools, postal-mime and mailparser as we do, or differs by such a rule`,
    { skip: others.skip, timeout: 60_000 },
    async () => {
      await compare(judge, otherMessages(), OTHERS);
    },
  );
}

others.vectorTest(
  "every rule explains as many differences as it says",
  { skip: skipFor(pythonProblem()) || others.skip, timeout: 60_000 },
  async () => {
    const messages = [...pythonMessages(), ...otherMessages()];
    for (const judge of JUDGES) {
      const left = await differencesFrom(judge, messages);
      const counts = RULES[judge].map((rule) => {
        const explained = left.filter((difference) => rule.explains(difference));
        for (const difference of explained) left.splice(left.indexOf(difference), 1);
        return { why: rule.why, count: explained.length };
      });
      assert.deepEqual(counts, RULES[judge].map(({ why, count }) => ({ why, count })), judge);
    }
  },
);

async function compare(
  judge: Judge,
  messages: readonly CorpusMessage[],
  least: { readonly messages: number; readonly parts: number },
): Promise<void> {
  assert.ok(messages.length >= least.messages, `${messages.length} messages`);
  const parts = await Promise.all(messages.map(async (message) => (await readByUs(message)).length));
  assert.ok(parts.reduce((sum, count) => sum + count, 0) >= least.parts, `${parts} parts`);
  const unnamed = (await differencesFrom(judge, messages))
    .filter((difference) => !RULES[judge].some((rule) => rule.explains(difference)));
  assert.deepEqual(unnamed, []);
}

async function differencesFrom(judge: Judge, messages: readonly CorpusMessage[]): Promise<Difference[]> {
  const theirs = await readBy(judge, messages);
  const found = await Promise.all(messages.map(async (message, i) =>
    differencesIn(
      message.name,
      (await readByUs(message)).map((part) => comparable(judge, part)),
      theirs[i]!.map((part) => comparable(judge, part)),
    )
  ));
  return found.flat();
}
