import assert from "node:assert/strict";
import { test } from "node:test";
import { MtaClient } from "../../lib/mta/client.ts";
import { reject } from "../../lib/filter/verdict.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { gate, MESSAGE, probe, served, turns, until } from "./support.ts";

test("after a stop a connection in a message finishes it with its verdict; new ones are refused", async () => {
  const log: string[] = [];
  const filter = probe("1", log, { eom: () => reject(550, "5.7.1", "no") });
  await served([filter], async ({ open, server, address, of }) => {
    const mta = await open();
    await mta.mail("a");
    const stopped = server.stop(60_000);
    await assert.rejects(MtaClient.open(address));
    await mta.rcpt("b");
    assert.deepEqual((await mta.eom()).reply?.lines, ["no"]);
    assert.deepEqual(of("stopping").map(({ connections, inMessage }) => [connections, inMessage]), [[1, 1]]);
    // Between messages it goes on until the MTA ends it.
    assert.equal((await mta.message(MESSAGE, { to: ["b"] })).answer.verdict, "reject");
    mta.quit();
    await stopped;
    await server.finished;
    assert.equal(log.includes("abort:1"), false);
    assert.equal(log.filter((entry) => entry === "close:1").length, 1);
  });
});

test("when the time after a stop is up those between messages are closed, the others after their message", async () => {
  const clock = new ManualClock();
  const log: string[] = [];
  await served([probe("1", log)], async ({ open, server, of }) => {
    const [between, inside] = [await open(), await open()];
    await between.message(MESSAGE, { to: ["b"] });
    await inside.mail("a");
    const stopped = server.stop(20_000);
    clock.advance(19_999);
    assert.deepEqual(of("stop-timeout"), []);
    clock.advance(1);
    await until(() => server.connections === 1);
    await assert.rejects(between.mail("late"), /closed the connection/);
    assert.deepEqual(of("stop-timeout").map(({ closed, connections }) => [closed, connections]), [[1, 2]]);
    await inside.rcpt("b");
    assert.equal((await inside.eom()).verdict, "continue");
    await stopped;
    assert.equal(log.includes("abort:1"), false);
    assert.deepEqual(of("disconnected").map(({ lost }) => lost), [false, false]);
  }, { clock });
});

test("a server without connections stops at once, and twice is once", async () => {
  await served([probe("1", [])], async ({ server, of }) => {
    await Promise.all([server.stop(), server.stop()]);
    await server.finished;
    assert.equal(of("stopping").length, 1);
    assert.equal(server.connections, 0);
  });
});

test("abort ends connections: abort and close callbacks run, and no answer is given", async () => {
  const log: string[] = [];
  await served([probe("1", log), probe("2", log)], async ({ open, server, of }) => {
    const [inside, between] = [await open(), await open()];
    await inside.mail("a");
    log.length = 0;
    await server.abort();
    assert.deepEqual(log, ["abort:1", "abort:2", "close:1", "close:2", "close:1", "close:2"]);
    assert.deepEqual(of("aborting").map(({ connections, inMessage }) => [connections, inMessage]), [[2, 1]]);
    await assert.rejects(inside.rcpt("b"), /closed the connection/);
    await assert.rejects(between.mail("b"), /closed the connection/);
    await server.abort();
  });
});

for (const event of ["connect", "mail", "header", "eom"] as const) {
  for (const how of ["the server aborts", "the connection is lost"] as const) {
    test(`where ${how} during a callback of ${event} nothing else is called before it is done`, async () => {
      const log: string[] = [];
      const slow = gate();
      const began = gate();
      const filter = probe("1", log, {
        [event]: async () => {
          began.open();
          await slow.opened;
          log.push("done:1");
        },
      });
      await served([filter, probe("2", log)], async ({ open, server, of }) => {
        const mta = await open({ bare: true });
        const session = async () => {
          await mta.connect({ hostname: "h", family: "unknown" });
          await mta.message(MESSAGE, { to: ["b"] });
        };
        const failed = assert.rejects(session());
        await began.opened;
        const ended = how === "the server aborts" ? server.abort() : mta.destroy();
        // The system's word of a lost connection takes its time; either way nothing may be called.
        await turns();
        assert.equal(log.at(-1), `${event}:1`);
        assert.equal(server.connections, 1);
        slow.open();
        await ended;
        await until(() => server.connections === 0);
        await failed;
        // Abort goes to who was told of the message and has not seen its end, close to everybody.
        const heard = (name: string, event: string) => log.includes(`${event}:${name}`);
        const told = ["1", "2"].filter((name) => heard(name, "mail") && !heard(name, "eom"));
        const last = log.slice(-2 - told.length);
        assert.deepEqual(last, [...told.map((name) => `abort:${name}`), "close:1", "close:2"]);
        assert.deepEqual(of("disconnected").map(({ lost }) => lost), [how === "the connection is lost"]);
      });
    });
  }
}

