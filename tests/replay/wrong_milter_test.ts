// Filters that close, keep silent, or speak out of turn.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Command } from "../../lib/protocol/constants.ts";
import type { MtaClient } from "../../lib/mta/client.ts";
import { toBytes } from "../../lib/message/text.ts";
import { join, packet } from "../protocol/support.ts";
import { at } from "../support/present.ts";
import { type Say, terms, withRawMilter } from "./raw_milter.ts";
import { recordAt, replayAt, short } from "./support.ts";

const CONTINUE = packet("c");
const UNANSWERED: readonly number[] = [Command.MACRO, Command.ABORT, Command.QUIT, Command.QUIT_NC];

/** Continues everywhere but where it is told otherwise. */
function milter(answers: Record<number, Uint8Array | "close" | undefined> = {}): Say {
  return ({ command }) => {
    if (command in answers) return answers[command];
    if (command === Command.OPTNEG) return terms(0);
    return UNANSWERED.includes(command) ? undefined : CONTINUE;
  };
}

async function session(client: MtaClient): Promise<void> {
  await client.connect({ hostname: "client.example", family: "inet", address: "192.0.2.1" });
  await client.helo("client.example");
  await client.message(toBytes("Subject: x\r\n\r\nbody\r\n"), { from: "a@b", to: ["c@d"] });
  client.quit();
}

const record = (say: Say) =>
  withRawMilter(
    say,
    (address) => recordAt(address, async (open) => await session(await open({ bare: true }))),
  );
const replay = (say: Say, records: Awaited<ReturnType<typeof record>>, timeout?: number) =>
  withRawMilter(say, (address) => replayAt(address, records, timeout === undefined ? {} : { timeout }));

const adds = (name: string, value: string) => packet("h", `${name}\0${value}\0`);

test("what a filter does now where it answered then", { timeout: 30_000 }, async () => {
  const records = await record(milter());
  assert.deepEqual(short(await replay(milter(), records)), []);
  assert.deepEqual(short(await replay(milter({ [Command.MAIL]: "close" }), records)), [
    "1.1 mail verdict: continue -> closed the connection (connection)",
  ]);
  assert.deepEqual(short(await replay(milter({ [Command.RCPT]: undefined }), records, 300)), [
    "1.1 rcpt verdict: continue -> no answer within 300 ms (connection)",
  ]);
  assert.deepEqual(short(await replay(milter({ [Command.DATA]: toBytes("HTTP/1.1 400") }), records)), [
    "1.1 data verdict: continue -> sent something that is not a packet (not the milter protocol: a packet of length " +
    "1213486160, 1048576 is the most) (connection)",
  ]);
  assert.deepEqual(short(await replay(milter({ [Command.OPTNEG]: packet("r") }), records)), [
    "1 negotiate verdict: options version 6; actions: add-headers change-body add-rcpt delete-rcpt change-headers " +
    "quarantine change-from add-rcpt-par set-symbol-list; protocol: none -> reject (connection)",
  ]);
  assert.deepEqual(
    short(await replay(milter({ [Command.QUIT]: undefined, [Command.EOH]: packet("!") }), records)),
    [
      "1.1 eoh verdict: continue -> '!' (0 bytes): there is no packet '!' of the milter (message)",
    ],
  );
});

test("what an MTA says to another answer", { timeout: 30_000 }, async () => {
  const records = await record(milter());
  const cases: [answers: Parameters<typeof milter>[0], asked: string][] = [
    [{}, "OCHMRTLNBEQ"],
    [{ [Command.HELO]: packet("r") }, "OCHQ"],
    [{ [Command.MAIL]: packet("y", "550 5.7.1 no\0") }, "OCHMAQ"],
    [{ [Command.MAIL]: packet("y", "421 4.7.0 bye\0") }, "OCHMQ"],
    [{ [Command.RCPT]: packet("t") }, "OCHMRAQ"],
    [{ [Command.RCPT]: packet("a") }, "OCHMRAQ"],
    [{ [Command.HEADER]: packet("d") }, "OCHMRTLAQ"],
    [{ [Command.BODY]: packet("s") }, "OCHMRTLNBEQ"],
    [{ [Command.BODYEOB]: packet("r") }, "OCHMRTLNBEQ"],
    [{ [Command.OPTNEG]: terms(0x2 | 0x4 | 0x10 | 0x80) }, "OCRTLNEQ"],
  ];
  for (const [answers, expected] of cases) {
    let asked = "";
    const say = milter(answers);
    const unanswered = answers?.[Command.OPTNEG] ? { [Command.HEADER]: undefined } : {};
    await replay((piece) => {
      if (piece.command !== Command.MACRO) asked += String.fromCharCode(piece.command);
      return piece.command in unanswered ? undefined : say(piece);
    }, records);
    assert.equal(asked, expected);
  }
});

