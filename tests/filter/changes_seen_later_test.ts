// What later filters see of the changes of earlier ones, and when they are asked.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Change } from "../../lib/filter/filter_terms.ts";
import type { EndOfMessage } from "../../lib/filter/end_of_message.ts";
import { reject, skip } from "../../lib/filter/verdict.ts";
import { latin1Text } from "../../lib/message/text.ts";
import { deliver } from "../../lib/testing.ts";
import { type AnyFilter, grouped, MESSAGE, probe, served } from "../server/support.ts";
import { changed, changing, reading } from "./changes_support.ts";

test("a later filter reads the header and the body as changed, and the events of the envelope as they were", async () => {
  const seen: string[] = [];
  const recipients: string[] = [];
  await changed([
    changing((message) => {
      message.changeHeader(message.headers.get("subject")!, "changed");
      message.deleteHeader(message.headers.get("x-a")!);
      message.addHeader("X-Last", "1");
      message.insertHeader(1, "X-First", "1");
      message.replaceBody("new\n");
      message.addRcpt("c@example.net");
    }),
    reading(seen),
    {
      name: "envelope",
      rcpt: ({ address }) => void recipients.push(address),
      eom: (_, context) => void recipients.push(...context.recipients.map(({ address }) => address)),
    },
  ]);
  const header = ["X-First: 1", "Subject: changed", "X-Last: 1"];
  assert.deepEqual(seen, [...header, "", "new\r\n", header.join("|")]);
  assert.deepEqual(recipients, ["b@example.net", "b@example.net"]);
});

test("a third filter sees what the first two did, and the MTA is told the outcome once", async () => {
  const seen: string[] = [];
  const modifications = await changed([
    changing((message) => {
      message.changeHeader(message.headers.get("subject")!, "one");
      message.addHeader("X-One", "1");
      message.replaceBody("one\r\n");
    }),
    changing((message) => {
      assert.equal(message.headers.get("subject")?.value, "one");
      message.changeHeader(message.headers.get("subject")!, "two");
      message.deleteHeader(message.headers.get("x-one")!);
      message.replaceBody("two\r\n");
    }),
    reading(seen),
  ]);
  assert.deepEqual(seen, ["Subject: two", "X-A: 1", "", "two\r\n", "Subject: two|X-A: 1"]);
  assert.deepEqual(modifications, ["change 1 Subject: two", "body two\r\n"]);
});

test("the body that a waiting filter is shown is the client's where nobody replaced it, byte for byte", async () => {
  const body = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 7 + (i >> 8)) & 0xff);
  body.forEach((byte, i) => (byte === 0x0a || byte === 0x0d) && (body[i] = 0x78));
  body.set([0x0d, 0x0a], body.length - 2);
  const pieces: Uint8Array[] = [];
  await changed([
    changing(() => {}),
    { name: "reading", header: () => {}, body: (chunk) => void pieces.push(chunk.slice()) },
  ], Uint8Array.from([...MESSAGE.subarray(0, 23), ...body]));
  const shown = new Uint8Array(pieces.reduce((size, { length }) => size + length, 0));
  pieces.reduce((at, piece) => (shown.set(piece, at), at + piece.length), 0);
  assert.equal(latin1Text(shown) === latin1Text(body), true);
});

test("a filter behind a body that was emptied is shown no piece of it", async () => {
  const pieces: number[] = [];
  await changed([
    changing((message) => message.replaceBody("")),
    { name: "reading", body: (chunk) => void pieces.push(chunk.length) },
  ]);
  assert.deepEqual(pieces, []);
});

test("a filter waits for the content only where one before it may change what it reads", async () => {
  const log: string[] = [];
  const order = async (changes: Change[], callbacks: string[]) => {
    log.length = 0;
    const left = (["header", "eoh", "body"] as const).filter((event) => !callbacks.includes(event));
    const later = probe("2", log, {}, Object.fromEntries(left.map((event) => [event, undefined])));
    await served([probe("1", log, {}, { changes }), later], async ({ open }) => {
      const mta = await open();
      await mta.message(MESSAGE, { to: ["b"] });
    });
    return grouped(log).replace(/.*?data:12 /, "").replace(/ ?close.*/, "");
  };
  const content = ["header", "eoh", "body"];
  assert.equal(await order([], content), "header:12 header:12 eoh:12 body:12 eom:12");
  assert.equal(await order(["addRcpt"], content), "header:12 header:12 eoh:12 body:12 eom:12");
  assert.equal(
    await order(["addHeader"], content),
    "header:1 header:1 eoh:1 body:1 eom:1 header:2 header:2 eoh:2 body:2 eom:2",
  );
  assert.equal(await order(["addHeader"], ["body"]), "header:1 header:1 eoh:1 body:12 eom:12");
  assert.equal(await order(["replaceBody"], ["header"]), "header:12 header:12 eoh:1 body:1 eom:12");
  assert.equal(await order(["replaceBody"], ["body"]), "header:1 header:1 eoh:1 body:1 eom:1 body:2 eom:2");
});

