// Failures of what is around a server: the clock jumps, what was kept cannot be read again, a mistake of ours.
import assert from "node:assert/strict";
import { readdirSync, readlinkSync, truncateSync } from "node:fs";
import process from "node:process";
import { test } from "node:test";
import type { EndOfMessage } from "../../lib/filter/end_of_message.ts";
import { toBytes } from "../../lib/message/text.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { type AnyFilter, inFolder, MESSAGE, served, until } from "./support.ts";

const TO = ["b@example.net"];
const DAY = 24 * 60 * 60 * 1000;

for (const [where, jump] of [["ahead", DAY], ["back", -DAY]] as const) {
  test(`a clock that jumps ${where} ends no time and no connection early`, async () => {
    const now = Date.now;
    const clock = new ManualClock();
    const times = { callback: 5000, message: 5000, idle: 20_000, negotiation: 20_000, send: 20_000 };
    const filter = {
      name: "jumps",
      mail: async () => {
        Date.now = () => now() + jump;
        await clock.pass(50);
      },
      eom: () => clock.pass(50),
    };
    try {
      await served([filter], async ({ open, of, events, server, reports }) => {
        const mta = await open();
        assert.equal((await mta.message(MESSAGE, { to: TO })).answer.verdict, "continue");
        // Longer than two looks at what is idle.
        clock.advance(2500);
        assert.equal((await mta.message(MESSAGE, { to: TO })).answer.verdict, "continue");
        assert.deepEqual(of("filter-error"), []);
        assert.deepEqual(events.filter(({ type }) => type === "idle" || type === "stalled"), []);
        assert.equal(server.connections, 1);
        assert.deepEqual(reports().map(({ milliseconds }) => milliseconds), [100, 100]);
      }, { timeouts: times, clock });
    } finally {
      Date.now = now;
    }
  });
}

test(
  "where the date stands still, time-outs of the system's clock come all the same",
  async () => {
    const now = Date.now;
    Date.now = () => 0;
    try {
      const never = new Promise<never>(() => {});
      await served([{ name: "hangs", eom: () => never }], async ({ open, of }) => {
        const mta = await open();
        assert.equal((await mta.message(MESSAGE, { to: TO })).answer.verdict, "tempfail");
        assert.equal(of("filter-error").length, 1);
      }, { timeouts: { message: 20 } });
    } finally {
      Date.now = now;
    }
  },
);

test("a new body that cannot be read again is not sent: the message is put off", {
  skip: process.platform === "linux" ? false : "needs Linux's /proc",
}, async () => {
  await inFolder(async (folder) => {
    const replaces: AnyFilter = {
      name: "replaces",
      changes: ["replaceBody", "addHeader"],
      eom: (end: EndOfMessage) => {
        end.addHeader("X-A", "1");
        end.replaceBody(new Uint8Array(400_000).fill(0x78));
      },
    };
    // It has a file by now, which has no name: only its descriptor leads to it.
    const breaks: AnyFilter = {
      name: "breaks",
      eom: () => {
        const files = readdirSync("/proc/self/fd").filter((fd) => linkOf(fd).startsWith(folder));
        assert.ok(files.length > 0);
        for (const fd of files) truncateSync(`/proc/self/fd/${fd}`, 0);
      },
    };
    await served([replaces, breaks], async ({ open, first, server }) => {
      const mta = await open();
      const { answer } = await mta.message(MESSAGE, { to: TO });
      assert.equal(answer.verdict, "tempfail");
      const { error } = first("spool-failed");
      assert.match(
        error.message,
        /Cannot read back a message in .*: .*the file ended early/,
      );
      assert.equal(server.connections, 1);
    }, { spool: { memory: 1000, folder } });
  });
});

test("a body that cannot be read again for a filter that waits for it fails that filter", {
  skip: process.platform === "linux" ? false : "needs Linux's /proc",
}, async () => {
  for (const [onError, expected] of [["tempfail", "tempfail"], ["accept", "continue"]] as const) {
    await inFolder(async (folder) => {
      const breaks: AnyFilter = {
        name: "breaks",
        changes: ["replaceBody"],
        eom: () => {
          const files = readdirSync("/proc/self/fd").filter((fd) => linkOf(fd).startsWith(folder));
          assert.ok(files.length > 0);
          for (const fd of files) truncateSync(`/proc/self/fd/${fd}`, 0);
        },
      };
      const waits: AnyFilter = { name: "waits", onError, body: () => {} };
      await served([breaks, waits], async ({ open, of }) => {
        const mta = await open();
        const large = `Subject: hi\r\n\r\n${"x".repeat(70)}\r\n`.concat(`${"y".repeat(70)}\r\n`.repeat(3000));
        const { answer } = await mta.message(toBytes(large), { to: TO });
        assert.equal(answer.verdict, expected);
        assert.deepEqual(of("filter-error").map(({ filter, event }) => [filter, event]), [["waits", "body"]]);
        assert.deepEqual(of("internal-error"), []);
      }, { spool: { memory: 1000, folder } });
    });
  }
});

function linkOf(fd: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return "";
  }
}

test("a mistake of ours ends its own connection, and no other", async () => {
  let isOurs = false;
  // What a filter says of itself is read outside of its callbacks, where nothing throws unless there is a mistake.
  const filter: AnyFilter = {
    name: "1",
    get onError(): "tempfail" {
      if (isOurs) throw new Error("a mistake");
      return "tempfail";
    },
    mail() {
      throw new Error("the filter's own");
    },
  };
  await served([filter], async ({ open, first, server }) => {
    const [good, bad] = [await open(), await open()];
    isOurs = true;
    await assert.rejects(bad.mail("a"));
    await until(() => server.connections === 1);
    isOurs = false;
    const { connection, error } = first("internal-error");
    assert.deepEqual([connection, error.message], [2, "a mistake"]);
    assert.equal((await good.mail("a")).verdict, "tempfail");
  });
});
