// The example docs/examples/greylist.ts, also through the command-line program.
import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { MemoryStore, MtaClient } from "milterkit";
import { deliver, make, TestClock, type TestMail } from "milterkit/testing";
import definition from "../../docs/examples/greylist.ts";
import { Milterkit } from "../support/milterkit.ts";
import { sleep } from "../support/process.ts";
import { PROGRAM } from "../support/programs.ts";

const MINUTE = 60_000;
const client = (address: string) => ({ client: { address } });

test("unknown mail waits, and the reply says how long", async () => {
  const clock = new TestClock();
  await using filter = await make(definition, {}, { clock });
  (await deliver(filter)).assertTempfailed(451, "Please try again in 300 seconds");
  await clock.advance(4 * MINUTE - 500);
  (await deliver(filter)).assertTempfailed(451, "Please try again in 61 seconds");
  await clock.advance(MINUTE + 500);
  (await deliver(filter)).assertAccepted();
  (await deliver(filter)).assertAccepted();
  const count = (result: string) => filter.metrics.count("recipients_total", { result });
  assert.deepEqual([count("put-off"), count("passed"), count("allowed")], [2, 2, 0]);
});

test("another network, sender or recipient is unknown; another address of the network is not", async () => {
  const clock = new TestClock();
  await using filter = await make(definition, { delay: "1m" }, { clock });
  const known: TestMail = { from: "joe@example.com", to: "ann@example.org" };
  await deliver(filter, { ...known, ...client("192.0.2.1") });
  await deliver(filter, { ...known, ...client("2001:db8::1") });
  await clock.advance(MINUTE);
  (await deliver(filter, { ...known, ...client("192.0.2.200") })).assertAccepted();
  (await deliver(filter, { from: "JOE@example.com", to: "Ann@example.org" })).assertAccepted();
  (await deliver(filter, { ...known, ...client("2001:db8::1") })).assertAccepted();
  (await deliver(filter, { ...known, ...client("192.0.3.1") })).assertTempfailed(451);
  (await deliver(filter, { ...known, ...client("2001:db8::2") })).assertTempfailed(451);
  (await deliver(filter, { ...known, from: "" })).assertTempfailed(451);
  const { refused, recipients } = await deliver(filter, {
    ...known,
    to: ["ann@example.org", "bob@example.org"],
  });
  assert.deepEqual(recipients, ["ann@example.org"]);
  assert.deepEqual(refused.map(({ recipient }) => recipient), ["bob@example.org"]);
});

test("known mail is forgotten a lifetime after the last message, and what never came again much sooner", async () => {
  const clock = new TestClock();
  await using filter = await make(definition, { delay: "1m", retry: "1h", lifetime: "2h" }, { clock });
  await deliver(filter);
  await clock.advance(MINUTE);
  for (let hours = 0; hours < 4; hours++) {
    (await deliver(filter)).assertAccepted();
    await clock.advance(60 * MINUTE);
  }
  (await deliver(filter)).assertAccepted();
  await clock.advance(120 * MINUTE);
  (await deliver(filter)).assertTempfailed(451);
  await clock.advance(60 * MINUTE);
  (await deliver(filter)).assertTempfailed(451);
});

test("machines that share a store know what the others know", async () => {
  const clock = new TestClock();
  const [waiting, known] = [new MemoryStore({ clock }), new MemoryStore({ clock })];
  const store = (_filter: string, name: string) => name === "waiting" ? waiting : known;
  await using here = await make(definition, {}, { clock, store });
  await using there = await make(definition, {}, { clock, store });
  (await deliver(here)).assertTempfailed(451, "Please try again in 300 seconds");
  await clock.advance(5 * MINUTE);
  (await deliver(there)).assertAccepted();
  (await deliver(here)).assertAccepted();
});

test("allowed networks and users that have logged in need not wait", async () => {
  await using filter = await make(definition, { allow: ["192.0.2.0/25", "2001:db8::/32"] });
  (await deliver(filter, client("192.0.2.127"))).assertAccepted();
  (await deliver(filter, client("192.0.2.128"))).assertTempfailed(451);
  (await deliver(filter, client("2001:db8::1"))).assertAccepted();
  (await deliver(filter, { ...client("192.0.2.128"), macros: { auth_authen: "joe" } })).assertAccepted();
  assert.equal(filter.metrics.count("recipients_total", { result: "allowed" }), 3);
});

const [name, program] = PROGRAM;
test(`${name} serves it`, { timeout: 60_000 }, async () => {
  const file = fileURLToPath(new URL("../../docs/examples/greylist.ts", import.meta.url));
  const milterkit = await Milterkit.startCommand([
    ...program,
    ...["serve", "--listen", "inet:0@127.0.0.1", "--filter", file, "--delay", "1s"],
  ]);
  try {
    const mta = await MtaClient.open(milterkit.address);
    await mta.connect({ hostname: "mail.example.com", family: "inet", address: "192.0.2.1", port: 25000 });
    await mta.helo("mail.example.com");
    const send = async () => {
      await mta.mail("joe@example.com");
      const { reply } = await mta.rcpt("ann@example.org");
      mta.abort();
      return reply;
    };
    assert.deepEqual(await send(), {
      code: 451,
      enhanced: "4.7.1",
      lines: ["Please try again in 1 seconds"],
    });
    while (await send()) await sleep(100);
    mta.quit();
  } finally {
    await milterkit.stop();
  }
});
