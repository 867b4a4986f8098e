/** Mail signed by another implementation passes, altered mail fails, and nobody else writes our results. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { signed, signerName } from "./signer.ts";
import { AUTHSERV_ID, type Site } from "./site.ts";
import { bodyOf, latin1Bytes, message, valuesOf } from "./text.ts";

const HEADER = [
  "Received: from a.example by b.example;",
  "\tMon, 6 Oct 2025 10:00:00 +0000",
  "From: Someone  <someone@example.org>",
  "To:  b@example.test",
  "Subject: a  folded",
  "\t subject caf\xe9",
  "Date: Mon, 6 Oct 2025 10:00:00 +0000",
  "Message-ID: <1@example.org>",
];
const BODY = "two  words \r\n\r\n.dot\r\ncaf\xe9\r\n\r\n";

export function testDkim(site: Site): void {
  const options = { skip: site.skip, timeout: 60_000 };

  async function resultsOf(text: string): Promise<string[]> {
    const received = await (await site.start()).deliver(latin1Bytes(text));
    return valuesOf(received, "Authentication-Results");
  }

  test(`${site.title}: a signature of ${signerName} passes`, options, async () => {
    const [result = "", ...others] = await resultsOf(await signed(message(HEADER, BODY)));
    assert.deepEqual(others, []);
    assert.match(result, new RegExp(`^${AUTHSERV_ID}; dkim=pass .*header\\.d=example\\.org `));
  });

  test(`${site.title}: an empty and a long body pass`, options, async () => {
    // longer than a body packet, and cut where it may hurt
    for (const body of ["", "x".repeat(65_534) + "\r\n" + "y".repeat(70).concat("\r\n").repeat(1000)]) {
      const wrapped = body.replace(/x{900}/g, "$&\r\n");
      const [result = ""] = await resultsOf(await signed(message(HEADER, wrapped)));
      assert.match(result, /dkim=pass /);
    }
  });

  test(`${site.title}: an altered body or field fails`, options, async () => {
    const whole = await signed(message(HEADER, BODY));
    for (const altered of [whole.replace("two  words", "too  words"), whole.replace("Someone", "Somebody")]) {
      assert.notEqual(altered, whole);
      const [result = "", ...others] = await resultsOf(altered);
      assert.deepEqual(others, []);
      assert.match(result, new RegExp(`^${AUTHSERV_ID}; dkim=fail `));
    }
  });

  test(`${site.title}: forged results are removed, those of others stay`, options, async () => {
    const forged = [
      `Authentication-Results: ${AUTHSERV_ID}; dkim=pass header.d=bank.example`,
      "Authentication-Results: other.example; dkim=pass header.d=a.example",
      `authentication-results: (comment) ${AUTHSERV_ID.toUpperCase()} 1;`,
      "\tdkim=pass header.d=bank.example",
    ];
    const running = await site.start();
    const received = await running.deliver(latin1Bytes(message([...forged, ...HEADER], BODY)));
    assert.deepEqual(valuesOf(received, "Authentication-Results"), [
      `${AUTHSERV_ID}; dkim=none`,
      "other.example; dkim=pass header.d=a.example",
    ]);
    assert.equal(bodyOf(received), BODY);
  });
}
