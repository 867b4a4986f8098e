// How much may come, and what happens to what is more.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ConnectionCounter } from "../../lib/server/connection_limits.ts";
import type { MessageLimits } from "../../lib/chain/message_limits.ts";
import { reject } from "../../lib/filter/verdict.ts";
import { Throttle } from "../../lib/time/throttle.ts";
import { toBytes } from "../../lib/message/text.ts";
import { MtaClient } from "../../lib/mta/client.ts";
import { serve } from "../../lib/server/server.ts";
import { type AnyFilter, grouped, MESSAGE, probe, served, until } from "./support.ts";

const TO = ["a@example.net"];
const all: AnyFilter = { name: "all", header() {}, rcpt() {}, eom() {} };

/** Whether an MTA that connects gets as far as negotiation. */
async function isTaken(address: string, clients: MtaClient[]): Promise<boolean> {
  try {
    clients.push(await MtaClient.open(address));
    return true;
  } catch {
    return false;
  }
}

describe("the limit of connections", () => {
  for (const listen of ["unix", "inet:0@127.0.0.1"]) {
    it(`closes what is more, and takes the next once one is over: ${listen}`, async () => {
      const clients: MtaClient[] = [];
      const options = { limits: { connections: 3 }, ...(listen === "unix" ? {} : { listen }) };
      await served([all], async ({ server, of, address }) => {
        const taken: boolean[] = [];
        for (let i = 0; i < 5; i++) taken.push(await isTaken(address, clients));
        assert.deepEqual(taken, [true, true, true, false, false]);
        assert.equal(server.connections, 3);
        assert.deepEqual(
          of("limit").map(({ limit, most, missed }) => [limit, most, missed]),
          [["connections", 3, 0]],
        );
        clients.shift()!.quit();
        await until(() => server.connections === 2);
        assert.ok(await isTaken(address, clients));
        // Those that were there were not disturbed.
        for (const client of clients) {
          await client.connect({ hostname: "h", family: "inet", port: 1, address: "192.0.2.1" });
          assert.equal((await client.message(MESSAGE, { to: TO })).answer.verdict, "continue");
        }
        for (const client of clients) client.quit();
        await until(() => server.connections === 0);
        clients.length = 0;
        for (let i = 0; i < 3; i++) assert.ok(await isTaken(address, clients));
      }, options);
      for (const client of clients) client.destroy();
    });
  }

  it("is by client too, and not for a unix socket, whose other end is this machine", async () => {
    const clients: MtaClient[] = [];
    const limits = { connectionsPerClient: 2 };
    await served([all], async ({ address, first }) => {
      const taken: boolean[] = [];
      for (let i = 0; i < 4; i++) taken.push(await isTaken(address, clients));
      assert.deepEqual(taken, [true, true, false, false]);
      const { limit, peer } = first("limit");
      assert.equal(limit, "connectionsPerClient");
      assert.match(peer, /^127\.0\.0\.1:\d+$/);
    }, { limits, listen: "inet:0@127.0.0.1" });
    await served([all], async ({ address }) => {
      for (let i = 0; i < 4; i++) assert.ok(await isTaken(address, clients));
    }, { limits });
    for (const client of clients) client.destroy();
  });

  it("counts each client for itself", () => {
    const counter = new ConnectionCounter({ connections: 5, connectionsPerClient: 2 });
    const peers = [
      "192.0.2.1:1",
      "192.0.2.1:2",
      "192.0.2.1:3",
      "[::1]:1",
      "[::1]:2",
      "[::1]:3",
      "unix",
      "unix",
    ];
    assert.deepEqual(peers.map((peer) => counter.enter(peer)), [
      ...[undefined, undefined, "connectionsPerClient"],
      ...[undefined, undefined, "connectionsPerClient"],
      ...[undefined, "connections"],
    ]);
    counter.leave("192.0.2.1:1");
    assert.equal(counter.enter("192.0.2.1:9"), undefined);
    counter.leave("unix");
    assert.equal(counter.enter("192.0.2.1:9"), "connectionsPerClient");
    assert.equal(counter.enter("192.0.2.2:9"), undefined);
  });

  it("has its room again, for all servers of the process, once a connection is over", () => {
    const [one, other] = [new ConnectionCounter({}, 50), new ConnectionCounter({}, 50)];
    for (let i = 0; i < 100; i++) {
      for (const counter of [one, other]) {
        assert.equal(counter.enter("192.0.2.1:1"), undefined);
        counter.leave("192.0.2.1:1");
      }
    }
  });
});