test("a filter that acts outside is shown content only once the filters before it let the message through", async () => {
  for (const refuse of [false, true]) {
    const log: string[] = [];
    await served([
      probe("1", log, { eom: () => refuse ? reject() : undefined }),
      probe("2", log, {}, { actsOutside: true }),
    ], async ({ open }) => {
      const mta = await open();
      log.length = 0;
      await mta.message(MESSAGE, { to: ["b"] });
      const live = "mail:12 rcpt:12 data:12 header:1 header:1 eoh:1 body:1 eom:1";
      assert.equal(grouped(log), live + (refuse ? " abort:2" : " header:2 header:2 eoh:2 body:2 eom:2"));
    });
  }
});

test("a waiting filter's verdict on content ends the message, or only its own part in it", async () => {
  for (
    const [event, shown] of [["header", "header:2"], ["eoh", "header:2 header:2 eoh:2"], [
      "body",
      "header:2 header:2 eoh:2 body:2",
    ]] as const
  ) {
    const log: string[] = [];
    const first = probe("1", log, {}, { changes: ["addHeader", "replaceBody"] });
    await served(
      [first, probe("2", log, { [event]: () => reject(550, "5.7.1", "no") }), probe("3", log)],
      async ({ open }) => {
        const mta = await open();
        log.length = 0;
        const { event: at, answer } = await mta.message(MESSAGE, { to: ["b"] });
        assert.deepEqual([at, answer.reply?.lines, answer.modifications], ["eom", ["no"], []]);
        const before = "mail:123 rcpt:123 data:123 header:1 header:1 eoh:1 body:1 eom:1";
        assert.equal(grouped(log), `${before} ${shown} abort:3`);
      },
    );
  }
});

test("a message that one filter has held stays so, whatever a later one changes", async () => {
  // Sendmail goes on to ask after that, Postfix does not.
  const held: AnyFilter = { name: "1", changes: ["quarantine"], eom: (message) => message.quarantine("odd") };
  const later: Record<string, (message: EndOfMessage) => void> = {
    nothing: () => {},
    "the body": (message) => message.replaceBody("new\r\n"),
    "the header": (message) => message.addHeader("X-A", "1"),
    "the envelope": (message) => message.addRcpt("<new@example.net>"),
    "the reason": (message) => message.quarantine("very odd"),
  };
  for (const [what, eom] of Object.entries(later)) {
    const changes: Change[] = ["addHeader", "replaceBody", "addRcpt", "quarantine"];
    const { modifications } = await deliver([held, { name: "2", changes, eom }], { mta: "sendmail" });
    const reasons = modifications.flatMap((change) => change.type === "quarantine" ? [change.reason] : []);
    assert.deepEqual(reasons, [what === "the reason" ? "very odd" : "odd"], what);
  }
});

test("a filter that skips the rest of a body that it was shown at the end is asked at the end", async () => {
  for (const answer of [skip, () => Promise.resolve(skip())]) {
    const log: string[] = [];
    const bodies: string[] = [];
    const waiting = probe("2", log, {
      body: (chunk: Uint8Array) => {
        bodies.push(latin1Text(chunk));
        return answer();
      },
      eom: (message: EndOfMessage) => message.addHeader("X-Seen", "yes"),
    }, { changes: ["addHeader"] });
    const body = "0123456789abcd\r\n".repeat(10_000);
    const before = changing((message) => message.replaceBody(body), ["replaceBody"]);
    const delivered = await deliver([before, waiting], {});
    assert.equal(delivered.assertAccepted().header("X-Seen"), "yes");
    assert.deepEqual([bodies.join(""), log.at(-1)], [body.slice(0, 65535), "close:2"]);
  }
});
