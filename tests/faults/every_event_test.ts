// A filter that fails at any event, in any way, with any onError: its answer is onError's, the others go on, nothing stays.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { OnError } from "../../lib/filter/filter.ts";
import type { VerdictEvent } from "../../lib/filter/filter_terms.ts";
import { MtaClient } from "../../lib/mta/client.ts";
import { FiltersInProcess } from "../../lib/mta/filters_in_process.ts";
import type { ServerEvent } from "../../lib/server/server_events.ts";
import { ALL_EVENTS, type AnyFilter, CLIENT, gate, MESSAGE, until } from "../server/support.ts";
import { counting, Tally } from "./tally.ts";

const TO = ["a@example.net", "b@example.net"];
const ANSWER = { tempfail: "tempfail", reject: "reject", accept: "continue" } as const;
const EVENTS = [...ALL_EVENTS, "abort", "close"] as const;
/** How long a callback may take, and the end of a message, in milliseconds. */
const TIMEOUT = 15;
const MESSAGE_TIMEOUT = 40;

/** What a callback does; `late` is settled when the test is over. */
const WAYS: Record<string, (late: Promise<void>) => unknown> = {
  "throws": () => {
    throw new Error("boom");
  },
  "rejects": () => Promise.reject(new Error("boom")),
  "answers rubbish": () => ({ kind: "maybe", reply: 42 }),
  "promises rubbish": () => Promise.resolve("yes"),
  "hangs": (late) => late,
  "fails after its time": (late) => late.then(() => Promise.reject(new Error("too late"))),
  "answers after its time": (late) => late.then(() => ({ kind: "reject" })),
};

/** A session: what was answered to the first message, and to a second one on the same connection. */
async function session(client: MtaClient) {
  const connection = [(await client.connect(CLIENT)).verdict, (await client.helo("client.example")).verdict];
  const unknown = (await client.unknown("FOO")).verdict;
  const first = await client.message(MESSAGE, { to: TO });
  client.abort();
  // One that is given up, so that there is an abort too.
  await client.mail("c@example.org");
  client.abort();
  const second = await client.message(MESSAGE, { to: TO });
  client.quit();
  return { connection, unknown, first, second };
}

for (const event of EVENTS) {
  for (const [way, fail] of Object.entries(WAYS)) {
    // What abort and close give back is nobody's answer, and everybody waits for them as long as for any callback.
    if ((event === "abort" || event === "close") && !/throws|rejects/.test(way)) continue;
    test(`a filter that ${way} at ${event}`, async () => {
      for (const onError of ["tempfail", "reject", "accept"] as const) await failing(event, fail, onError);
    });
  }
}

async function failing(
  event: VerdictEvent | "abort" | "close",
  fail: (late: Promise<void>) => unknown,
  onError: OnError,
): Promise<void> {
  const late = gate();
  let failures = 0;
  const [bad, good] = [new Tally(), new Tally()];
  const faulty = counting(
    bad,
    (at) => at === event && failures++ === 0 ? fail(late.opened) : undefined,
    { name: "faulty", onError, timeout: TIMEOUT },
  );
  const other: AnyFilter = {
    ...counting(good, undefined, { name: "other", changes: ["addHeader"] }),
    eom(message) {
      good.ended++;
      message.addHeader("X-Other", "1");
    },
  };
  const chain = new FiltersInProcess([faulty, other], { callback: 5000, message: MESSAGE_TIMEOUT });
  const events: ServerEvent[] = [];
  const result = await session(await MtaClient.open(chain.dial((each) => events.push(each))));
  late.open();
  await until(() => events.some(({ type }) => type === "disconnected"));
  await bad.balanced(`the faulty filter, onError ${onError}`);
  await good.balanced(`the other filter, onError ${onError}`);
  const errors = events.filter((each) => each.type === "filter-error");
  assert.deepEqual(
    errors.map(({ filter, event, onError }) => [filter, event, onError]),
    [["faulty", event, event === "abort" || event === "close" ? "ignored" : onError]],
  );
  assert.deepEqual(events.filter(({ type }) => /internal|protocol/.test(type)), []);

  const answer = ANSWER[onError];
  const { first, second } = result;
  if (event === "connect" || event === "helo") {
    assert.equal(result.connection[event === "connect" ? 0 : 1], answer);
    for (const each of [first, second]) assert.equal(each.answer.verdict, answer);
    return;
  }
  assert.equal(result.unknown, event === "unknown" ? answer : "continue");
  const spared = event === "unknown" || event === "abort" || event === "close" || onError === "accept";
  if (event === "rcpt" && !spared) {
    assert.deepEqual(first.refused.map(({ answer }) => answer.verdict), [answer, answer]);
  } else assert.equal(first.answer.verdict, spared ? "continue" : answer);
  if (spared) assert.deepEqual(first.answer.modifications.map(({ type }) => type), ["addHeader"]);
  assert.deepEqual([second.event, second.answer.verdict, second.refused], ["eom", "continue", []]);
  assert.deepEqual(second.answer.modifications.map(({ type }) => type), ["addHeader"]);
}
