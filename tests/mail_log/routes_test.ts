// The mail log as JSON, over HTTP.
import assert from "node:assert/strict";
import { get } from "node:http";
import { after, before, describe, test } from "node:test";
import { HttpServer } from "../../cli/observe/http_server.ts";
import type { HttpRoute } from "../../cli/observe/http_route.ts";
import { mailLogRoutes } from "../../cli/observe/mail_log/routes.ts";
import { logOf, part } from "./support.ts";

const HOSTILE = '<script>\u0000\u202e\ud800"';

const log = logOf([
  {},
  {
    queueId: "FAILED",
    lines: ["line-1"],
    filters: [part({ errors: [{ event: "eom", error: "told to", onError: "accept", line: "line-1" }] })],
  },
  { outcome: "reject", filter: "judge", reply: "550 No", sender: HOSTILE },
], [{
  id: "line-1",
  at: "2030-01-31T12:00:00.000Z",
  level: "error",
  text: "FAILED: told to",
  queueId: "FAILED",
}]);

/** How often the processes were asked for their news. */
let collected = 0;
const routes: readonly HttpRoute[] = mailLogRoutes(log, () => Promise.resolve(void collected++));
let http: HttpServer;
let port: number;

before(async () => {
  http = await HttpServer.listen({ kind: "inet", host: "127.0.0.1", port: 0 }, routes);
  ({ port } = http.address as { port: number });
});
after(() => http.close());

interface Answer {
  readonly status: number;
  readonly type: string | undefined;
  readonly text: string;
  readonly headers: Readonly<Record<string, unknown>>;
}

function ask(path: string, host = "localhost"): Promise<Answer> {
  return new Promise((resolve, reject) => {
    get(`http://127.0.0.1:${port}${path}`, { agent: false, headers: { host } }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (piece) => text += piece).on("end", () =>
        resolve({
          status: response.statusCode!,
          type: response.headers["content-type"],
          text,
          headers: response.headers,
        }));
    }).on("error", reject);
  });
}

async function json(path: string): Promise<Record<string, unknown>> {
  const { status, type, text } = await ask(path);
  assert.deepEqual([status, type], [200, "application/json"]);
  return JSON.parse(text);
}

describe("/messages.json", () => {
  test("has messages and how many there are", async () => {
    const { time, kept, found, before } = await json("/messages.json?limit=1");
    assert.match(String(time), /^\d{4}-.*Z$/);
    assert.deepEqual(kept, {
      messages: 3,
      most: 10_000,
      oldest: "2030-01-31T12:00:00.000Z",
      bytes: (kept as { bytes: number }).bytes,
      mostBytes: 17_000_000,
      missed: 0,
    });
    assert.deepEqual((found as { id: string }[]).map(({ id }) => id), ["test-2"]);
    assert.equal(before, "test-2");
  });

  test("has strangers' text as it is, in JSON that any program reads", async () => {
    const { text } = await ask("/messages.json?outcome=reject");
    const { found } = JSON.parse(text);
    assert.equal(found[0].sender, HOSTILE);
    assert.doesNotMatch(text, /\0/);
  });
});

test("/message.json has a message with the lines of the log about it", async () => {
  const { message, log } = await json("/message.json?id=FAILED");
  assert.equal((message as { id: string }).id, "test-1");
  assert.deepEqual((log as { text: string }[]).map(({ text }) => text), ["FAILED: told to"]);
});

test("/refusals.json counts equal refusals", async () => {
  const { groups } = await json("/refusals.json");
  assert.deepEqual(groups, [{
    outcome: "reject",
    of: "message",
    filter: "judge",
    event: "eom",
    reply: "550 No",
    count: 1,
    first: "2030-01-31T12:00:02.000Z",
    last: "2030-01-31T12:00:02.000Z",
    ids: ["test-2"],
  }]);
});

test("/log.json has lines of the log", async () => {
  const { found } = await json("/log.json?level=error");
  assert.deepEqual((found as { id: string }[]).map(({ id }) => id), ["line-1"]);
});

for (const { path } of routes) {
  describe(path, () => {
    test("answers to no strange name", async () => {
      const before = collected;
      const { status, text } = await ask(`${path}?id=FAILED`, "evil.example");
      assert.equal(status, 421);
      assert.doesNotMatch(text, /example\.net|told to/);
      assert.equal(collected, before);
    });

    test("is not kept by a browser, nor read by other sites", async () => {
      const { headers } = await ask(`${path}?id=FAILED`);
      assert.equal(headers["cache-control"], "no-store");
      assert.equal(headers["x-content-type-options"], "nosniff");
      assert.equal(headers["cross-origin-resource-policy"], "same-origin");
      assert.equal(headers["access-control-allow-origin"], undefined);
    });

    test("says what is wrong with a query", async () => {
      const { status, type, text } = await ask(`${path}?nothing=%3Cb%3E`);
      assert.deepEqual([status, type], [400, "text/plain; charset=utf-8"]);
      assert.match(text, /^"nothing" is unknown; want [a-z, ]+\n$/);
    });

    test("asks all processes first", async () => {
      const before = collected;
      await ask(`${path}?id=FAILED`);
      assert.equal(collected, before + 1);
    });
  });
}

test("a message that is gone is not found, and the answer says why", async () => {
  const { status, text } = await ask("/message.json?id=GONE");
  assert.deepEqual([status, text], [
    404,
    "No message with this id is kept: it is too old, or from before the last start\n",
  ]);
});
