// Everything that a milter can ask for at end of message.
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import type { MtaClient } from "../../lib/mta/client.ts";
import { ProtocolFlag } from "../../lib/protocol/constants.ts";
import type { Modification } from "../../lib/protocol/mta_session.ts";
import { latin1Text, toBytes } from "../../lib/protocol/text.ts";
import { type AnyFilter, type Served, served, until } from "../server/support.ts";
import { behindRaw, milterFilter, packet } from "./support.ts";

const MESSAGE = toBytes("Subject: hi\r\nX-Many: 1\r\nX-Many: 2\r\nX-Many: 3\r\n\r\nbody\r\n");

const index = (number: number, rest: string): Buffer => {
  const head = Buffer.alloc(4);
  head.writeUInt32BE(number);
  return Buffer.concat([head, Buffer.from(rest, "latin1")]);
};

async function send(mta: MtaClient): Promise<{ verdict: string; changes: string[] }> {
  const { answer } = await mta.message(MESSAGE, { from: "s@example.org", to: ["a@example.net"] });
  return { verdict: answer.verdict, changes: answer.modifications.map(shown) };
}

function shown(change: Modification): string {
  const parts = Object.entries(change).map(([name, value]) =>
    name === "type" ? value : value instanceof Uint8Array ? JSON.stringify(latin1Text(value)) : value
  );
  return parts.join(" ");
}

/** What the MTA is told where a milter sends these packets at the end of a message. */
async function changes(packets: readonly Uint8Array[], protocol = 0, postfix = true): Promise<string[]> {
  let result: string[] = [];
  await behindRaw({}, async (raw, { open }) => {
    raw.terms = [6, 0x1ff, protocol];
    raw.react = ({ letter }) => letter === "E" ? Buffer.concat([...packets, packet("c")]) : undefined;
    const mta = await open({ bare: true });
    if (postfix) mta.macros("connect", { v: "Postfix 3.7" });
    await mta.connect({ hostname: "h", family: "unknown" });
    const { verdict, changes } = await send(mta);
    assert.equal(verdict, "continue");
    result = changes;
  });
  return result;
}

test("fields are added and inserted, with the space that the MTA puts there, or as they stand", async () => {
  const packets = [
    packet("h", "X-A\0 two spaces\0"),
    packet("h", "X-B\0folded\n\tcaf\xe9\xff\0"),
    packet("i", index(1, "X-C\0value\0")),
  ];
  assert.deepEqual(await changes(packets), [
    'addHeader "X-A" "  two spaces"',
    'addHeader "X-B" " folded\\n\\tcaf\u00e9\u00ff"',
    'insertHeader 1 "X-C" " value"',
  ]);
  assert.deepEqual(await changes(packets, ProtocolFlag.HEADER_LEADING_SPACE), [
    'addHeader "X-A" " two spaces"',
    'addHeader "X-B" "folded\\n\\tcaf\u00e9\u00ff"',
    'insertHeader 1 "X-C" "value"',
  ]);
});

test("fields are changed and deleted by name and number; the MTA gets them from the last to the first", async () => {
  assert.deepEqual(
    await changes([
      packet("m", index(1, "x-many\0one\0")),
      packet("m", index(3, "X-Many\0\0")),
      packet("m", index(9, "X-None\0new\0")),
      packet("m", index(9, "X-Gone\0\0")),
      packet("m", index(0, "Subject\0zero is one\0")),
    ]),
    [
      'changeHeader 3 "X-Many" ""',
      'changeHeader 1 "x-many" " one"',
      'changeHeader 1 "Subject" " zero is one"',
      'addHeader "X-None" " new"',
    ],
  );
});

test("numbers count as the MTA counts: Postfix anew after each deletion, Sendmail not", async () => {
  const packets = [packet("m", index(1, "X-Many\0\0")), packet("m", index(1, "X-Many\0\0"))];
  assert.deepEqual(await changes(packets), ['changeHeader 2 "X-Many" ""', 'changeHeader 1 "X-Many" ""']);
  assert.deepEqual(await changes(packets, 0, false), ['changeHeader 1 "X-Many" ""']);
});

test("a field that the milter itself brought can be changed and deleted", async () => {
  assert.deepEqual(
    await changes([
      packet("h", "X-New\0one\0"),
      packet("m", index(1, "X-New\0two\0")),
      packet("h", "X-Gone\0here\0"),
      packet("m", index(1, "X-Gone\0\0")),
    ]),
    ['addHeader "X-New" " two"'],
  );
});

test("sender and recipients", async () => {
  assert.deepEqual(
    await changes([
      packet("e", "<new@example.org>\0RET=HDRS\0"),
      packet("+", "<b@example.net>\0"),
      packet("2", "<c@example.net>\0NOTIFY=NEVER\0"),
      packet("-", "<a@example.net>\0"),
    ]),
    [
      "changeFrom <new@example.org> RET=HDRS",
      "addRcpt <b@example.net>",
      "addRcpt <c@example.net> NOTIFY=NEVER",
      "deleteRcpt <a@example.net>",
    ],
  );
});

