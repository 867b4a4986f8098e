// Over a socket, as an MTA meets the filter.
import assert from "node:assert/strict";
import { it } from "node:test";
import { ProtocolFlag } from "../../lib/protocol/constants.ts";
import { MtaClient } from "../../lib/mta/client.ts";
import { latin1Bytes, latin1Text } from "../../lib/message/text.ts";
import { serve } from "../../lib/server/server.ts";
import { makeFilter } from "./support.ts";
import { at } from "../support/present.ts";

for (
  const [given, reads] of [
    [[["add", "X-A: {i}"], ["insert", "X-B: 1"]], false],
    [[["if-sender", "/^s@/"], ["unless-client", "192.0.2.9"], ["add", "X-A: {i}"]], false],
    [[["if-header", "Subject /a/"], ["add", "X-A: 1"]], true],
    [[["add", "X-A: 1"], ["unless-header", "X-A /a/"], ["insert", "X-B: 1"]], true],
    [[["add", "X-A: 1"], ["remove", "X-B"]], true],
    [[["set", "X-A: 1"]], true],
    [[["rename", "X-A X-B"]], true],
    [[["replace", "X-A /a/ b"]], true],
  ] as const
) {
  it(`${reads ? "the header is asked for" : "no header is asked for"} with ${given.map(([word]) => word)}`, async () => {
    const server = await serve({ listen: "inet:0@127.0.0.1", filters: [await makeFilter(given)] });
    const mta = await MtaClient.open(at(server.addresses, 0));
    try {
      await mta.connect({ hostname: "client.example", family: "inet", port: 25, address: "192.0.2.1" });
      assert.equal((mta.terms.protocol & ProtocolFlag.NO_HEADERS) === 0, reads);
    } finally {
      mta.destroy();
      await server.abort();
    }
  });
}

it("the MTA is asked for what the rules make of a message, 8-bit bytes and folds included", async () => {
  const failures: unknown[] = [];
  const filter = await makeFilter([
    ["insert", "X-Queue: {i} from {client_addr}"],
    ["remove", "X-Spam*"],
    ["rename", "X-Old X-New"],
    ["replace", "Subject /^\\[list\\] /"],
    ["if-recipient", "/^b@/"],
    ["set", "X-To: {rcpt_to}"],
    ["if-recipient", "/^nobody@/"],
    ["add", "X-Never: 1"],
  ]);
  const server = await serve({
    listen: "inet:0@127.0.0.1",
    filters: [filter],
    onEvent: (event) => "error" in event && failures.push(event.error),
  });
  const mta = await MtaClient.open(at(server.addresses, 0));
  try {
    await mta.connect({ hostname: "client.example", family: "inet", port: 25, address: "192.0.2.1" });
    const message = latin1Bytes(
      "X-Spam: 1\r\nSubject: [list] caf\xe9\r\n\tau lait\r\nX-Old: \xff\r\nX-To: a\r\nX-SPAM-Score: 2\r\nX-To: b\r\n\r\n",
    );
    for (const id of ["4ABC", "4DEF"]) {
      const { answer } = await mta.message(message, {
        from: "s@example.org",
        to: ["a@example.net", "b@example.net"],
        macros: { eoh: { i: id } },
      });
      assert.equal(answer.verdict, "continue");
      const asked = answer.modifications.map((change) => {
        assert.ok("name" in change);
        const number = "index" in change ? ` ${change.index}` : "";
        return `${change.type}${number} ${latin1Text(change.name)}:${latin1Text(change.value)}`;
      });
      assert.deepEqual(asked, [
        "changeHeader 2 X-To:",
        "changeHeader 1 X-SPAM-Score:",
        "changeHeader 1 X-To: a@example.net, b@example.net",
        "changeHeader 1 X-Old:",
        "changeHeader 1 Subject: caf\xe9\n\tau lait",
        "changeHeader 1 X-Spam:",
        // An index of Sendmail's, which counts its own nine places.
        "insertHeader 10 X-New: \xff",
        `insertHeader 0 X-Queue: ${id} from 192.0.2.1`,
      ]);
    }
    assert.deepEqual(failures, []);
  } finally {
    mta.destroy();
    await server.abort();
  }
});
