// SIGTERM while Postfix has messages in hand: all of them are filtered to their end, later ones are put off.
// Runs once: only programs are driven here, which are the same whatever runtime drives them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { skipFor } from "../../support/instance.ts";
import { Milterkit } from "../../support/milterkit.ts";
import { freePort } from "../../support/ports.ts";
import { postfixProblem, startPostfix } from "../../support/postfix.ts";
import { sleep } from "../../support/process.ts";
import { Random, testSeed } from "../../support/random.ts";
import { sendMessage, SmtpClient } from "../../support/smtp_client.ts";
import { latin1Bytes, message, valuesOf } from "../mta/text.ts";
import { FILTERS, MAX_SIZE } from "./traffic.ts";

const MOMENTS = 3;
const SESSIONS = 60;
const LONGEST_WAIT = 200;

const skip = skipFor(await postfixProblem());
const seed = testSeed("SIGTERM behind Postfix");

const LARGE = ("x".repeat(78) + "\r\n").repeat(MAX_SIZE / 80 + 1);
const text = (to: string, body = "hello\r\n") =>
  latin1Bytes(message(["From: a@example.test", `To: ${to}`, "X-Spam: 1"], body));

test("Postfix's messages in flight are finished", { skip, timeout: 120_000 }, async () => {
  // Each of them listens there in its turn.
  const address = `inet:${await freePort()}@127.0.0.1`;
  const serve = () =>
    Milterkit.start([
      "serve",
      "--listen",
      address,
      "--log-format",
      "json",
      "--log-level",
      "debug",
      ...FILTERS,
    ]);
  let milterkit = await serve();
  const mta = await startPostfix({ milters: [address], defaultAction: "tempfail" });
  try {
    for (let moment = 0; moment < MOMENTS; moment++) {
      const random = new Random(seed + moment);
      const open = await Promise.all(Array.from({ length: SESSIONS }, async (_, i) => {
        const client = await SmtpClient.connect(mta.port);
        const [from, to] = [`s${moment}-${i}@example.test`, `r${moment}-${i}@example.test`];
        await client.ehlo();
        assert.equal((await client.mail(from)).code, 250);
        return { client, from, to };
      }));
      const stopping = milterkit.waitForLine((line) => line.includes('"stopping"'));
      stopping.catch(() => {});
      const traffic = Promise.all(open.map(async ({ client, to }) => {
        await sleep(random.below(100));
        assert.equal((await client.rcpt(to)).code, 250);
        await stopping;
        await sleep(random.below(200));
        const large = random.below(5) === 0;
        const reply = await client.data(large ? text(to, LARGE) : text(to));
        assert.equal(reply.code, large ? 552 : 250, String(reply.lines));
        await client.quit();
        return large ? undefined : to;
      }));
      traffic.catch(() => {});
      await sleep(random.below(LONGEST_WAIT));
      milterkit.signal("SIGTERM");
      const { inMessage } = JSON.parse(await stopping);
      assert.ok(inMessage >= 50, await stopping);
      const late = await sendMessage(mta.port, "late@example.test", ["late@example.test"], text("late"));
      assert.equal(late.code, 451);

      const delivered = (await traffic).filter((to) => to !== undefined);
      assert.deepEqual(await milterkit.ended, { code: 0, signal: null });
      await mta.nextHop.waitFor(delivered.length);
      assert.equal(mta.nextHop.messages.length, delivered.length);
      for (const received of mta.nextHop.messages) {
        assert.deepEqual(valuesOf(received, "X-Spam"), []);
        assert.deepEqual(valuesOf(received, "X-Filtered").length, 1);
      }
      console.log(`moment ${moment + 1}: ${inMessage} in flight, ${delivered.length} delivered`);
      mta.nextHop.clear();
      milterkit = await serve();
    }
  } finally {
    await mta.stop();
    await milterkit.stop();
  }
});
