// What an MTA has sent and waits for in the end counts as one: several events that nobody answers are no way around the
// time-outs.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { VerdictEvent } from "../../lib/filter/filter_terms.ts";
import { FilterTimeoutError } from "../../lib/chain/failure.ts";
import type { ServeOptions } from "../../lib/server/server_options.ts";
import { join, packet } from "../protocol/support.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { FiltersInProcess } from "../../lib/mta/filters_in_process.ts";
import { openRaw } from "./raw_socket.ts";
import { type AnyFilter, type Served, served, until } from "./support.ts";
import { at } from "../support/present.ts";

const OFFER = packet("O", Uint8Array.of(0, 0, 0, 6, 0, 0, 1, 0xff, 0, 0x1f, 0xff, 0xff));
const MAIL = packet("M", "<a>\0");
const RCPT = packet("R", "<b>\0");
const EOM = packet("E");
const recipients = (count: number) => join(...Array.from({ length: count }, () => RCPT));

/** An MTA that says what it is told to say, after negotiation; its filters are answered letter by letter. */
async function speaking(
  filters: readonly AnyFilter[],
  clock: ManualClock,
  use: (
    mta: { say(bytes: Uint8Array): void; heard(): string },
    served: Served,
  ) => Promise<void>,
  options: Partial<ServeOptions> = {},
): Promise<void> {
  await served(filters, async (all) => {
    const raw = await openRaw(all.address);
    raw.socket.write(OFFER);
    await until(() => raw.received().length > 0);
    const answered = raw.received().length;
    // Each answer here is a packet of its letter alone.
    const heard = () =>
      [...raw.received().subarray(answered)].filter((_, i) => i % 5 === 4).map((byte) =>
        String.fromCharCode(byte)
      ).join("");
    await use({
      say: (bytes) => void raw.socket.write(bytes),
      heard,
    }, all);
    raw.socket.destroy();
  }, { clock, timeouts: { callback: 1000, message: 2000 }, ...options });
}

/** The same without a socket, so that it is known what was read: all that comes, until it is not read any further. */
async function speakingInMemory(
  filters: readonly AnyFilter[],
  clock: ManualClock,
  use: (
    mta: { say(bytes: Uint8Array): Promise<void>; heard(): string },
    errors: () => string[],
  ) => Promise<void>,
): Promise<void> {
  const errors: string[] = [];
  let heard = "";
  const chain = new FiltersInProcess(filters, { clock, callback: 1000, message: 2000 });
  const dial = chain.dial((event) => {
    if (event.type === "filter-error") errors.push(event.event);
  });
  const socket = await dial(() => ({
    // Each answer is a write of its own, and a packet of its letter alone.
    data: (bytes) => void (heard += String.fromCharCode(at(bytes, 4))),
    drain() {},
    closed() {},
  }));
  const say = (bytes: Uint8Array) => {
    socket.write(bytes);
    return new Promise<void>((resolve) => setTimeout(resolve));
  };
  try {
    await say(OFFER);
    assert.equal(heard, "O");
    heard = "";
    await use({ say, heard: () => heard }, () => errors);
  } finally {
    socket.destroy();
    clock.letGo();
  }
}

/** Takes its time for each recipient, and counts what it began and finished. */
function slow(clock: ManualClock, milliseconds: number, settings: Partial<AnyFilter> = {}) {
  const calls = { began: 0, done: 0, ended: 0 };
  const filter: AnyFilter = {
    name: "slow",
    verdicts: ["eom"],
    async rcpt() {
      calls.began++;
      await clock.sleep(milliseconds);
      calls.done++;
    },
    eom: () => void calls.ended++,
    ...settings,
  };
  return { filter, calls };
}

test("events without an answer have the time of the message together, then on-error is given", async () => {
  const clock = new ManualClock();
  const { filter, calls } = slow(clock, 900);
  await speaking([filter], clock, async ({ say, heard }, { first }) => {
    say(join(MAIL, recipients(20), EOM));
    for (const [began, passes] of [[1, 900], [2, 900], [3, 200]] as const) {
      await until(() => calls.began === began, `recipient ${began}`);
      assert.equal(heard(), "");
      clock.advance(passes);
    }
    await until(() => heard() !== "");
    assert.equal(heard(), "t");
    assert.deepEqual([clock.now(), calls.began, calls.ended], [2000, 3, 0]);
    const { error, event } = first("filter-error");
    assert.ok(error instanceof FilterTimeoutError);
    assert.deepEqual([event, error.value], ["rcpt", 200]);
    assert.match(error.message, /200 ms, the rest of the 2000 ms/);
  });
});

