// What a filter reads of the parts of a message at its end.
import assert from "node:assert/strict";
import { test } from "node:test";
import { defineFilter } from "../../lib/filter/definition.ts";
import type { MessageContent } from "../../lib/filter/message_content.ts";
import { accept, skip } from "../../lib/filter/verdict.ts";
import { toBytes, utf8Text } from "../../lib/message/text.ts";
import { deliver } from "../../lib/testing.ts";
import { type AnyFilter, served } from "../server/support.ts";

const TO = ["a@example.net"];

/** A message with a text and a file. */
const MAIL = [
  "From: joe@example.org",
  "Subject: report",
  "MIME-Version: 1.0",
  'Content-Type: multipart/mixed; boundary="b"',
  "",
  "--b",
  "Content-Type: text/plain; charset=iso-8859-1",
  "Content-Transfer-Encoding: quoted-printable",
  "",
  "Gr=FC=DFe",
  "--b",
  'Content-Type: application/pdf; name="report.pdf"',
  "Content-Transfer-Encoding: base64",
  "Content-Disposition: attachment",
  "",
  "JVBERi0xLjQ=",
  "--b--",
  "",
].join("\r\n");

/** What there is to see of each part. */
async function seenIn(content: MessageContent): Promise<string[]> {
  const seen: string[] = [];
  for (const part of await content.parts()) {
    const text = part.isMultipart ? part.children.length : await part.text();
    seen.push(`${part.depth} ${part.type} ${part.fileName ?? "-"} ${text}`);
  }
  return seen;
}

/** A filter that writes down the parts of each message. */
function reading(seen: string[], settings: Partial<AnyFilter> = {}): AnyFilter {
  return {
    name: "reading",
    content: "mime",
    async eom({ content }) {
      seen.push(...await seenIn(content));
    },
    ...settings,
  };
}

const PARTS = [
  "0 multipart/mixed - 2",
  "1 text/plain - Grüße",
  "1 application/pdf report.pdf %PDF-1.4",
];

test("a filter that declares content reads the parts of a message", async () => {
  const seen: string[] = [];
  const filter = defineFilter({
    name: "reading",
    content: "mime",
    async eom({ content, headers }) {
      seen.push(...await seenIn(content), headers.get("subject")!.value);
      const { root, problems } = await content.mime();
      assert.equal(root.headers.text("subject"), "report");
      assert.deepEqual(problems, []);
      let body = "";
      for await (const piece of content.stream()) body += utf8Text(piece);
      assert.equal(body, MAIL.slice(MAIL.indexOf("\r\n\r\n") + 4));
      assert.equal(content.size, body.length);
    },
  });
  (await deliver(filter, { message: MAIL })).assertAccepted().assertUnchanged();
  assert.deepEqual(seen, [...PARTS, "report"]);
});

test("a body in a file is read as one in memory", async () => {
  const seen: string[] = [];
  await served([reading(seen)], async ({ open }) => {
    const mta = await open();
    await mta.message(toBytes(MAIL), { to: TO });
    assert.deepEqual(seen, PARTS);
  }, { spool: { memory: 0 } });
});

test("a message without a body has one part, which is empty", async () => {
  const seen: string[] = [];
  await deliver(reading(seen), { body: "" });
  assert.deepEqual(seen, ["0 text/plain - "]);
});

test("parts are as the filters before changed header and body", async () => {
  const changer: AnyFilter = {
    name: "changer",
    changes: ["replaceBody", "changeHeader", "addHeader"],
    async eom(message) {
      message.changeHeader(message.headers.get("content-type")!, "text/html; name=new.html");
      message.addHeader("X-New", "1");
      message.replaceBody("<b>new</b>\r\n");
      await Promise.resolve();
    },
  };
  const before: string[] = [];
  const after: string[] = [];
  const header: (string | undefined)[] = [];
  const last = reading(after, {
    name: "last",
    async eom({ content }) {
      after.push(...await seenIn(content));
      const { root } = await content.mime();
      header.push(root.headers.text("x-new"));
    },
  });
  (await deliver([reading(before), changer, last], { message: MAIL })).assertAccepted();
  assert.deepEqual(before, PARTS);
  assert.deepEqual(after, ["0 text/html new.html <b>new</b>\n"]);
  assert.deepEqual(header, ["1"]);
});

