/** Final answers are counted in the words of verdicts. */
import { test } from "node:test";
import assert from "node:assert/strict";
import { Results } from "../../cli/commands/bench/results.ts";
import type { FilterAnswer } from "../../lib/protocol/mta_session.ts";

test("an answer is counted by its verdict, with the code of a reply, or with how the milter hung up", () => {
  const results = new Results();
  const answers: FilterAnswer[] = [
    { verdict: "continue" },
    { verdict: "reject" },
    { verdict: "reject", reply: { code: 550, lines: ["no"] } },
    { verdict: "tempfail", reply: { code: 451, lines: ["later"] } },
    { verdict: "tempfail", hangUp: "shutdown" },
  ];
  for (const answer of answers) results.finish({ event: "eom", answer, latency: 1, bytes: 1 }, 1);
  assert.deepEqual([...results.verdicts.keys()], [
    "continue at eom",
    "reject at eom",
    "reject 550 at eom",
    "tempfail 451 at eom",
    "tempfail (shutdown) at eom",
  ]);
});
