// Mistakes that the compiler would have found, as a filter in plain JavaScript makes them: they are the filter's own.
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import { reject, tempfail } from "../../lib/filter/verdict.ts";
import { type AnyFilter, MESSAGE, served } from "../server/support.ts";
import { at } from "../support/present.ts";

const TO = ["r@example.org"];

/** What became of a message on which the first of two filters makes a mistake, then of the next message. */
async function afterMistake(mistaken: Partial<AnyFilter>): Promise<{ error: string; verdicts: string[] }> {
  let error = "";
  const verdicts: string[] = [];
  await served([
    { name: "mistaken", onError: "accept", ...mistaken },
    {
      name: "other",
      changes: ["addHeader"],
      verdicts: [],
      eom: (message) => message.addHeader("X-Other", "1"),
    },
  ], async ({ open, of, first }) => {
    const mta = await open();
    for (let i = 0; i < 2; i++) {
      const { answer } = await mta.message(MESSAGE, { to: TO });
      verdicts.push(`${answer.verdict} ${answer.modifications.map(({ type }) => type)}`);
      mta.abort();
    }
    error = String(first("filter-error").error);
    assert.equal(of("internal-error").length, 0);
  });
  return { error, verdicts };
}

// deno-lint-ignore no-explicit-any -- what plain JavaScript would hand over
type Careless = any;

const CHANGES: readonly (readonly [what: string, make: (message: Careless) => void, error: RegExp])[] = [
  ["deletes a header that is not there", (m) => m.deleteHeader(m.headers.get("X-Absent")), /not there/],
  ["changes a header that is not there", (m) => m.changeHeader(undefined, "x"), /not there/],
  ["replaces the body by a list", (m) => m.replaceBody([65, 66]), /want text or bytes/],
  ["sets a header to a number", (m) => m.addHeader("X", 5), /want text or bytes/],
  ["names a header by a number", (m) => m.addHeader(5, "x"), /named 5/],
  ["sets a header longer than a packet", (m) => m.addHeader("X", "x".repeat(65_530)), /at most 65529/],
  ["quarantines for a number", (m) => m.quarantine(5), /Cannot quarantine for 5/],
  ["adds a recipient that is no text", (m) => m.addRcpt(null), /Cannot use address null/],
  ["adds arguments that are no text", (m) => m.addRcpt("a@b", 5), /ESMTP arguments 5/],
];

for (const [what, make, message] of CHANGES) {
  test(`a filter that ${what} fails alone, and none of its changes are made`, async () => {
    const changes = [
      "addHeader",
      "changeHeader",
      "deleteHeader",
      "replaceBody",
      "quarantine",
      "addRcpt",
    ] as const;
    const { error, verdicts } = await afterMistake({
      changes,
      verdicts: [],
      eom(end) {
        end.addHeader("X-Half", "made");
        make(end);
      },
    });
    assert.match(error, message);
    assert.deepEqual(verdicts, ["continue addHeader", "continue addHeader"]);
  });
}

const ANSWERS: readonly (readonly [what: string, answer: unknown])[] = [
  ["a reply that is text", { kind: "reject", reply: "550 no" }],
  ["a reply without lines", { kind: "reject", reply: { code: 550 } }],
  ["an encoded reply that is text", { kind: "reject", encodedReply: "550 5.7.1 no" }],
  ["a promise that throws when waited for", {
    then() {
      throw new Error("not a promise");
    },
  }],
];

for (const [what, answer] of ANSWERS) {
  test(`a filter that answers ${what} fails alone`, async () => {
    const { error, verdicts } = await afterMistake({ rcpt: () => answer as never });
    assert.match(error, /Error/);
    assert.deepEqual(verdicts, ["continue addHeader", "continue addHeader"]);
  });
}

test("a filter whose verdict waited hears the next HELO", async () => {
  const helos: string[] = [];
  await served([
    { name: "first", eom: () => tempfail() },
    {
      name: "second",
      header() {
        throw new Error("boom");
      },
      helo(name) {
        helos.push(name);
        return name === "evil" ? reject() : undefined;
      },
    },
  ], async ({ open }) => {
    const mta = await open();
    assert.equal((await mta.message(MESSAGE, { to: TO })).answer.verdict, "tempfail");
    assert.equal((await mta.helo("evil")).verdict, "reject");
    assert.deepEqual(helos.slice(-1), ["evil"]);
  });
});

test("of two filters whose macros are too many together the second one fails", async () => {
  const many = (letter: string) => Array.from({ length: 30 }, (_, i) => `${letter}${i}`);
  const filter = (name: string): AnyFilter => ({
    name,
    onError: "accept",
    negotiate: () => ({ macros: { mail: many(name) } }),
    mail() {},
  });
  await served([filter("a"), filter("b")], async ({ open, of }) => {
    const mta = await open();
    assert.deepEqual(of("filter-error").map(({ filter, event }) => [filter, event]), [["b", "negotiate"]]);
    assert.equal((await mta.message(MESSAGE, { to: TO })).event, "eom");
  });
});

test("negotiation can be answered with no verdict but reject", async () => {
  await served([{ name: "1", negotiate: () => tempfail(), mail() {} }], async ({ open, first }) => {
    const mta = await open({ bare: true });
    assert.match(String(first("filter-error").error), /the only valid verdict is reject/);
    assert.equal((await mta.connect({ hostname: "c", family: "unknown" })).verdict, "tempfail");
  });
});

test("a new body is copied, also from a Buffer", async () => {
  const body = Buffer.from("good\r\n");
  await served([{
    name: "1",
    changes: ["replaceBody"],
    eom(message) {
      message.replaceBody(body);
      body.fill(0x58);
    },
  }], async ({ open }) => {
    const { answer } = await (await open()).message(MESSAGE, { to: TO });
    const change = at(answer.modifications, 0);
    assert.equal(change.type === "replaceBody" && new TextDecoder().decode(change.chunk), "good\r\n");
  });
});

test("a remark stands in the message's report", async () => {
  await served(
    [{ name: "1", eom: (_message, { remark }) => remark("found nothing") }],
    async ({ open, firstReport }) => {
      await (await open()).message(MESSAGE, { to: TO });
      assert.deepEqual(firstReport().notes, [{ filter: "1", remark: "found nothing" }]);
    },
  );
});

test("after the last client of a socket nobody is told of a next one", async () => {
  const log: string[] = [];
  await served([{
    name: "1",
    connectionState: () => void log.push("state"),
    connect: () => void log.push("connect"),
    close: () => void log.push("close"),
  }], async ({ open, server }) => {
    const mta = await open();
    mta.next();
    mta.quit();
    while (server.connections > 0) await new Promise((resolve) => setTimeout(resolve, 2));
    assert.deepEqual(log, ["state", "connect", "close"]);
  });
});

test("over TCP the DATA command is answered, whatever the filters want; over a unix socket it is not", async () => {
  for (const [listen, answered] of [["inet:0@127.0.0.1", true], [undefined, false]] as const) {
    await served([{ name: "1", verdicts: [], eom() {} }], async ({ open }) => {
      const { protocol } = (await open()).terms;
      assert.equal((protocol & 0x10000) === 0, answered);
    }, listen ? { listen } : {});
  }
});
