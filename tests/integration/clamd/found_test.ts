// What a real clamd finds, wherever in a message it is, over each kind of connection and through both MTAs' ways of reading.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { deliver } from "../../../lib/testing.ts";
import type { MadeFilter } from "../../../lib/kit/make.ts";
import { clamdFilter } from "../../clamd/support.ts";
import { type Clamd, clamdProblem, startClamd, TEST_PATTERN, TEST_SIGNATURE } from "../../support/clamd.ts";
import { skipFor } from "../../support/instance.ts";
import { CLEAN_MAIL, FOUND_IN } from "./mail.ts";

const skip = skipFor(clamdProblem());
let clamd: Clamd;
const made: MadeFilter[] = [];

before(async () => {
  if (!skip) {
    clamd = await startClamd({ settings: ["StreamMaxLength 1M", "MaxFileSize 100K", "AlertExceedsMax yes"] });
  }
});

after(async () => {
  for (const filter of made) await filter.dispose();
  await clamd?.stop();
});

async function filterOf(options: string): Promise<MadeFilter> {
  const filter = await clamdFilter(options, { onLog: () => {} });
  made.push(filter);
  return filter;
}

const WAYS = ["address", "tcpAddress"] as const;

for (const way of WAYS) {
  for (const [where, message] of Object.entries(FOUND_IN)) {
    test(`the pattern is found in ${where} (${way})`, { skip }, async () => {
      const sent = await deliver(await filterOf(`--server ${clamd[way]}`), { message });
      sent.assertRejected(550, `Virus found: ${TEST_SIGNATURE}`);
    });
  }

  test(`mail without the pattern is clean (${way})`, { skip }, async () => {
    const filter = await filterOf(`--server ${clamd[way]}`);
    const sent = await deliver(filter, { message: CLEAN_MAIL });
    sent.assertAccepted().assertHeader("X-Virus-Status", "Clean");
  });

  test(`what clamd takes for too large is never clean, however much follows (${way})`, { skip }, async () => {
    const filter = await filterOf(`--server ${clamd[way]} --on-oversize accept`);
    for (let i = 0; i < 20; i++) {
      const body = `${"x".repeat(70)}\r\n`.repeat(15_000 + 1500 * i);
      const sent = await deliver(filter, { body });
      sent.assertAccepted();
      sent.assertHeader("X-Virus-Status", "Not Scanned (larger than StreamMaxLength of clamd)");
    }
    const name = { server: clamd[way] };
    assert.equal(filter.metrics.count("server_failures_total", name), 0);
  });
}

test("what clamd does not look into for its own limits is not clean if it says so", { skip }, async () => {
  const filter = await filterOf(`--server ${clamd.address} --on-oversize accept`);
  const body = `${"x".repeat(70)}\r\n`.repeat(4000) + TEST_PATTERN;
  const sent = await deliver(filter, { body });
  sent.assertHeader("X-Virus-Status", /^Not Scanned \(Heuristics\.Limits\.Exceeded/);
});
