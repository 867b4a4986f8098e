// Connections to a milter that are used for one SMTP client after the other.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { MtaClient } from "../../lib/mta/client.ts";
import { CLIENT, MESSAGE, probe, type Served, turns, until } from "../server/support.ts";
import { behind, behindRaw, type RawMilter } from "./support.ts";

const REUSE = { reuse: "" };

async function send(mta: MtaClient): Promise<string> {
  const { answer } = await mta.message(MESSAGE, { from: "s@example.org", to: ["a@example.net"] });
  return answer.verdict;
}

/** One SMTP client: connects, sends, leaves. */
async function client({ open }: Served, raw: RawMilter, offer = {}): Promise<void> {
  const mta = await open({ offer });
  assert.equal(await send(mta), "continue");
  const left = raw.packets.length;
  mta.quit();
  await until(() => raw.packets.length > left || raw.open === 0);
}

test("a connection carries one client after the other", async () => {
  await behindRaw(REUSE, async (raw, front) => {
    for (let i = 0; i < 3; i++) await client(front, raw);
    assert.equal(raw.letters(), "O" + "CHMRTLLNBEK".repeat(3));
  });
});

test("without --reuse each has its own", async () => {
  await behindRaw({}, async (raw, front) => {
    for (let i = 0; i < 2; i++) await client(front, raw);
    assert.equal(raw.letters(), "OCHMRTLLNBEQ".repeat(2));
  });
});

test("so it is with a milter of Milterkit, whose filters see each client come and go", async () => {
  const log: string[] = [];
  await behind([probe("1", log)], async ({ open }, back) => {
    for (let i = 0; i < 3; i++) {
      const mta = await open();
      assert.equal(await send(mta), "continue");
      mta.quit();
      await until(() => log.filter((line) => line === "close:1").length === i + 1);
    }
    assert.equal(back.of("connected").length, 1);
    assert.equal(log.filter((line) => line === "connect:1").length, 3);
  }, { reuse: "" });
});

test("an MTA that itself uses its connection again is served alike", async () => {
  await behindRaw(REUSE, async (raw, { open }) => {
    const mta = await open();
    for (let i = 0; i < 3; i++) {
      assert.equal(await send(mta), "continue");
      mta.next();
      await mta.connect(CLIENT);
      await mta.helo("client.example");
    }
    assert.equal(raw.connections, 1);
  });
  await behindRaw({}, async (raw, { open }) => {
    const mta = await open();
    assert.equal(await send(mta), "continue");
    mta.next();
    await mta.connect(CLIENT);
    await mta.helo("client.example");
    assert.equal(await send(mta), "continue");
    assert.equal(raw.letters(2), "OCHMRTLLNBE");
  });
});

test("one that the milter closed meanwhile is replaced without a word", async () => {
  await behindRaw(REUSE, async (raw, front) => {
    await client(front, raw);
    raw.closeAll();
    await turns();
    await client(front, raw);
    assert.equal(raw.letters(2), "OCHMRTLLNBEK");
    assert.equal(front.of("filter-error").length, 0);
  });
});

test("one that the milter closes at its first use is replaced too", async () => {
  await behindRaw(REUSE, async (raw, front) => {
    await client(front, raw);
    raw.react = ({ letter, connection }) => letter === "C" && connection === 1 ? "close" : undefined;
    await client(front, raw);
    assert.equal(raw.letters(), "OCHMRTLLNBEK" + "C" + "OCHMRTLLNBEK");
    assert.equal(front.of("filter-error").length, 0);
  });
});

test("a milter that does not answer on one is not given any a second time", async () => {
  await behindRaw(REUSE, async (raw, front) => {
    await client(front, raw);
    let clients = 0;
    raw.react = ({ letter, connection }) =>
      letter === "C" && connection === 1 && ++clients > 0 ? "outwait" : undefined;
    await client(front, raw);
    await client(front, raw);
    assert.equal(raw.letters(), "OCHMRTLLNBEK" + "C" + "OCHMRTLLNBEQ" + "OCHMRTLLNBEQ");
    assert.equal(front.of("filter-error").length, 0);
  });
});

test("another offer of the MTA, an old milter, and a message in its midst have a connection of their own", async () => {
  await behindRaw(REUSE, async (raw, front) => {
    raw.terms = [6, 1, 0];
    await client(front, raw);
    await client(front, raw, { actions: 0x1f });
    assert.equal(raw.connections, 2);
    await client(front, raw);
    assert.equal(raw.connections, 2);
  });
  await behindRaw(REUSE, async (raw, front) => {
    raw.terms = [4, 0, 0];
    await client(front, raw);
    await client(front, raw);
    assert.equal(raw.letters(), "OCHMRTLLNBEQ".repeat(2));
  });
  await behindRaw(REUSE, async (raw, front) => {
    const mta = await front.open();
    await mta.mail("s@example.org");
    mta.quit();
    await until(() => raw.letters().endsWith("AK"));
    await client(front, raw);
    assert.equal(raw.letters(), "OCHMAK" + "CHMRTLLNBEK");
  });
});

test("no more than a few are kept", async () => {
  await behindRaw(REUSE, async (raw, { open }) => {
    const clients = await Promise.all(Array.from({ length: 12 }, () => open()));
    assert.equal(raw.open, 12);
    for (const mta of clients) mta.quit();
    await until(() => raw.packets.filter(({ letter }) => "KQ".includes(letter)).length === 12);
    assert.equal(raw.packets.filter(({ letter }) => letter === "K").length, 8);
    await until(() => raw.open === 8);
  });
});

test("one that nobody needs is let go after half a minute", async () => {
  await behindRaw(REUSE, async (raw, front) => {
    await client(front, raw);
    raw.clock.advance(29_999);
    await client(front, raw);
    assert.equal(raw.letters(), "O" + "CHMRTLLNBEK".repeat(2));
    await until(() => raw.clock.left(30_000) === 30_000);
    raw.clock.advance(30_000);
    await until(() => raw.open === 0);
    assert.equal(raw.letters(), "O" + "CHMRTLLNBEK".repeat(2) + "Q");
    await client(front, raw);
    assert.equal(raw.connections, 2);
  });
});
