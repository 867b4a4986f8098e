// What filters ask for at end of message, what later filters see of it, and what the MTA is told.
import assert from "node:assert/strict";
import { test } from "node:test";
import { defineFilter } from "../../lib/filter/definition.ts";
import type { Change } from "../../lib/filter/filter_terms.ts";
import { type Beside, type EndOfMessage, InvalidChangeError } from "../../lib/filter/end_of_message.ts";
import { reject, skip } from "../../lib/filter/verdict.ts";
import { HeaderField } from "../../lib/message/header.ts";
import { latin1Text, toBytes, utf8Text } from "../../lib/message/text.ts";
import type { Modification } from "../../lib/protocol/mta_session.ts";
import type { ServeOptions } from "../../lib/server/server_options.ts";
import { deliver } from "../../lib/testing.ts";
import { type AnyFilter, grouped, MESSAGE, probe, served } from "../server/support.ts";

const ALL: Change[] = [
  "addHeader",
  "insertHeader",
  "changeHeader",
  "deleteHeader",
  "changeFrom",
  "addRcpt",
  "deleteRcpt",
  "replaceBody",
  "quarantine",
];

/** A filter that changes a message as the test says. */
const changing = (change: (message: EndOfMessage) => void, changes = ALL): AnyFilter => ({
  name: "changing",
  changes,
  eom: (message) => change(message),
});

/** A filter that writes down all content it is shown. */
function reading(seen: string[], name = "reading"): AnyFilter {
  let body = "";
  return {
    name,
    mail: () => void (body = ""),
    header: ({ name, value }) => void seen.push(`${name}: ${value}`),
    eoh: () => void seen.push(""),
    body: (chunk) => void (body += latin1Text(chunk)),
    eom: (message) => {
      seen.push(body);
      seen.push([...message.headers].map(({ name, value }) => `${name}: ${value}`).join("|"));
    },
  };
}

/** What the MTA is told, in words. */
function told(modifications: readonly Modification[]): string[] {
  return modifications.map((change) => {
    switch (change.type) {
      case "addHeader":
        return `add ${utf8Text(change.name)}:${utf8Text(change.value)}`;
      case "insertHeader":
      case "changeHeader":
        return `${change.type.slice(0, 6)} ${change.index} ${utf8Text(change.name)}:${
          utf8Text(change.value)
        }`;
      case "replaceBody":
        return `body ${utf8Text(change.chunk)}`;
      case "quarantine":
        return `hold ${change.reason}`;
      default:
        return [change.type, change.address, "args" in change ? change.args : ""].join(" ").trimEnd();
    }
  });
}

async function changed(
  filters: AnyFilter[],
  message = MESSAGE,
  protocol = 0x1fffff,
  options: Partial<ServeOptions> = {},
): Promise<string[]> {
  let result: string[] = [];
  await served(filters, async ({ open, of }) => {
    const mta = await open({ offer: { protocol } });
    const { event, answer } = await mta.message(message, { from: "a@example.org", to: ["b@example.net"] });
    assert.deepEqual(of("filter-error"), []);
    assert.deepEqual([event, answer.verdict], ["eom", "continue"]);
    result = told(answer.modifications);
  }, options);
  return result;
}

test("every kind of change reaches the MTA", async () => {
  const modifications = await changed([changing((message) => {
    message.addHeader("X-New", "v");
    message.insertHeader(0, "X-Top", "t");
    message.changeHeader(message.headers.get("subject")!, "other");
    message.deleteHeader(message.headers.get("X-A")!);
    message.changeFrom("new@example.org", "RET=HDRS");
    message.addRcpt("<c@example.net>", "NOTIFY=NEVER");
    message.addRcpt("d@example.net");
    message.deleteRcpt("b@example.net");
    message.replaceBody("new\r\n");
    message.replaceBody(toBytes("body\n"));
    message.quarantine("odd");
  })]);
  assert.deepEqual(modifications, [
    "change 1 X-A:",
    "change 1 Subject: other",
    "add X-New: v",
    "insert 0 X-Top: t",
    "changeFrom <new@example.org> RET=HDRS",
    "addRcpt <c@example.net> NOTIFY=NEVER",
    "addRcpt <d@example.net>",
    "deleteRcpt <b@example.net>",
    "hold odd",
    "body new\r\nbody\r\n",
  ]);
});

test("values go without their leading space where the MTA puts one before them itself", async () => {
  const modifications = await changed(
    [changing((message) => {
      message.addHeader("X-New", "v");
      message.changeHeader(message.headers.get("subject")!, "other");
    })],
    MESSAGE,
    0x0fffff,
  );
  assert.deepEqual(modifications, ["change 1 Subject:other", "add X-New:v"]);
});

