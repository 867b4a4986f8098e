import assert from "node:assert/strict";
import { test } from "node:test";
import { MtaClient } from "../../lib/mta/client.ts";
import { defineFilter } from "../../lib/filter/definition.ts";
import { reject } from "../../lib/filter/verdict.ts";
import { toBytes, utf8Text } from "../../lib/message/text.ts";
import { CLIENT, gate, MESSAGE, served, sleep } from "./support.ts";
import { at } from "../support/present.ts";

const CONNECTIONS = 30;
const MESSAGES = 4;

/** Keeps all that it hears, and waits now and then so that connections interleave. */
const keeper = (wait: () => Promise<void> | void) =>
  defineFilter({
    name: "keeper",
    changes: ["addHeader", "replaceBody"],
    connectionState: () => ({ helo: "", count: 0 }),
    messageState: () => ({ heard: [] as string[] }),
    helo: async (name, { connectionState }) => {
      await wait();
      connectionState.helo = name;
    },
    mail: async ({ address }, { messageState, connectionState }) => {
      connectionState.count++;
      await wait();
      messageState.heard.push(address);
    },
    rcpt: ({ address }, { messageState }) => void messageState.heard.push(address),
    header: async ({ value }, { messageState }) => {
      await wait();
      messageState.heard.push(value);
    },
    body: (chunk, { messageState }) => void messageState.heard.push(utf8Text(chunk).trim()),
    eom: async (message, { messageState, connectionState, sender, recipients, helo, macro }) => {
      await wait();
      assert.equal(helo, connectionState.helo);
      assert.equal(sender?.address, messageState.heard[0]);
      assert.equal(recipients.length, 2);
      message.addHeader("X-Kept", [helo, connectionState.count, macro("i"), ...messageState.heard].join(" "));
      message.replaceBody(at(messageState.heard, 0));
    },
  });

test("many connections at once, each with several messages, never see one another's states", async () => {
  let turn = 0;
  const wait = () => {
    turn++;
    return turn % 3 === 0 ? sleep(turn % 5) : turn % 3 === 1 ? Promise.resolve() : undefined;
  };
  await served(
    [keeper(wait), { name: "later", header: async () => await wait(), body: () => {} }],
    async ({ open, of, reports }) => {
      const session = async (n: number) => {
        const mta = await open({ bare: true });
        await mta.connect({ ...CLIENT, hostname: `host${n}` });
        await mta.helo(`helo${n}`);
        for (let m = 1; m <= MESSAGES; m++) {
          const id = `${n}-${m}`;
          if (m === 2) {
            await mta.mail(`aborted${id}`);
            mta.abort();
          }
          const { answer } = await mta.message(toBytes(`Subject: s${id}\r\n\r\nb${id}\r\n`), {
            from: `from${id}`,
            to: [`a${id}`, `b${id}`],
            macros: { mail: { i: `q${id}` } },
          });
          const [header, body] = answer.modifications as unknown as [
            { value: Uint8Array },
            { chunk: Uint8Array },
          ];
          const count = m < 2 ? m : m + 1;
          assert.equal(
            utf8Text(header.value),
            ` helo${n} ${count} q${id} from${id} a${id} b${id} s${id} b${id}`,
          );
          assert.equal(utf8Text(body.chunk), `from${id}`);
        }
        mta.quit();
      };
      await Promise.all(Array.from({ length: CONNECTIONS }, (_, n) => session(n)));
      assert.deepEqual(of("filter-error"), []);
      assert.equal(reports().filter(({ outcome }) => outcome === "accept").length, CONNECTIONS * MESSAGES);
    },
  );
});

test("a slow filter on one connection keeps no other one waiting", async () => {
  const slow = gate();
  await served([{
    name: "1",
    mail: ({ address }) => address === "slow" ? slow.opened : undefined,
  }], async ({ open }) => {
    const [held, quick] = [await open(), await open()];
    const answer = held.mail("slow");
    for (let i = 0; i < 3; i++) assert.equal((await quick.message(MESSAGE, { to: ["b"] })).event, "eom");
    slow.open();
    assert.equal((await answer).verdict, "continue");
  });
});

test("one connection's verdicts are not another's", async () => {
  await served([{
    name: "1",
    connect: ({ hostname }) => hostname === "bad" ? reject() : undefined,
    eom: () => {},
  }], async ({ open }) => {
    const [bad, good] = [await open({ bare: true }), await open({ bare: true })];
    assert.equal((await bad.connect({ ...CLIENT, hostname: "bad" })).verdict, "reject");
    assert.equal((await good.connect({ ...CLIENT, hostname: "good" })).verdict, "continue");
    assert.equal((await good.message(MESSAGE, { to: ["b"] })).answer.verdict, "continue");
    assert.equal((await bad.message(MESSAGE, { to: ["b"] })).answer.verdict, "reject");
  });
});

test("a report has the queue id, the client, the sender and what was done, however the message ended", async () => {
  await served([{
    name: "1",
    changes: ["addHeader"],
    eom: (message) => message.addHeader("X", "1"),
  }], async ({ open, reports, server, firstReport }) => {
    const mta: MtaClient = await open();
    const macros = { mail: { i: "Q1" } };
    await mta.message(MESSAGE, { from: "a", to: ["b"], macros });
    mta.macros("mail", { i: "Q2" });
    await mta.mail("c");
    mta.abort();
    mta.macros("mail", { i: "Q3" });
    await mta.mail("d");
    mta.quit();
    await server.stop();
    assert.deepEqual(
      reports().map((report) => [report.queueId, report.client, report.sender, report.outcome, report.event]),
      [
        ["Q1", "192.0.2.1", "a", "accept", "eom"],
        ["Q2", "192.0.2.1", "c", "abort", "abort"],
        ["Q3", "192.0.2.1", "d", "abort", "abort"],
      ],
    );
    assert.deepEqual(firstReport().notes, [{ filter: "1", event: "eom", changes: ["add X"] }]);
    assert.ok(reports().every(({ milliseconds }) => milliseconds >= 0));
  });
});

test("an onEvent that throws does not stop the mail", async () => {
  const { serve } = await import("../../lib/server/server.ts");
  const server = await serve({
    listen: "inet:0@127.0.0.1",
    filters: [{ name: "1", eom: () => reject() }],
    onEvent: () => {
      throw new Error("the log is full");
    },
  });
  const written = console.error;
  console.error = () => {};
  try {
    const mta = await MtaClient.open(at(server.addresses, 0));
    assert.equal((await mta.message(MESSAGE, { to: ["b"] })).answer.verdict, "reject");
    mta.quit();
    await server.stop();
  } finally {
    console.error = written;
  }
});