test("progress is no answer, and a body is what its pieces are together", { timeout: 30_000 }, async () => {
  const body = (...pieces: string[]) =>
    milter({ [Command.BODYEOB]: join(packet("p"), ...pieces.map((piece) => packet("b", piece)), CONTINUE) });
  const records = await record(body("new", " body"));
  assert.deepEqual(short(await replay(body("new body"), records)), []);
  const quick = milter({ [Command.BODYEOB]: join(packet("b", "new body"), CONTINUE) });
  assert.deepEqual(short(await replay(quick, records)), []);
  assert.deepEqual(
    short(await replay(body("new", " bodY"), records)).map((line) => line.replace(/SHA.*?…/g, "#")),
    [
      "1.1 eom changes: replace-body 8 bytes (#) -> replace-body 8 bytes (#)",
    ],
  );
});

test(
  "what differs only where it is not shown is a difference all the same",
  { timeout: 30_000 },
  async () => {
    const long = (end: string) =>
      milter({ [Command.BODYEOB]: join(adds("X", "x".repeat(5000) + end), CONTINUE) });
    const told = short(await replay(long("b"), await record(long("a"))));
    assert.equal(told.length, 1);
    assert.match(at(told, 0), /\(5001 characters\) \(differs in what is not shown\)$/);
  },
);

test("what is done to the same recipient is told apart", { timeout: 30_000 }, async () => {
  const at = (letter: string) => milter({ [Command.BODYEOB]: join(packet(letter, "<a@b>\0"), CONTINUE) });
  assert.deepEqual(short(await replay(at("-"), await record(at("+")))), [
    "1.1 eom changes: add-rcpt <a@b> -> null",
    "1.1 eom changes: null -> delete-rcpt <a@b>",
  ]);
});

test("a value with its leading space is the same where that was agreed", { timeout: 30_000 }, async () => {
  const LEADING = 0x100000;
  const at = (protocol: number, ...packets: Uint8Array[]) =>
    milter({ [Command.OPTNEG]: terms(protocol), [Command.BODYEOB]: join(...packets, CONTINUE) });
  const insert = (value: string) => packet("i", `\0\0\0\x01X\0${value}\0`);
  const gone = packet("m", "\0\0\0\x01Y\0\0");
  const records = await record(at(0, adds("X", "1"), insert("2"), gone));
  const agreed = "1 negotiate protocol: none -> header-leading-space";
  assert.deepEqual(short(await replay(at(LEADING, adds("X", " 1"), insert(" 2"), gone), records)), [agreed]);
  assert.deepEqual(short(await replay(at(LEADING, adds("X", "1"), insert(" 2"), gone), records)), [
    agreed,
    "1.1 eom changes: add-header X: 1 -> add-header X: 1 (no space after the colon)",
  ]);
});

test("packets where no answer is due are told", { timeout: 30_000 }, async () => {
  const records = await record(milter());
  const rash = milter({ [Command.BODYEOB]: join(CONTINUE, packet("a")) });
  assert.deepEqual(short(await replay(rash, records)), ["1 close packets: null -> accept"]);
});

test("a filter that closed then, and does not now", { timeout: 30_000 }, async () => {
  const records = await withRawMilter(
    milter({ [Command.RCPT]: "close" }),
    (address) =>
      recordAt(address, async (open) => {
        await assert.rejects(session(await open()));
      }),
  );
  assert.deepEqual(short(await replay(milter(), records)), [
    "1.1 rcpt verdict: closed the connection -> continue",
  ]);
  assert.deepEqual(short(await replay(milter({ [Command.RCPT]: "close" }), records)), []);
});

test("an answer that the MTA did not wait for is not compared", { timeout: 30_000 }, async () => {
  const records = await withRawMilter(
    milter({ [Command.MAIL]: undefined }),
    (address) =>
      recordAt(address, async (open) => {
        const client = await open({ timeout: 2000 });
        await assert.rejects(client.mail("a@b"));
      }),
  );
  assert.deepEqual(short(await replay(milter({ [Command.MAIL]: packet("r") }), records)), []);
});

test("a recipient whose refusal nobody waits for now", { timeout: 30_000 }, async () => {
  const records = await record(milter({ [Command.RCPT]: packet("r") }));
  const silent = milter({ [Command.OPTNEG]: terms(0x8000), [Command.RCPT]: undefined });
  assert.deepEqual(short(await replay(silent, records)), [
    "1 negotiate protocol: none -> nr-rcpt",
    "1.1 rcpt verdict: reject -> no answer due",
  ]);
});

test("a filter that speaks an older version is told less", { timeout: 30_000 }, async () => {
  const asked: number[] = [];
  const old = milter({ [Command.OPTNEG]: terms(0, 3) });
  const told = short(
    await replay((piece) => {
      asked.push(piece.command);
      return old(piece);
    }, await record(milter())),
  );
  assert.deepEqual(told, ["1 negotiate version: 6 -> 3"]);
  assert.equal(asked.includes(Command.DATA), false);
  assert.equal(asked.includes(Command.MAIL), true);
});
