// What filters say about their decisions, and what they are not for: to whoever asks, and to nobody else.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Filter } from "../../lib/filter/filter.ts";
import { type Scope, scopeOf } from "../../lib/filter/scope.ts";
import { parseMessage } from "../../lib/message/parse.ts";
import { MtaClient } from "../../lib/mta/client.ts";
import { MailSession } from "../../lib/mta/delivery.ts";
import { FilterLog, type MessageLog } from "../../lib/mta/filter_log.ts";
import { FiltersInProcess } from "../../lib/mta/filters_in_process.ts";
import { parseNetwork } from "../../lib/options/network.ts";

/** Sends a message through filters. */
async function through(filters: readonly Filter[], asks: boolean): Promise<MessageLog> {
  const log = new FilterLog();
  const { explained, leftOut } = log;
  const chain = new FiltersInProcess(filters, { mta: "postfix" });
  const client = await MtaClient.open(chain.dial(log.take, asks ? { explained, leftOut } : {}), {
    timeout: 10_000,
  });
  const seen = log.begin();
  const sender = {
    client: { hostname: "h.example", address: "192.0.2.1", family: "inet", port: 1 } as const,
    helo: "h.example",
  };
  await new MailSession(client, sender, "postfix", {}).deliver({
    from: "a@example.com",
    to: ["b@example.org", "c@example.net"],
    message: parseMessage(new TextEncoder().encode("Subject: x\r\n\r\nbody\r\n")),
    queueId: "1",
  });
  client.quit();
  await log.disconnected;
  return seen;
}

const talkative: Filter = {
  name: "talkative",
  rcpt: ({ address }, { explain }) => explain?.(`saw ${address}`),
  eom: (_, context) => context.explain?.("saw the end"),
};

describe("what a filter says about its decisions", () => {
  it("goes to whoever asks, in order", async () => {
    const { explanations } = await through([talkative], true);
    assert.deepEqual(explanations, [
      { filter: "talkative", text: "saw b@example.org" },
      { filter: "talkative", text: "saw c@example.net" },
      { filter: "talkative", text: "saw the end" },
    ]);
  });

  it("is not even made where nobody does", async () => {
    const asked: unknown[] = [];
    const filter: Filter = { name: "curious", eom: (_, { explain }) => void asked.push(explain) };
    const { explanations } = await through([filter], false);
    assert.deepEqual(asked, [undefined]);
    assert.deepEqual(explanations, []);
  });
});

describe("what a filter is not for", () => {
  const scoped = (scope: Scope): Filter => ({ name: "scoped", scope, eom() {} });

  it("goes to whoever asks, with the reason of its scope, or that it has one", async () => {
    const of = async (scope: Scope) => (await through([scoped(scope)], true)).leftOut;
    assert.deepEqual(await of(scopeOf({ clients: [parseNetwork("10.0.0.0/8")] })), [
      { filter: "scoped", of: "connection", reason: "its own scope" },
    ]);
    assert.deepEqual(await of({ message: () => false, reason: (question) => `no ${question}` }), [
      { filter: "scoped", of: "message", reason: "no message" },
    ]);
    assert.deepEqual(await of(scopeOf({ recipients: ["example.net"] })), [
      { filter: "scoped", of: "recipient", recipient: "b@example.org", reason: "its own scope" },
    ]);
    assert.deepEqual(await of({ end: () => false }), [{
      filter: "scoped",
      of: "end",
      reason: "its own scope",
    }]);
  });

  it("is not worked out where nobody asks", async () => {
    let count = 0;
    const reason = () => `${count++}`;
    assert.deepEqual((await through([scoped({ message: () => false, reason })], false)).leftOut, []);
    assert.equal(count, 0);
  });
});