test("the end of the message has what its unanswered events left of the time", async () => {
  const clock = new ManualClock();
  const { filter, calls } = slow(clock, 900, { eom: () => clock.sleep(500) });
  await speaking([filter], clock, async ({ say, heard }, { of }) => {
    say(join(MAIL, recipients(2), EOM));
    await until(() => calls.began === 1);
    clock.advance(900);
    await until(() => calls.began === 2);
    clock.advance(900);
    await until(() => calls.done === 2);
    clock.advance(200);
    await until(() => heard() !== "");
    assert.equal(heard(), "t");
    assert.deepEqual(of("filter-error").map(({ event }) => event), ["eom"]);
  });
});

for (const event of ["data", "header", "unknown", "eoh", "body"] as VerdictEvent[]) {
  test(`where ${event} is answered, unanswered events before it have the time of one answer together`, async () => {
    const clock = new ManualClock();
    const { filter, calls } = slow(clock, 600, { verdicts: [event], [event]: () => {} });
    await speaking([filter], clock, async ({ say }, { of, first }) => {
      say(join(MAIL, recipients(20)));
      await until(() => calls.began === 1);
      clock.advance(600);
      await until(() => calls.began === 2);
      clock.advance(400);
      await until(() => of("filter-error").length === 1);
      assert.deepEqual([first("filter-error").event, calls.began], ["rcpt", 2]);
    });
  });
}

test("over TCP, where DATA is always answered, unanswered recipients have the time of one answer", async () => {
  const clock = new ManualClock();
  const { filter, calls } = slow(clock, 600);
  await speaking([filter], clock, async ({ say, heard }, { of }) => {
    say(join(MAIL, recipients(20), packet("T")));
    await until(() => calls.began === 1);
    clock.advance(600);
    await until(() => calls.began === 2);
    clock.advance(400);
    await until(() => heard() !== "");
    assert.deepEqual([heard(), of("filter-error").length], ["t", 1]);
  }, { listen: "inet:0@127.0.0.1" });
});

test("an answered event has what the unanswered ones before it left of the time", async () => {
  const clock = new ManualClock();
  const { filter, calls } = slow(clock, 600, { verdicts: ["data"], data: () => clock.sleep(500) });
  await speaking([filter], clock, async ({ say, heard }, { of }) => {
    say(join(MAIL, RCPT, packet("T")));
    await until(() => calls.began === 1);
    clock.advance(600);
    await until(() => calls.done === 1);
    clock.advance(400);
    await until(() => heard() !== "");
    assert.deepEqual([heard(), of("filter-error").map(({ event }) => event)], ["t", ["data"]]);
  });
});

test("an SMTP client that takes its time between events takes none of the filters'", async () => {
  const clock = new ManualClock();
  const { filter, calls } = slow(clock, 900);
  await speaking([filter], clock, async ({ say, heard }, { of }) => {
    say(MAIL);
    for (let i = 1; i <= 5; i++) {
      say(RCPT);
      await until(() => calls.began === i, `recipient ${i}`);
      clock.advance(900);
      await until(() => calls.done === i);
      clock.advance(60_000);
    }
    say(EOM);
    await until(() => heard() !== "");
    assert.deepEqual([heard(), of("filter-error")], ["c", []]);
  });
});

/** More than is read while a filter is at work, in pieces. */
const LARGE_BODY = Array.from({ length: 6 }, () => packet("B", new Uint8Array(65_000)));

test("what an MTA could not send while filters were at work counts, too", async () => {
  const clock = new ManualClock();
  const { filter, calls } = slow(clock, 900, { body: () => {}, eom: () => clock.sleep(1500) });
  await speakingInMemory([filter], clock, async ({ say, heard }, errors) => {
    await say(join(MAIL, RCPT, packet("N")));
    for (const piece of LARGE_BODY) await say(piece);
    await say(EOM);
    clock.advance(900);
    await until(() => clock.waited(1500));
    assert.equal(calls.done, 1);
    // As much as is left of the message's time, and less than its end takes.
    clock.advance(1100);
    await until(() => heard() !== "");
    assert.deepEqual([heard(), errors()], ["t", ["eom"]]);
  });
});