describe("the limits of a message", () => {
  const fields = (count: number, size = 1) =>
    toBytes(
      Array.from({ length: count }, (_, i) => `X-${i}: ${"v".repeat(size)}\r\n`).join("") + "\r\nbody\r\n",
    );

  async function send(
    limits: MessageLimits,
    message: Uint8Array,
    to: readonly string[] = TO,
    filters: readonly AnyFilter[] = [all],
  ) {
    const result: Record<string, unknown> = {};
    await served(filters, async ({ open, reports, of }) => {
      const mta = await open();
      const { answer, refused } = await mta.message(message, { to });
      Object.assign(result, {
        verdict: answer.verdict,
        refused: refused.map(({ recipient }) => recipient),
        limit: of("limit").map(({ limit, most }) => `${limit} ${most}`),
        outcome: reports().map(({ outcome, event, reply }) => `${outcome} ${event} ${reply ?? ""}`.trim()),
      });
      // The connection goes on.
      assert.equal((await mta.message(toBytes("A: 1\r\n\r\n"), { to: TO })).answer.verdict, "continue");
    }, { limits });
    return result;
  }

  const quiet: AnyFilter = { name: "quiet", verdicts: [], header() {}, rcpt() {}, eom() {} };

  for (const filter of [all, quiet]) {
    it(`reject too many header fields: ${filter.name}`, async () => {
      assert.equal((await send({ headerFields: 5 }, fields(5), TO, [filter])).verdict, "continue");
      const { verdict, limit, outcome } = await send({ headerFields: 5 }, fields(6), TO, [filter]);
      assert.deepEqual([verdict, limit, outcome], [
        "reject",
        ["headerFields 5"],
        ["reject header 552 5.3.4 Message header too large"],
      ]);
    });

    it(`reject a header that is too large: ${filter.name}`, async () => {
      // Names of three bytes, and a NUL behind each name and value; with the leading space of the value.
      const size = (count: number, value: number) => count * (3 + 1 + 1 + value + 1);
      const limits = { headerBytes: size(5, 100) };
      assert.equal((await send(limits, fields(5, 100), TO, [filter])).verdict, "continue");
      const { verdict, outcome } = await send(limits, fields(5, 101), TO, [filter]);
      assert.deepEqual([verdict, outcome], ["reject", ["reject header 552 5.3.4 Message header too large"]]);
    });
  }

  it("put off recipients that are too many, and let the message go on", async () => {
    const to = ["a", "b", "c", "d"].map((name) => `${name}@example.net`);
    const { verdict, refused, limit } = await send({ recipients: 2 }, MESSAGE, to);
    assert.deepEqual([verdict, refused, limit], [
      "continue",
      ["c@example.net", "d@example.net"],
      ["recipients 2"],
    ]);
  });

  it("count only recipients that no filter refused", async () => {
    const no: AnyFilter = {
      name: "no",
      rcpt: ({ address }) => address.startsWith("no") ? reject() : undefined,
    };
    const { refused } = await send({ recipients: 2 }, MESSAGE, ["no1", "a", "no2", "b", "c"], [no]);
    assert.deepEqual(refused, ["no1", "no2", "c"]);
  });

  it("do not count the bytes of recipients that a filter refused", async () => {
    const no: AnyFilter = { name: "no", rcpt: ({ address }) => address.length > 50 ? reject() : undefined };
    const long = (name: string) => `${name.repeat(60)}@example.net`;
    const to = [..."abcdefgh"].map(long);
    const { refused, limit } = await send({ headerBytes: 200 }, MESSAGE, [...to, "good@example.net"], [no]);
    assert.deepEqual([refused, limit], [to, []]);
  });

  it("put off recipients whose arguments and addresses are too large", async () => {
    const long = `${"a".repeat(200)}@example.net`;
    const { refused, limit } = await send({ headerBytes: 500 }, MESSAGE, [long, `b${long}`, `c${long}`]);
    assert.deepEqual([refused, limit], [[`c${long}`], ["headerBytes 500"]]);
  });

  it("put off recipients also where no filter wants an answer for them", async () => {
    const { verdict, refused } = await send({ recipients: 2 }, MESSAGE, ["a", "b", "c"], [quiet]);
    assert.deepEqual([verdict, refused], ["continue", ["c"]]);
  });

  it("reject the message at the default limit where nobody wants an answer for a recipient", async () => {
    const to = Array.from({ length: 10_001 }, (_, i) => `r${i}@example.net`);
    assert.equal((await send({}, MESSAGE, to.slice(1), [quiet])).verdict, "continue");
    const { verdict, outcome } = await send({}, MESSAGE, to, [quiet]);
    assert.deepEqual([verdict, outcome], ["reject", ["reject rcpt 552 5.5.3 Too many recipients"]]);
  });

  it("have the filters abort", async () => {
    const log: string[] = [];
    await served([probe("1", log)], async ({ open }) => {
      const mta = await open();
      log.length = 0;
      await mta.message(fields(3), { to: TO });
    }, { limits: { headerFields: 2 } });
    assert.equal(grouped(log.slice(0, -1)), "mail:1 rcpt:1 data:1 header:1 header:1 abort:1");
  });

  it("are far above what mail is", async () => {
    assert.equal((await send({}, fields(5000, 300))).verdict, "continue");
  });
});

describe("what is told of a limit", () => {
  it("is told once in ten seconds, with how often it was reached meanwhile", () => {
    const notice = new Throttle();
    assert.deepEqual(
      [0, 1, 9999, 10_000, 10_001, 30_000].map((now) => notice.due("connections", now)),
      [0, undefined, undefined, 2, undefined, 1],
    );
    assert.equal(notice.due("recipients", 30_000), 0);
  });
});

describe("what is no limit", () => {
  for (
    const limits of [{ connections: 0 }, { connectionsPerClient: 1.5 }, { headerFields: -1 }, {
      recipients: NaN,
    }]
  ) {
    it(JSON.stringify(limits), async () => {
      await assert.rejects(
        serve({ listen: "inet:0@127.0.0.1", filters: [all], limits }),
        /^RangeError: Invalid limit \w+ \S+: must be a whole number of at least 1$/,
      );
    });
  }
});
