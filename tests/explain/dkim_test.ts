// How DKIM is explained: which part differs, keys, l=, times, and many signatures.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { DkimPart, SignaturePart } from "../../cli/explanation/explain_dkim.ts";
import { dkimText } from "../../cli/explanation/dkim_text.ts";
import { Lines } from "../../cli/explanation/lines.ts";
import { terminalColours } from "../../cli/terminal/colours.ts";
import {
  formatMessage,
  type Message,
  rsaKey,
  signMessage,
  type SignOptions,
  withHeader,
} from "../auth/dkim/support.ts";
import { at, present } from "../support/present.ts";
import { fixedKey, NOW } from "./cases.ts";
import { explained } from "./support.ts";

const KEY = fixedKey(7);
const RECORDS = `s1._domainkey.a.example "${KEY.record}"`;
const PLAIN: Message = {
  headers: [["From", " joe@a.example"], ["To", " ann@b.example"], ["Subject", " hello"]],
  body: "one\r\ntwo\r\n",
};

function signed(tags: SignOptions["tags"] = {}, more: Partial<SignOptions> = {}): Message {
  return signMessage(PLAIN, { key: KEY, tags: { d: "a.example", s: "s1", ...tags }, ...more });
}

async function dkimOf(message: Message, records = RECORDS): Promise<DkimPart> {
  return present((await explained({ records, message: formatMessage(message) })).dkim, "the part about DKIM");
}

async function signatureOf(message: Message, records?: string): Promise<SignaturePart> {
  return at((await dkimOf(message, records)).signatures, 0);
}

function textOf(part: DkimPart): string {
  const lines = new Lines(terminalColours(false), false);
  dkimText(part, lines);
  return lines.text;
}

const longer = (message: Message): Message => ({ ...message, body: `${message.body}-- \r\nthe list\r\n` });
const retitled = (message: Message): Message => withHeader(message, "Subject", (value) => ` [list]${value}`);

describe("a signature", () => {
  it("that is right has its key with it", async () => {
    const part = await signatureOf(signed({ t: String(NOW - 60), x: String(NOW + 3600) }));
    assert.deepEqual([part.result, part.header, part.body], ["pass", "same", "same"]);
    assert.deepEqual(part.key, {
      type: "TXT",
      name: "s1._domainkey.a.example",
      status: "found",
      records: [KEY.record],
    });
    assert.equal(part.keyBits, 256);
    assert.equal(part.canonicalization, "relaxed/relaxed");
    assert.deepEqual(part.signedFields, ["from", "to", "subject", "date"]);
    assert.deepEqual([part.signedAt, part.expires], ["2026-05-05T07:59:00Z", "2026-05-05T09:00:00Z"]);
  });

  it("shows which part was changed", async () => {
    const changes: readonly (readonly [Message, SignaturePart["header"], SignaturePart["body"], RegExp])[] = [
      [longer(signed()), "same", "differs", /body was changed after signing, as by a mailing list/],
      [retitled(signed()), "differs", "same", /signed header field was changed after signing/],
      [longer(retitled(signed())), "differs", "differs", /Header and body were changed/],
      [
        longer(signed({}, { body: "simple" })),
        "same",
        "differs",
        /With c=relaxed\/simple even a change of white space breaks a signature/,
      ],
    ];
    for (const [message, header, body, meaning] of changes) {
      const part = await dkimOf(message);
      const [signature] = part.signatures;
      assert.deepEqual([signature?.result, signature?.header, signature?.body], ["fail", header, body]);
      assert.match(textOf(part), meaning);
    }
  });

  it("with l= says what is not signed", async () => {
    const part = await dkimOf(longer(signed({ l: "10" })));
    assert.deepEqual([part.signatures[0]?.result, part.signatures[0]?.bodyLength], ["pass", 10]);
    assert.match(
      textOf(part),
      /l=10: only so many bytes of the body are signed; 14 bytes after that are not/,
    );
  });

  it("with l= beyond the body differs", async () => {
    for (const message of [{ ...signed({ l: "10" }), body: "one\r\n" }, signed({ l: "11" })]) {
      const part = await signatureOf(message);
      assert.deepEqual([part.result, part.header, part.body], ["fail", "same", "differs"]);
    }
  });

  it("that has expired says when", async () => {
    const part = await dkimOf(signed({ x: String(NOW - 86_400) }));
    const [signature] = part.signatures;
    assert.deepEqual([signature?.result, signature?.header, signature?.body], [
      "fail",
      "not-compared",
      "same",
    ]);
    assert.match(
      textOf(part),
      /the signature has expired\n(?:.*\n)*.*expires at 2026-05-04T08:00:00Z \(x=\)/,
    );
  });

  it("with a time that no calendar has is read", async () => {
    const part = await signatureOf(signed({ x: "999999999999" }));
    assert.deepEqual([part.result, part.expires], ["pass", "+033658-09-27T01:46:39Z"]);
  });

  it("without a key, with a revoked one, or with one that cannot be looked up says so", async () => {
    const missing = await dkimOf(signed(), "a.example A 192.0.2.1");
    assert.match(
      textOf(missing),
      /permerror, there is no key\n.*: no such name\n(?:.*\n)*.*the selector is wrong/,
    );
    const revoked = await signatureOf(signed(), 's1._domainkey.a.example "v=DKIM1; p="');
    assert.deepEqual([revoked.result, revoked.reason], ["permerror", "the key is revoked"]);
    const down = await signatureOf(signed(), "s1._domainkey.a.example TIMEOUT");
    assert.deepEqual([down.result, down.key?.status], ["temperror", "timeout"]);
  });

  it("of a domain that only tests says so", async () => {
    const part = await dkimOf(signed(), `s1._domainkey.a.example "${KEY.record}; t=y"`);
    assert.match(textOf(part), /t=y: the domain only tests DKIM/);
  });

  it("with a short key says so", async () => {
    const key = rsaKey(1024);
    const part = await dkimOf(signed({}, { key }), `s1._domainkey.a.example "${key.record}"`);
    assert.match(textOf(part), /Problem: a key of 1024 bits is short; RFC 8301 asks for 2048/);
  });

  it("that is none is shown with what is wrong", async () => {
    const message = {
      ...PLAIN,
      headers: [["DKIM-Signature", " v=1; a=rsa-sha256; \x1b[2J"], ...PLAIN.headers],
    };
    const part = await dkimOf(message as Message);
    assert.match(textOf(part), /1\. no valid d= no valid s=: permerror, a tag /);
  });
});

describe("the signatures", () => {
  it("of an unsigned message are none", async () => {
    assert.equal(textOf(await dkimOf(PLAIN)), "DKIM: none, the message is not signed\n");
  });

  it("beyond ten are counted", async () => {
    const field = at(signed().headers, 0);
    const part = await dkimOf({
      ...PLAIN,
      headers: [...Array.from({ length: 40 }, () => field), ...PLAIN.headers],
    });
    assert.deepEqual([part.signatures.length, part.ignored], [10, 30]);
    assert.match(textOf(part), /pass, 10 of 10 signatures verified\n/);
    assert.match(textOf(part), /30 more signatures below these: not checked/);
  });
});