test("a new body in many packets, an empty one, and a reason to hold the message", async () => {
  const big = "x".repeat(60_000) + "\r\n";
  const result = await changes([
    packet("b", big),
    packet("p"),
    packet("b", big),
    packet("q", "why\r\nnot\0"),
  ]);
  assert.equal(result[0], "quarantine why not");
  const body = result.slice(1).map((text) => JSON.parse(text.slice("replaceBody ".length))).join("");
  assert.equal(body, big + big);
  assert.deepEqual(await changes([packet("b")]), ['replaceBody ""']);
});

test("a later filter sees the message as the milter left it", async () => {
  const seen: string[] = [];
  const later: AnyFilter = {
    name: "later",
    changes: [],
    header: ({ name, value }) => void seen.push(`${name}=${value}`),
    body: (chunk) => void seen.push(latin1Text(chunk)),
    eom: () => {},
  };
  await behindRaw({}, async (raw, { open }) => {
    raw.react = ({ letter }) =>
      letter === "E"
        ? Buffer.concat([
          packet("h", "X-A\0yes\0"),
          packet("m", index(2, "X-Many\0\0")),
          packet("b", "new\r\n"),
          packet("a"),
        ])
        : undefined;
    await send(await open());
    assert.deepEqual(seen, ["Subject=hi", "X-Many=1", "X-Many=3", "X-A=yes", "new\r\n"]);
  }, { after: [later] });
});

test("the milter sees the message as an earlier filter left it, and only if that let it pass", async () => {
  const before = (refuse: boolean): AnyFilter => ({
    name: "before",
    changes: ["addHeader", "replaceBody"],
    eom(message) {
      if (refuse) return { kind: "reject" };
      message.addHeader("X-Before", "yes");
      message.replaceBody("other\r\n");
    },
  });
  for (const refuse of [false, true]) {
    await behindRaw({}, async (raw, { open }) => {
      const { verdict } = await send(await open());
      assert.equal(verdict, refuse ? "reject" : "continue");
      const content = raw.packets.filter(({ letter }) => "LB".includes(letter)).map(({ payload }) =>
        latin1Text(payload)
      );
      assert.deepEqual(content.slice(-2), refuse ? [] : ["X-Before\0yes\0", "other\r\n"]);
      if (refuse) await until(() => raw.letters().endsWith("A"));
      assert.equal(raw.letters(), refuse ? "OCHMRTA" : "OCHMRTLLLLLNBE");
    }, { before: [before(refuse)] });
  }
});

test("changes with a refusal are forgotten", async () => {
  await behindRaw({}, async (raw, { open }) => {
    raw.react = ({ letter }) =>
      letter === "E" ? Buffer.concat([packet("h", "X-A\0yes\0"), packet("t")]) : undefined;
    assert.deepEqual(await send(await open()), { verdict: "tempfail", changes: [] });
  });
});

for (
  const [what, actions, bytes, error] of [
    [
      "that the milter did not ask leave for",
      0x01,
      packet("m", index(1, "Subject\0x\0")),
      /Cannot changeHeader/,
    ],
    ["of a field without a name", 0x1ff, packet("h", "\0x\0"), /without a name/],
    ["of a recipient with a line end", 0x1ff, packet("+", "<a\nb>\0"), /Cannot addRcpt: it holds a line end/],
    [
      "of a sender's arguments with a line end",
      0x1ff,
      packet("e", "<a>\0A\rB\0"),
      /Cannot changeFrom: it holds/,
    ],
    ["that is cut off", 0x1ff, packet("m", "\0\0"), /[Mm]alformed/],
  ] as const
) {
  test(`a change ${what} fails, and the connection to the milter with it`, async () => {
    await behindRaw({ "on-error": "accept" }, async (raw, front: Served) => {
      raw.terms = [6, actions, 0];
      raw.react = ({ letter, connection }) =>
        letter === "E" && connection === 1
          ? Buffer.concat([packet("h", "X-A\0yes\0"), bytes, packet("c")])
          : undefined;
      const mta = await front.open();
      assert.deepEqual(await send(mta), { verdict: "continue", changes: [] });
      assert.match(String((front.first("filter-error").error as Error).message), error);
      await send(mta);
      assert.equal(raw.connections, 2);
    });
  });
}

test("a milter behind a milter behind a milter", async () => {
  await behindRaw({}, async (raw, front) => {
    raw.react = ({ letter }) =>
      letter === "E" ? Buffer.concat([packet("h", "X-A\0 \xe9\0"), packet("c")]) : undefined;
    await served([await milterFilter(front.address)], async ({ open }) => {
      assert.deepEqual((await send(await open())).changes, ['addHeader "X-A" "  \u00e9"']);
    });
  });
});
