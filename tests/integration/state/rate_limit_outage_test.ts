// rate-limit behind Postfix, with its counts in a Valkey or Redis server that is stopped, killed and started again.
// Runs once: only programs are driven here, which are the same whatever runtime drives them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { fetchText } from "../../support/http.ts";
import { skipFor } from "../../support/instance.ts";
import { Milterkit } from "../../support/milterkit.ts";
import { freePorts } from "../../support/ports.ts";
import { postfixProblem, startPostfix } from "../../support/postfix.ts";
import { sleep } from "../../support/process.ts";
import { samplesOf } from "../../support/prometheus.ts";
import { redisProblem, startRedis } from "../../support/redis.ts";
import { acceptedOf, PATIENT_MTA, SenderLoad } from "../../support/sender_load.ts";

const skip = skipFor(redisProblem()) ?? skipFor(await postfixProblem());
const LIMIT = 40;
/** How long the state may take, in milliseconds: what is late on a busy machine is counted apart. */
const STATE_TIMEOUT = 1000;

test(
  "rate-limit is exact while the server is there, before and after it was stopped and killed, and no mail is lost",
  { skip, timeout: 120_000 },
  async () => {
    await using ends = new AsyncDisposableStack();
    const redis = await startRedis({ settings: ["--appendonly", "yes"] });
    ends.defer(() => redis.stop());
    const [mail, http] = await freePorts(2);
    const milterkit = await Milterkit.start([
      ...["serve", "--listen", `inet:${mail}@127.0.0.1`, "--metrics", String(http), "--workers", "2"],
      ...["--state", `redis://127.0.0.1:${redis.port}`, "--state-timeout", `${STATE_TIMEOUT}ms`],
      ...["--filter", "rate-limit", "--by", "sender", "--limit", `${LIMIT}/1d`],
    ]);
    ends.defer(async () => void await milterkit.stop());
    const mta = await startPostfix({ milters: [milterkit.address], mainCf: PATIENT_MTA });
    ends.defer(() => mta.stop());
    const load = new SenderLoad(mta.port, 4);
    ends.defer(() => load.stop());

    /** How often a worker did without the server. */
    const without = async () => {
      const samples = samplesOf((await fetchText(`http://127.0.0.1:${http}/metrics`)).text);
      return ["failures", "fallbacks"].map((what) => samples.get(`milterkit_state_${what}_total`) ?? 0)
        .join();
    };
    /** How often a sender is accepted, asked again with the next one where a worker did without the server meanwhile. */
    const exactly = async (senders: (serial: number) => string, serial = 1): Promise<number> => {
      const before = await without();
      await load.more(20);
      const accepted = await acceptedOf(mta.port, senders(serial), { connections: 4, times: LIMIT / 2 });
      if (await without() === before) return accepted;
      await sleep(100);
      return await exactly(senders, serial + 1);
    };
    let first = "";
    /** Waits until the server has missed much. */
    const withoutServer = async () => {
      const before = await without();
      while (await without() === before) await load.more(10);
      await load.more(40);
    };

    assert.equal(await exactly((serial) => first = `first-${serial}@example.test`), LIMIT);
    redis.signal("SIGSTOP");
    await withoutServer();
    redis.signal("SIGCONT");
    assert.equal(await exactly((serial) => `goes-on-${serial}@example.test`), LIMIT);
    await redis.kill();
    await withoutServer();
    await redis.restart();
    assert.equal(await exactly((serial) => `starts-again-${serial}@example.test`), LIMIT);
    assert.equal(await exactly(() => first), 0, "what the server had counted it still has");

    await load.stop();
    assert.deepEqual(load.refused, []);
    await mta.nextHop.waitFor(load.accepted.length);
    await mta.idle();
    const delivered = mta.nextHop.messages.map((message) =>
      /<(.*?)>/.exec(message.mail)?.[1] ?? message.mail
    );
    assert.deepEqual(delivered.toSorted(), load.accepted.toSorted(), "none was lost, none doubled");
    const told = milterkit.lines.filter((line) => line.includes("is unavailable"));
    const minutes = told.map((line) =>
      /^(\S+:\d\d):\S+ error +the state at redis:\S+ is unavailable/.exec(line)?.[1] ?? line
    );
    assert.equal(new Set(minutes).size, told.length, `one line for both workers:\n${told.join("\n")}`);
    assert.ok(minutes.length > 0 && milterkit.lines.some((line) => line.includes("answers again after")));
    const longest = Math.max(...load.waits);
    assert.ok(longest < 10 * STATE_TIMEOUT, `MAIL waited ${longest} ms`);
  },
);