test("a header that is changed to nothing stays, empty", async () => {
  for (const protocol of [0x1fffff, 0x0fffff]) {
    const empty = changing((message) => message.changeHeader(message.headers.get("subject")!, ""));
    assert.deepEqual(await changed([empty], MESSAGE, protocol), ["change 1 Subject: "]);
  }
});

test("arguments of a new recipient are left out where the MTA does not take them", async () => {
  await served(
    [changing((message) => message.addRcpt("c@example.net", "NOTIFY=NEVER"))],
    async ({ open }) => {
      const mta = await open({ offer: { actions: 0x17f } });
      const { answer } = await mta.message(MESSAGE, { to: ["b"] });
      assert.deepEqual(told(answer.modifications), ["addRcpt <c@example.net>"]);
    },
  );
});

test("a new body goes in packets in a row, an empty one empties it", async () => {
  const large = "x".repeat(150_000);
  const pieces = await changed([changing((message) => {
    message.replaceBody(large);
    message.addHeader("X", "1");
  })]);
  assert.deepEqual(pieces.map((piece) => piece.slice(0, 4)), ["add ", "body", "body", "body"]);
  assert.equal(pieces.slice(1).map((piece) => piece.slice(5)).join(""), large);
  assert.deepEqual(await changed([changing((message) => message.replaceBody(""))]), ["body "]);
});

test("a new body is a copy: its filter may go on with the bytes", async () => {
  const bytes = toBytes("mine\r\n");
  const modifications = await changed([changing((message) => {
    message.replaceBody(bytes);
    bytes.fill(0x78);
  })]);
  assert.deepEqual(modifications, ["body mine\r\n"]);
});

for (
  const [given, expected] of [
    ["one\r\ntwo", "one\n>two"],
    ["one\n two", "one\n two"],
    ["one\rtwo", "one\n>two"],
    ["one\n\ttwo\r\n three", "one\n\ttwo\n three"],
    ["one\n\n\ntwo", "one\n>two"],
    ["one\n", "one"],
    ["one\r\nBcc: me@example.org", "one\n>Bcc: me@example.org"],
  ] as const
) {
  test(`the value ${JSON.stringify(given)} is sent as ${JSON.stringify(expected)}, > as the MTA folds`, async () => {
    for (const [mta, indent] of [["postfix", "\t"], ["sendmail", " "]] as const) {
      const filter = changing((message) => message.addHeader("X", given));
      assert.deepEqual(await changed([filter], MESSAGE, 0x1fffff, { mta }), [
        `add X: ${expected.replace(">", indent)}`,
      ]);
    }
  });
}

const REFUSED: [what: string, (message: EndOfMessage) => void][] = [
  ["a name with a colon", (m) => m.addHeader("X:", "v")],
  ["a name with a space", (m) => m.addHeader("X Y", "v")],
  ["an empty name", (m) => m.insertHeader(0, "", "v")],
  ["a name with a line end", (m) => m.addHeader("X\r\nY", "v")],
  ["an eight-bit name", (m) => m.addHeader("Ü", "v")],
  ["a value with NUL", (m) => m.addHeader("X", "a\0b")],
  ["a changed value with NUL", (m) => m.changeHeader(m.headers.get("subject")!, "a\0b")],
  ["an index below 0", (m) => m.insertHeader(-1, "X", "v")],
  ["an index that is no whole number", (m) => m.insertHeader(0.5, "X", "v")],
  ["an index that does not fit", (m) => m.insertHeader(0x80000000, "X", "v")],
  ["a sender with a line end", (m) => m.changeFrom("a\r\n@b")],
  ["sender arguments with NUL", (m) => m.changeFrom("a@b", "RET=\0")],
  [
    "arguments that do not fit a packet with the address",
    (m) => m.changeFrom("a".repeat(40_000), "b".repeat(40_000)),
  ],
  ["an empty recipient", (m) => m.addRcpt("")],
  ["an empty recipient in brackets", (m) => m.deleteRcpt("<>")],
  ["a recipient with NUL", (m) => m.addRcpt("a\0b")],
  ["an empty reason to hold", (m) => m.quarantine("")],
  ["a reason of two lines", (m) => m.quarantine("a\nb")],
  ["a place beside no field", (m) => m.addHeader("X", "v", { before: m.headers.get("none")! })],
  ["a place beside nothing", (m) => m.addHeader("X", "v", {} as Beside)],
  [
    "a place beside a field of another message",
    (m) => m.addHeader("X", "v", { after: HeaderField.of("Subject", "x") }),
  ],
];
for (const [what, change] of REFUSED) {
  test(`${what} is refused where it is asked for, and the message is not changed by it`, async () => {
    let error: unknown;
    const modifications = await changed([changing((message) => {
      try {
        change(message);
      } catch (thrown) {
        error = thrown;
      }
    })]);
    assert.ok(error instanceof InvalidChangeError);
    assert.equal(error.code, "invalid-change");
    assert.match(error.message, /^Cannot [^\n\0]+$/);
    assert.deepEqual(modifications, []);
  });
}