for (const how of ["ends", "is aborted"]) {
  test(`an MTA that could not send all of a message has the whole time again once that ${how}`, async () => {
    const clock = new ManualClock();
    let aborts = 0;
    const { filter, calls } = slow(clock, 900, { body: () => {}, abort: () => void aborts++ });
    await speakingInMemory([filter], clock, async ({ say, heard }, errors) => {
      await say(join(MAIL, RCPT, packet("N")));
      for (const piece of LARGE_BODY) await say(piece);
      await say(how === "ends" ? EOM : packet("A"));
      clock.advance(900);
      await until(() => calls.ended + aborts === 1);
      await say(MAIL);
      for (let i = 2; i <= 4; i++) {
        await say(RCPT);
        await until(() => calls.began === i, `recipient ${i}`);
        clock.advance(900);
        await until(() => calls.done === i);
        clock.advance(60_000);
      }
      await say(EOM);
      await until(() => heard().length === (how === "ends" ? 2 : 1));
      assert.deepEqual([heard().replaceAll("c", ""), errors()], ["", []]);
    });
  });
}

test("a message that is over takes no time of the next one", async () => {
  const clock = new ManualClock();
  const { filter, calls } = slow(clock, 900);
  await speaking([filter], clock, async ({ say, heard }, { of }) => {
    for (let i = 1; i <= 4; i++) {
      say(join(MAIL, RCPT, EOM));
      await until(() => calls.began === i, `message ${i}`);
      clock.advance(900);
      await until(() => heard().length === i);
    }
    assert.deepEqual([heard(), of("filter-error")], ["cccc", []]);
  });
});

test("abort callbacks that the MTA waits for take of the time of what it sent behind them", async () => {
  const clock = new ManualClock();
  const log: string[] = [];
  const filter: AnyFilter = {
    name: "1",
    abort: async () => {
      log.push("abort");
      await clock.sleep(700);
    },
    mail: async (_, { helo }) => {
      log.push("mail");
      if (helo) await clock.sleep(500);
    },
  };
  await speaking([filter], clock, async ({ say, heard }, { of }) => {
    say(join(MAIL));
    await until(() => heard() === "c");
    say(join(packet("A"), packet("H", "h\0"), MAIL));
    await until(() => log.includes("abort"));
    clock.advance(700);
    await until(() => log.length === 3);
    clock.advance(300);
    await until(() => heard() !== "c");
    assert.deepEqual([heard(), of("filter-error").map(({ event }) => event)], ["ct", ["mail"]]);
  });
});

const LONG = { callback: 60_000, message: 240_000 };

test("the MTA is told of progress while unanswered events are at work and its end of message has come", async () => {
  const clock = new ManualClock();
  const { filter, calls } = slow(clock, 12_000);
  await speaking([filter], clock, async ({ say, heard }) => {
    say(join(MAIL, recipients(2), packet("D", "E"), EOM, packet("A"), packet("D", "M")));
    for (
      const [began, passes, told] of [[1, 5000, "p"], [1, 5000, "pp"], [1, 2000, "pp"], [2, 3000, "ppp"]]
    ) {
      await until(() => calls.began === began);
      clock.advance(passes as number);
      await until(() => heard() === told);
    }
    clock.advance(9000);
    await until(() => heard().endsWith("c"));
    assert.equal(heard(), "ppppc");
  }, { timeouts: LONG });
});

test("the MTA is told of no progress before it waits for the end of a message", async () => {
  const clock = new ManualClock();
  const { filter, calls } = slow(clock, 12_000, {
    mail: () => clock.sleep(12_000),
    verdicts: ["mail", "eom"],
  });
  await speaking([filter], clock, async ({ say, heard }) => {
    say(MAIL);
    await until(() => clock.waited(12_000));
    clock.advance(12_000);
    await until(() => heard() === "c");
    say(join(RCPT, EOM.subarray(0, 4)));
    await until(() => calls.began === 1);
    clock.advance(12_000);
    await until(() => calls.done === 1);
    clock.advance(60_000);
    say(EOM.subarray(4));
    await until(() => heard().length > 1);
    assert.equal(heard(), "cc");
  }, { timeouts: LONG });
});