test("where a connection is lost or aborted during a callback, later filters are not shown any more of the message", async () => {
  for (const event of ["mail", "eom"] as const) {
    for (const how of ["abort", "lost"] as const) {
      const log: string[] = [];
      const slow = gate();
      const began = gate();
      const filter = probe("1", log, {
        [event]: () => {
          began.open();
          return slow.opened;
        },
      });
      await served([filter, probe("2", log)], async ({ open, server }) => {
        const mta = await open();
        const sent = mta.message(MESSAGE, { to: ["b"] });
        sent.catch(() => {});
        await began.opened;
        if (how === "abort") server.abort();
        else mta.destroy();
        // Long enough for the system to tell of a lost connection.
        await turns();
        slow.open();
        await until(() => server.connections === 0);
        assert.equal(log.includes(`${event}:2`), false, `${event}, ${how}`);
        assert.equal(log.includes("abort:2"), event === "eom", `${event}, ${how}`);
      });
    }
  }
});

test("an abort waits for the abort and close callbacks", async () => {
  const log: string[] = [];
  const wait = async (what: string) => {
    await turns(5);
    log.push(what);
  };
  await served(
    [{ name: "1", mail: () => {}, abort: () => wait("abort"), close: () => wait("close") }],
    async ({ open, server }) => {
      const mta = await open();
      await mta.mail("a");
      await server.abort();
      assert.deepEqual(log, ["abort", "close"]);
    },
  );
});

test("abort after stop ends what the stop left open", async () => {
  await served([probe("1", [])], async ({ open, server, of }) => {
    const mta = await open();
    await mta.mail("a");
    const stopped = server.stop(60_000);
    await server.abort();
    await stopped;
    assert.equal(of("aborting").length, 1);
  });
});

test("a connection that is lost says so, one that quits does not", async () => {
  await served([probe("1", [])], async ({ open, server, of }) => {
    const [lost, quits] = [await open(), await open()];
    quits.quit();
    await until(() => server.connections === 1);
    lost.destroy();
    await until(() => server.connections === 0);
    assert.deepEqual(of("disconnected").map(({ connection, lost }) => [connection, lost]), [[2, false], [
      1,
      true,
    ]]);
  });
});

test(
  "a connection that hangs in its message ends with the idle time, also after a stop",
  async () => {
    const clock = new ManualClock();
    await served([probe("1", [])], async ({ open, server }) => {
      const mta = await open();
      await mta.mail("a");
      server.stop(1000);
      clock.advance(60_000);
      assert.equal(server.connections, 1);
      clock.advance(60_000);
      await until(() => server.connections === 0, "the end of the hanging connection");
    }, { timeouts: { idle: 100_000 }, clock });
  },
);

test("where a connection is aborted during negotiation, later filters are not asked for their terms", async () => {
  const log: string[] = [];
  const [began, slow] = [gate(), gate()];
  const negotiate = (name: string) => async () => {
    log.push(`negotiate:${name}`);
    began.open();
    await slow.opened;
  };
  const filters = ["1", "2"].map((name) => ({
    name,
    negotiate: negotiate(name),
    close: () => void log.push(`close:${name}`),
  }));
  await served(filters, async ({ open, server }) => {
    const opened = assert.rejects(open());
    await began.opened;
    void server.abort();
    slow.open();
    await opened;
    await until(() => server.connections === 0);
    assert.deepEqual(log, ["negotiate:1", "close:1", "close:2"]);
  });
});
