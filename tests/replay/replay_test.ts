// Recorded sessions, played to filters that answer the same and to filters that do not.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { EndOfMessage } from "../../lib/filter/end_of_message.ts";
import { accept, discard, reject, skip, tempfail, type Verdict } from "../../lib/filter/verdict.ts";
import type { MtaClient } from "../../lib/mta/client.ts";
import { toBytes } from "../../lib/message/text.ts";
import type { AnyFilter } from "../server/support.ts";
import { ALL_EVENTS } from "../server/support.ts";
import { at } from "../support/present.ts";
import { type OpenTraced, record, replay, short } from "./support.ts";

const MESSAGE = toBytes("From: a@example.org\r\nSubject: hello\r\n\r\nbody\r\n");
/** A filter that is asked everything and lets everything pass but where `answers` says otherwise. */
function filter(answers: Partial<AnyFilter> = {}): AnyFilter {
  const callbacks = Object.fromEntries(ALL_EVENTS.map((event) => [event, () => {}]));
  return {
    name: "test",
    changes: ["addHeader", "changeHeader", "deleteHeader", "replaceBody", "addRcpt", "quarantine"],
    ...callbacks,
    ...answers,
  };
}

async function send(client: MtaClient, from: string, id: string, to = ["b@example.test"]): Promise<void> {
  const macros = { mail: { mail_addr: from }, data: { i: id }, eom: { i: id } };
  await client.message(MESSAGE, { from, to, macros });
}

/** Two messages, one given up between them, and a command that nobody knows. */
async function session(open: OpenTraced): Promise<void> {
  const client = await open();
  await send(client, "one@example.org", "ID1");
  client.abort();
  await client.mail("two@example.org");
  await client.rcpt("b@example.test");
  client.abort();
  await send(client, "three@example.org", "ID3", ["b@example.test", "c@example.test"]);
  await client.unknown("FOO");
  client.quit();
}

test("the same filter answers the same", { timeout: 30_000 }, async () => {
  const filters = [
    filter({
      rcpt: ({ address }) => address.startsWith("c@") ? reject(550, "5.1.1", "no c") : undefined,
      eom: (message: EndOfMessage) => {
        message.addHeader("X-A", "1");
        message.replaceBody("new");
      },
    }),
  ];
  const records = await record(filters, session);
  const replayed = await replay(filters, records);
  assert.deepEqual(short(replayed), []);
  const connection = at(replayed.recording.connections, 0);
  assert.equal(connection.messages, 3);
  assert.deepEqual([...connection.queueIds], [[1, "ID1"], [3, "ID3"]]);
  const names = at(replayed.played, 0).answers.map(({ step }) => step.event?.name ?? "negotiate");
  const message = (recipients: number) => [
    "mail",
    ...Array(recipients).fill("rcpt"),
    ...["data", "header", "header", "eoh", "body", "eom"],
  ];
  assert.deepEqual(names, [
    ...["negotiate", "connect", "helo"],
    ...message(1),
    ...["mail", "rcpt"],
    ...message(2),
    "unknown",
  ]);
});

/** One verdict that is not as it was, where, and all that is told. */
const cases: [what: string, answers: Partial<AnyFilter>, told: string[]][] = [
  ["connect", { connect: () => reject() }, ["1 connect verdict: continue -> reject (connection)"]],
  ["helo", { helo: () => tempfail() }, ["1 helo verdict: continue -> tempfail (connection)"]],
  [
    "one sender",
    { mail: ({ address }) => from(address, "three", reject(550, "5.7.1", "not you")) },
    ["1.3 mail verdict: continue -> reject 550 5.7.1 not you (message)"],
  ],
  [
    "one recipient of two",
    { rcpt: ({ address }) => from(address, "c", reject()) },
    ["1.3 rcpt verdict: continue -> reject"],
  ],
  [
    "the message to a recipient",
    { rcpt: ({ address }) => from(address, "c", discard()) },
    ["1.3 rcpt verdict: continue -> discard (message)"],
  ],
  [
    "all recipients",
    { rcpt: () => tempfail() },
    [
      "1.1 rcpt verdict: continue -> tempfail",
      "1.2 rcpt verdict: continue -> tempfail",
      "1.3 rcpt verdict: continue -> tempfail",
      "1.3 rcpt verdict: continue -> tempfail",
    ],
  ],
  [
    "data",
    { data: (context) => from(context.sender?.address ?? "", "one", tempfail()) },
    ["1.1 data verdict: continue -> tempfail (message)"],
  ],
  [
    "header",
    { header: ({ name }) => name === "Subject" ? accept() : undefined },
    ["1.1 header verdict: continue -> accept (message)", "1.3 header verdict: continue -> accept (message)"],
  ],
  [
    "the session",
    { eoh: () => tempfail(421, "4.7.0", "go away") },
    ["1.1 eoh verdict: continue -> tempfail 421 4.7.0 go away (connection)"],
  ],
  [
    "body",
    { body: () => skip() },
    ["1.1 body verdict: continue -> skip", "1.3 body verdict: continue -> skip"],
  ],
  [
    "changes",
    {
      eom: (message: EndOfMessage) => {
        message.addHeader("X-New", "1");
        message.quarantine("look");
      },
    },
    [
      ...["1.1", "1.3"].flatMap((place) => [
        `${place} eom changes: null -> add-header X-New: 1`,
        `${place} eom changes: null -> quarantine look`,
      ]),
    ],
  ],
  ["an unknown command", { unknown: () => reject() }, ["1 unknown verdict: continue -> reject"]],
];

