/** What arrives has the header that the filters make of it, at the places where each MTA puts fields. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { at, captured } from "../../support/present.ts";
import { AUTHSERV_ID, type Site } from "./site.ts";
import { bodyOf, fieldsOf, latin1Bytes, message, valuesOf } from "./text.ts";

const BASE = [
  "From: a@example.org",
  "To: b@example.test",
  "Date: Mon, 6 Oct 2025 10:00:00 +0000",
  "Message-Id: <1@example.org>",
];

export function testHeaders(site: Site): void {
  const options = { skip: site.skip, timeout: 60_000 };

  test(`${site.title}: plain mail arrives with rewritten header and result`, options, async () => {
    const running = await site.start();
    const received = await running.deliver(latin1Bytes(message([
      "X-Spam-Score: 5",
      ...BASE,
      "Subject: a folded",
      "\tsubject",
      "X-Note: the last word",
      "X-Tag: original",
      "X-Seen: one",
      "X-Seen: two",
      "X-Spam-Flag: YES",
    ], ".one dot\r\nbody\r\n")));
    const [added, original] = ["X-Tag: added", "X-Tag: original"];
    const own = fieldsOf(received).find((field) => field.startsWith("Received:"));
    const queueId = captured(own ?? "", /\bid (\w+)/);
    const recipient = captured(at(received.rcpts, 0), /<(.+)>/);
    assert.deepEqual(fieldsOf(received), [
      `Authentication-Results: ${AUTHSERV_ID};\r\n\tdkim=none`,
      `X-Queue: ${queueId}`,
      own,
      ...BASE,
      "Subject: a folded\r\n\tsubject",
      "X-Note: the last <word>",
      // Sendmail puts an added field before the first of its name
      ...(site.mtaName === "Sendmail" ? [added, original] : [original]),
      "X-Seen: by us",
      "X-Client: 127.0.0.1",
      `X-To: ${recipient}`,
      ...(site.mtaName === "Sendmail" ? [] : [added]),
    ]);
    assert.equal(bodyOf(received), ".one dot\r\nbody\r\n");
    const [report, ...others] = await running.reports(recipient);
    assert.deepEqual(others, []);
    assert.equal(report?.outcome, "accept");
    assert.equal(report?.queueId, queueId);
  });

  test(`${site.title}: 8-bit headers arrive byte for byte`, options, async () => {
    const running = await site.start();
    const eightBit = [
      "Subject: caf\xe9 \xff\x80 latin1",
      "X-Utf8: \xe2\x82\xac and \xf0\x9f\x93\xac",
      "X-Broken: \xc3\x28 \xe2\x82",
      "X-Folded: \xe9t\xe9",
      "\t\xe0 la",
    ];
    const received = await running.deliver(
      latin1Bytes(message([...BASE, ...eightBit, "X-Note: \xe9t\xe9 \xfc last"], "\xe9\x80\xff\r\n")),
    );
    const fields = fieldsOf(received);
    for (const field of [...eightBit.slice(0, 3), eightBit.slice(3).join("\r\n")]) {
      assert.ok(fields.includes(field), `${JSON.stringify(field)} in ${JSON.stringify(fields)}`);
    }
    // what a rule leaves alone of a value that it changes
    assert.deepEqual(valuesOf(received, "X-Note"), ["\xe9t\xe9 \xfc <last>"]);
    assert.equal(bodyOf(received), "\xe9\x80\xff\r\n");
  });
}
