// The example docs/examples/http-policy.ts, with a server that answers as each test says.
import assert from "node:assert/strict";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, describe, test } from "node:test";
import {
  deliver,
  type FilterLogLine,
  type MadeFilter,
  make,
  TestClock,
  TestSession,
} from "milterkit/testing";
import definition from "../../docs/examples/http-policy.ts";
import { until } from "../server/support.ts";

/** What the service was asked. */
let asked: Record<string, unknown>[] = [];
/** How it answers. */
let answer: (response: ServerResponse) => void;
/** How many questions ended without an answer. */
let givenUp = 0;
let url = "";

const server = createServer((request, response) => {
  let text = "";
  request.setEncoding("utf8");
  request.on("data", (part: string) => text += part);
  request.on("end", () => {
    asked.push(JSON.parse(text));
    answer(response);
  });
});

before(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/policy`;
});
after(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const says = (decision: unknown, status = 200) => (response: ServerResponse) =>
  void response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(decision));
const ACCEPT = says({ action: "accept" });
const DOWN = says("down", 503);
const SILENCE = (response: ServerResponse) => void response.on("close", () => givenUp++);

interface Setup {
  readonly filter: MadeFilter;
  readonly clock: TestClock;
  readonly logged: FilterLogLine[];
  readonly count: (answer: string) => number;
}

async function withFilter(
  options: { onDown?: "accept" | "tempfail"; failures?: number },
  use: (setup: Setup) => Promise<void>,
): Promise<void> {
  asked = [];
  givenUp = 0;
  const clock = new TestClock();
  const logged: FilterLogLine[] = [];
  await using filter = await make(definition, { url, failures: 2, pause: "30s", ...options }, {
    clock,
    onLog: (line) => logged.push(line),
  });
  await use({
    filter,
    clock,
    logged,
    count: (answer) => filter.metrics.count("questions_total", { answer }),
  });
}

test("the service is asked about each recipient, and decides", async () => {
  await withFilter({}, async ({ filter, count }) => {
    answer = ACCEPT;
    const mail = {
      client: { address: "192.0.2.7" },
      helo: "relay.example",
      macros: { auth_authen: "joe" },
      from: "joe\udce9@example.com",
      to: ["ann@example.org", "bob@example.org"],
    };
    (await deliver(filter, mail)).assertAccepted();
    const about = {
      client: "192.0.2.7",
      helo: "relay.example",
      login: "joe",
      sender: "joe\ufffd@example.com",
    };
    assert.deepEqual(asked, [
      { ...about, recipient: "ann@example.org" },
      { ...about, recipient: "bob@example.org" },
    ]);
    answer = says({ action: "reject", text: "Not\r\nyou, Zoë" });
    (await deliver(filter)).assertRejected(550, "Not??you, Zo?");
    answer = says({ action: "tempfail" });
    (await deliver(filter)).assertTempfailed(451, "Refused by policy");
    answer = says({ action: "reject", text: "x".repeat(2000) });
    (await deliver(filter)).assertRejected(550, "x".repeat(900));
    assert.deepEqual(["accept", "reject", "tempfail", "failed"].map(count), [2, 2, 1, 0]);
  });
});

describe("an answer that is none", () => {
  for (
    const [what, wrong, reason] of [
      ["another status", DOWN, /status 503/],
      ["no JSON", (response: ServerResponse) => void response.end("<html>"), /JSON/],
      ["null", says(null), /no action/],
      ["another action", says({ action: "discard" }), /no action/],
      ["no answer at all", (response: ServerResponse) => void response.destroy(), /./],
    ] as const
  ) {
    test(`${what} is a failure`, async () => {
      await withFilter({}, async ({ filter, count }) => {
        answer = wrong;
        const { notes } = (await deliver(filter)).assertTempfailed(451, /try again later/).assertNoFailures();
        assert.match(JSON.stringify(notes), reason);
        assert.equal(count("failed"), 1);
      });
    });
  }

  test("silence is one after the time-out", async () => {
    await withFilter({}, async ({ filter, clock }) => {
      answer = SILENCE;
      const delivery = deliver(filter, { clock });
      await until(() => asked.length === 1);
      await clock.advance(2000);
      const { notes } = (await delivery).assertTempfailed(451, /try again later/).assertNoFailures();
      assert.match(JSON.stringify(notes), /no answer within 2000 ms/);
    });
  });

  test("is accepted, if that is the option", async () => {
    await withFilter({ onDown: "accept" }, async ({ filter }) => {
      answer = DOWN;
      (await deliver(filter)).assertAccepted();
    });
  });
});

test("after failures in a row the service is not asked, until it answers again", async () => {
  await withFilter({}, async ({ filter, clock, logged, count }) => {
    answer = DOWN;
    await deliver(filter);
    answer = ACCEPT;
    (await deliver(filter)).assertAccepted();
    answer = DOWN;
    (await deliver(filter)).assertTempfailed(451);
    (await deliver(filter, { to: "bob@example.org" })).assertLogged("the service is down", "error")
      .assertTempfailed(451);
    assert.equal(asked.length, 4);

    answer = ACCEPT;
    (await deliver(filter)).assertTempfailed(451, /try again later/);
    assert.equal(asked.length, 4);
    assert.deepEqual(["accept", "failed", "skipped"].map(count), [1, 3, 1]);

    /** Advances the clock by a pause, and waits for the line about what came of it. */
    const retry = async () => {
      const lines = logged.length;
      await clock.advance(30_000);
      await until(() => logged.length > lines, "a line in the log");
      return logged.at(-1)?.text;
    };
    answer = DOWN;
    assert.equal(await retry(), "its work of every 30000 ms failed: status 503");
    (await deliver(filter)).assertTempfailed(451);
    answer = ACCEPT;
    assert.equal(await retry(), "the service answers again");
    assert.deepEqual(asked.slice(4).map(({ recipient }) => recipient), [
      "bob@example.org",
      "bob@example.org",
    ]);
    (await deliver(filter)).assertAccepted();
    await clock.advance(60_000);
    assert.equal(asked.length, 7, "nothing is asked without mail");
  });
});

test("a client that hangs up ends the question, and is no failure of the service", async () => {
  await withFilter({ failures: 1 }, async ({ filter, count }) => {
    answer = SILENCE;
    const session = await TestSession.open(filter);
    const part = session.begin({}, { until: "rcpt" }).catch(() => {});
    await until(() => asked.length === 1);
    await session.hangUp().catch(() => {});
    await until(() => givenUp === 1);
    await part;
    await session.close();
    assert.equal(count("failed"), 0);
    answer = ACCEPT;
    (await deliver(filter)).assertAccepted();
  });
});

test("the end of the filter ends a question in progress", async () => {
  const lines: string[] = [];
  await withFilter({ failures: 1 }, async ({ filter, clock, logged }) => {
    answer = DOWN;
    await deliver(filter);
    answer = SILENCE;
    await clock.advance(30_000);
    await until(() => asked.length === 2);
    const disposed = filter.dispose();
    await until(() => givenUp === 1);
    await disposed;
    lines.push(...logged.map(({ text }) => text));
  });
  assert.deepEqual(lines, ["the service was still down"]);
});

test("a URL that is none is refused", async () => {
  await assert.rejects(make(definition, { url: "localhost" }), { name: "OptionError", option: "url" });
});
