// Over a socket, as an MTA meets the filter.
import assert from "node:assert/strict";
import { it } from "node:test";
import { MtaClient } from "../../lib/mta/client.ts";
import { ProtocolFlag } from "../../lib/protocol/constants.ts";
import { serve } from "../../lib/server/server.ts";
import { toBytes, utf8Text } from "../../lib/message/text.ts";
import type { Given } from "../support/made_filter.ts";
import { makeFilter } from "./support.ts";
import { at } from "../support/present.ts";

async function served(given: Given, use: (mta: MtaClient) => Promise<void>): Promise<void> {
  const failures: unknown[] = [];
  const server = await serve({
    listen: "inet:0@127.0.0.1",
    filters: [await makeFilter(given)],
    onEvent: (event) => "error" in event && failures.push(event.error),
  });
  const mta = await MtaClient.open(at(server.addresses, 0));
  try {
    await mta.connect({ hostname: "client.example", family: "inet", port: 25, address: "192.0.2.1" });
    await use(mta);
    assert.deepEqual(failures, []);
  } finally {
    mta.destroy();
    await server.abort();
  }
}

/** Of 10 bytes of header with the empty line, and a body of one line, whose end counts. */
const message = (body: number) => toBytes("A: bcd\r\n\r\n" + "x".repeat(body - 2) + "\r\n");
const to = ["b@example.net", "c@example.net", "d@example.net"];

it("a message is refused within its body, the next one on the connection is counted anew", async () => {
  await served([["max", "100010"]], async (mta) => {
    for (let i = 0; i < 2; i++) {
      const large = await mta.message(message(100_001), { to });
      assert.equal(large.event, "body");
      assert.deepEqual(large.answer.reply, {
        code: 552,
        enhanced: "5.3.4",
        lines: ["Message too large: 100011 bytes so far, limit is 100010 bytes"],
      });
      const fitting = await mta.message(message(100_000), { to });
      assert.deepEqual([fitting.event, fitting.answer.verdict], ["eom", "continue"]);
    }
  });
});

it("a message is refused for the size that its client declares", async () => {
  await served([["max", "1kB"]], async (mta) => {
    const { event, answer } = await mta.message(message(3), { to, fromArgs: ["SIZE=2000"] });
    assert.equal(event, "mail");
    assert.deepEqual(answer.reply?.lines, ["Message too large: 2 kB declared, limit is 1 kB"]);
  });
});

it("recipients above the limit are refused, and the message goes on", async () => {
  await served([["max-recipients", "2"]], async (mta) => {
    for (let i = 0; i < 2; i++) {
      const { event, answer, refused } = await mta.message(message(3), { to });
      assert.deepEqual([event, answer.verdict], ["eom", "continue"]);
      assert.deepEqual(refused.map(({ recipient, answer }) => [recipient, answer.reply?.code]), [[
        to[2],
        452,
      ]]);
    }
  });
});

it("a mark costs no reply before the end", async () => {
  await served([["max", "10B"], ["action", "mark"]], async (mta) => {
    const silent = ProtocolFlag.NR_MAIL | ProtocolFlag.NR_RCPT | ProtocolFlag.NR_HEADER |
      ProtocolFlag.NR_EOH |
      ProtocolFlag.NR_BODY;
    assert.equal(mta.terms.protocol & silent, silent);
    const { answer } = await mta.message(message(3), { to });
    const [change, ...others] = answer.modifications;
    assert.ok(change?.type === "addHeader");
    assert.equal(utf8Text(change.name), "X-Size-Limit");
    assert.equal(utf8Text(change.value), " size=13 exceeds 10");
    assert.deepEqual(others, []);
  });
});

it("a limit on recipients alone does without the content", async () => {
  await served([["max-recipients", "2"]], (mta) => {
    const unsent = ProtocolFlag.NO_HEADERS | ProtocolFlag.NO_EOH | ProtocolFlag.NO_BODY;
    assert.equal(mta.terms.protocol & unsent, unsent);
    return Promise.resolve();
  });
});