test("a place beside a field that was deleted before is refused, with what to do", async () => {
  const modifications = await changed([changing((message) => {
    const subject = message.headers.get("subject")!;
    message.addHeader("X-New", "1", { after: subject });
    message.deleteHeader(subject);
    assert.throws(
      () => message.addHeader("X-New", "2", { after: subject }),
      {
        code: "invalid-change",
        message: /^Cannot add a header beside Subject: add it first, then delete that$/,
      },
    );
  })]);
  assert.equal(modifications.length, 2);
});

for (const change of ["addHeader", "insertHeader", "changeHeader"] as const) {
  test(`${change}: a value that does not fit a packet is refused at once, with its size`, async () => {
    const ask = (message: EndOfMessage, value: string) => {
      if (change === "addHeader") message.addHeader("Subject", value);
      else if (change === "insertHeader") message.insertHeader(0, "Subject", value);
      else message.changeHeader(message.headers.get("subject")!, value);
    };
    // The value has a space before it in the message.
    const most = 65_529 - "Subject".length - 1;
    const modifications = await changed([changing((message) => {
      for (const value of ["x".repeat(most + 1), "ü".repeat(most / 2 + 1), "x\n y".repeat(20_000)]) {
        assert.throws(() => ask(message, value), (error: unknown) => {
          assert.ok(error instanceof InvalidChangeError);
          assert.equal(error.code, "invalid-change");
          assert.ok(Number(error.value) > 65_529);
          assert.match(error.message, /^Cannot set header Subject of \d+ bytes: at most 65529$/);
          return true;
        });
      }
      ask(message, "x".repeat(most));
    })]);
    assert.equal(modifications.length, 1);
  });
}

test("lines that a filter folds itself stay as they are, however long", async () => {
  const value = `one,\n\t${"x".repeat(500)}\n two, ${"y ".repeat(600)}z`;
  const modifications = await changed([changing((message) => message.addHeader("X", value))]);
  assert.deepEqual(modifications, [`add X: ${value}`]);
});

test("a filter whose value does not fit has failed: its on-error is the answer, and nothing is changed", async () => {
  for (
    const [onError, outcome] of [["tempfail", "tempfail"], ["reject", "reject"], [
      "accept",
      "accept",
    ]] as const
  ) {
    const filter = { ...changing((message) => message.addHeader("X", "x".repeat(70_000))), onError };
    const delivered = await deliver(filter);
    assert.equal(delivered.outcome, outcome);
    assert.equal(delivered.header("X"), undefined);
  }
});

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

test("headers can be changed by the handles that the header callback was given", async () => {
  const modifications = await changed([defineFilter({
    name: "handles",
    changes: ["deleteHeader"],
    messageState: () => ({ field: undefined as unknown }),
    header(field, context) {
      if (field.is("x-a")) context.messageState.field = field;
    },
    eom(message, context) {
      message.deleteHeader(context.messageState.field as never);
    },
  })]);
  assert.deepEqual(modifications, ["change 1 X-A:"]);
});

test("eight-bit values go through as the bytes they are", async () => {
  await served(
    [changing((message) => message.addHeader("X", Uint8Array.of(0xff, 0x80)))],
    async ({ open }) => {
      const mta = await open();
      const { answer } = await mta.message(MESSAGE, { to: ["b"] });
      assert.deepEqual([...(answer.modifications[0] as { value: Uint8Array }).value], [0x20, 0xff, 0x80]);
    },
  );
});

test("bytes are plain Uint8Arrays on every runtime: a slice of them is a copy", async () => {
  const seen: Uint8Array[] = [];
  await changed([{
    name: "1",
    header: ({ nameBytes, valueBytes, rawValueBytes }) =>
      void seen.push(nameBytes, valueBytes, rawValueBytes),
    body: (chunk) => void seen.push(chunk),
  }]);
  assert.ok(seen.length > 0);
  for (const bytes of seen) assert.equal(Object.getPrototypeOf(bytes), Uint8Array.prototype);
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