function from(address: string, who: string, verdict: Verdict): Verdict | undefined {
  return address.startsWith(`${who}@`) ? verdict : undefined;
}

for (const [what, answers, told] of cases) {
  test(`another answer to ${what} is named, and played on as an MTA would`, { timeout: 30_000 }, async () => {
    const records = await record([filter()], session);
    assert.deepEqual(short(await replay([filter(answers)], records)), told);
    // and the other way round: what was recorded then is what is there no more
    const before = await record([filter(answers)], session);
    const reversed = short(await replay([filter()], before));
    const swapped = told.map((line) => line.replace(/: (.*) -> (.*?)(?: \(\w+\))?$/, ": $2 -> $1"));
    // These clients go on where an MTA would not, so more is recorded of a session that was refused.
    const first = at(told, 0).endsWith("(connection)") ? reversed.slice(0, 1) : reversed;
    assert.deepEqual(first, swapped);
  });
}

test("other terms: what is asked and answered now is what counts", { timeout: 30_000 }, async () => {
  const records = await record([filter()], session);
  const seen: string[] = [];
  const { body: _body, unknown: _unknown, ...silent } = filter({ verdicts: [], changes: [] });
  const listening: AnyFilter = {
    ...silent,
    header: ({ name, value }) => void seen.push(`${name}:${value}`),
  };
  const told = short(await replay([listening], records));
  assert.equal(told.length, 2, told.join("\n"));
  assert.match(at(told, 0), /^1 negotiate actions: .*add-headers.* -> none$/);
  assert.match(at(told, 1), /^1 negotiate protocol: [\w ]+ -> no-body .*no-unknown .*nr-mail.*$/);
  assert.deepEqual(seen, Array(2).fill(["From:a@example.org", "Subject:hello"]).flat());
  // from those terms back: what the recording lacks is not asked
  const before = await record([listening], session);
  const back = short(await replay([filter()], before));
  assert.equal(back.length, 2, back.join("\n"));
  assert.match(at(back, 1), /^1 negotiate protocol: no-body .* -> /);
});

test("a verdict that nobody waited for then is a difference now", { timeout: 30_000 }, async () => {
  const records = await record([filter({ verdicts: ["eom"] })], session);
  const told = short(await replay([filter({ mail: () => reject() })], records));
  assert.match(at(told, 0), /^1 negotiate protocol: nr-.* -> none$/);
  assert.deepEqual(told.slice(1), [
    "1.1 mail verdict: no answer due -> reject (message)",
    "1.2 mail verdict: no answer due -> reject (message)",
    "1.3 mail verdict: no answer due -> reject (message)",
  ]);
});

test("a verdict at an event that is not asked for any more", { timeout: 30_000 }, async () => {
  const records = await record([filter({ unknown: () => reject() })], session);
  const { unknown: _unknown, ...without } = filter();
  const told = short(await replay([without], records));
  assert.deepEqual(told.slice(1), ["1 unknown verdict: reject -> not asked"]);
});

test("several SMTP clients on one connection, and one that vanishes", { timeout: 30_000 }, async () => {
  const records = await record([filter()], async (open) => {
    const client = await open();
    await send(client, "one@example.org", "ID1");
    client.next();
    await client.connect({ hostname: "second", family: "inet", address: "192.0.2.2" });
    await client.helo("second");
    await send(client, "two@example.org", "ID2");
    client.quit();
    const vanishing = await open();
    await vanishing.mail("three@example.org");
    await vanishing.rcpt("b@example.test");
    vanishing.destroy();
  });
  assert.deepEqual(short(await replay([filter()], records)), []);
  const aborted: string[] = [];
  const second = filter({
    connect: ({ address }) => address === "192.0.2.1" ? reject() : undefined,
    abort: (context) => void aborted.push(context.sender?.address ?? ""),
  });
  // the first client is refused now; the second one comes nevertheless
  const replayed = await replay([second], records);
  assert.deepEqual(short(replayed), [
    "1 connect verdict: continue -> reject (connection)",
    "2 connect verdict: continue -> reject (connection)",
  ]);
  const played = at(replayed.played, 0).answers.map(({ step }) => `${step.message} ${step.event?.name}`);
  assert.ok(played.includes("2 eom"), played.join(", "));
  await replay([filter({ abort: (context) => void aborted.push(context.sender?.address ?? "") })], records);
  assert.deepEqual(aborted, ["three@example.org"]);
});

test("changes of a header that is not to be compared", { timeout: 30_000 }, async () => {
  const stamped = (stamp: string) =>
    filter({
      eom: (message: EndOfMessage) => {
        message.addHeader("X-Id", stamp);
        message.addHeader("X-Same", "1");
      },
    });
  const records = await record([stamped("a")], session);
  assert.deepEqual(short(await replay([stamped("b")], records)), [
    "1.1 eom changes: add-header X-Id: a -> add-header X-Id: b",
    "1.3 eom changes: add-header X-Id: a -> add-header X-Id: b",
  ]);
  assert.deepEqual(short(await replay([stamped("b")], records, { ignore: ["x-id"] })), []);
});