test("a Content-Type that a filter changes makes other parts of the same body", async () => {
  const before: string[] = [];
  const after: string[] = [];
  const changer: AnyFilter = {
    name: "changer",
    changes: ["changeHeader"],
    eom: (message) => message.changeHeader(message.headers.get("content-type")!, "text/plain"),
  };
  await deliver([reading(before), changer, reading(after)], { message: MAIL });
  assert.deepEqual([before.length, after.length], [3, 1]);
});

test("a field that a filter adds is in the header of the message, whose body is not read again", async () => {
  const first: string[] = [];
  const header: unknown[] = [];
  const adder: AnyFilter = {
    name: "adder",
    changes: ["addHeader"],
    eom: (message) => message.addHeader("X-New", "1"),
  };
  const last: AnyFilter = {
    name: "last",
    content: "mime",
    async eom({ content }) {
      const { root } = await content.mime();
      header.push(root.type, root.headers.text("x-new"));
    },
  };
  (await deliver([reading(first), adder, last], { message: MAIL })).assertAccepted();
  assert.deepEqual(header, ["multipart/mixed", "1"]);
});

test("a filter that skips the body, or had it shown, still reads all of it at the end", async () => {
  const seen: string[] = [];
  let shown = 0;
  const filter = reading(seen, {
    body() {
      shown++;
      return skip();
    },
  });
  await served([filter], async ({ open }) => {
    const mta = await open();
    await mta.message(toBytes(MAIL.replace("Gr=FC=DFe", "Gr=FC=DFe=\r\n".repeat(20_000))), { to: TO });
    assert.equal(shown, 1);
    assert.equal(seen[1], `1 text/plain - ${"Grüße".repeat(20_000)}`);
  });
});

for (const onError of ["tempfail", "reject", "accept"] as const) {
  test(`where the body cannot be kept, eom is not called, and on-error says ${onError}`, async () => {
    const seen: string[] = [];
    await served([reading(seen, { onError })], async ({ open, of }) => {
      const mta = await open();
      const { answer } = await mta.message(toBytes(MAIL), { to: TO });
      assert.equal(answer.verdict, onError === "accept" ? "continue" : onError);
      assert.deepEqual(seen, []);
      assert.deepEqual(of("filter-error").map(({ event }) => event), ["eom"]);
      assert.match(String(of("filter-error")[0]?.error), /Cannot keep a message in .*ENOENT/);
    }, { spool: { memory: 0, folder: "/missing" } });
  });
}

test("nothing is kept for a filter that is out of the message", async () => {
  const seen: string[] = [];
  await served(
    [reading(seen, { mail: () => accept() }), { name: "other", eom() {} }],
    async ({ open, of }) => {
      const mta = await open();
      assert.equal((await mta.message(toBytes(MAIL), { to: TO })).answer.verdict, "continue");
      assert.deepEqual([seen, of("filter-error")], [[], []]);
    },
    { spool: { memory: 0, folder: "/missing" } },
  );
});

test("content that is not declared cannot be read", async () => {
  const filter: AnyFilter = { name: "undeclared", eom: ({ content }) => content.parts().then(() => {}) };
  const { failures } = (await deliver(filter)).assertTempfailed();
  const [failure] = failures;
  assert.deepEqual(
    [failure?.error instanceof Error && failure.error.message],
    ['Cannot read the content of the message: the filter does not declare content: "mime"'],
  );
});

test("content cannot be read once the callback is over", async () => {
  let kept: MessageContent | undefined;
  const filter = reading([], {
    async eom({ content }) {
      kept = content;
      await content.parts();
    },
  });
  const later: AnyFilter = {
    name: "later",
    content: "mime",
    async eom() {
      await assert.rejects(kept!.parts(), { code: "content-unavailable", value: "over" });
      await assert.rejects(async () => {
        for await (const _ of kept!.stream()) assert.fail();
      }, { code: "content-unavailable" });
    },
  };
  (await deliver([filter, later], { message: MAIL })).assertAccepted();
});
