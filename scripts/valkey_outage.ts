/**
 * Measures what mail notices when the Valkey server of the state is stopped, killed and started again: messages through
 * Postfix, by several clients, to a service of two workers whose filter asks the state for each.
 *
 *     deno run -A scripts/valkey_outage.ts [--seconds 10]   (of each phase)
 *
 * Needs what the tests with Postfix need, redis-server or valkey-server, and dist/milterkit.
 *
 * @module
 */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Milterkit } from "../tests/support/milterkit.ts";
import { freePort } from "../tests/support/ports.ts";
import { startPostfix } from "../tests/support/postfix.ts";
import { sleep } from "../tests/support/process.ts";
import { startRedis } from "../tests/support/redis.ts";
import { SmtpClient } from "../tests/support/smtp_client.ts";

const { values: options } = parseArgs({ options: { seconds: { type: "string", default: "10" } } });
const CLIENTS = 4;

const FILTER = `import { defineFilter, tempfail } from "milterkit";
export default defineFilter({
  name: "limiting",
  summary: "Limits",
  verdicts: ["mail"],
  create(_options, kit) {
    const senders = kit.store("senders");
    const rate = { count: 1000, per: 86_400_000, burst: 1_000_000 };
    return {
      async mail({ address }) {
        const { ok } = await senders.take(address, rate);
        if (!ok) return tempfail(451, "4.7.1", "Too much");
      },
    };
  },
});
`;

const folder = mkdtempSync(join(tmpdir(), "milterkit-outage-"));
writeFileSync(join(folder, "limiting.ts"), FILTER);
const redis = await startRedis();
const milterkit = await Milterkit.start([
  ...["serve", "--listen", `inet:${await freePort()}@127.0.0.1`, "--workers", "2"],
  ...["--state", `redis://127.0.0.1:${redis.port}`, "--filter", "./limiting.ts"],
], { cwd: folder });
const mta = await startPostfix({ milters: [milterkit.address] });
let sent = 0;
let deferred = 0;
try {
  console.log("| the server | messages | deferred | MAIL answered: median | 99 % | longest |");
  console.log("|---|--:|--:|--:|--:|--:|");
  await phase("works");
  redis.signal("SIGSTOP");
  await phase("is stopped (SIGSTOP)");
  redis.signal("SIGCONT");
  await phase("goes on");
  await redis.kill();
  await phase("is killed (SIGKILL)");
  await redis.restart();
  await phase("is started again");
  await mta.idle(60_000);
  console.log(`\n${sent} accepted, ${mta.nextHop.messages.length} delivered; the log of the service:\n`);
  for (const line of milterkit.lines.filter((line) => line.includes("the state at"))) {
    console.log(`    ${line}`);
  }
} finally {
  await mta.stop();
  await milterkit.stop();
  await redis.stop();
  rmSync(folder, { recursive: true, force: true });
}

async function phase(name: string): Promise<void> {
  const end = performance.now() + Number(options.seconds) * 1000;
  const waits: number[] = [];
  const before = deferred;
  await Promise.all(Array.from({ length: CLIENTS }, async () => {
    while (performance.now() < end) waits.push(...await session(end));
  }));
  waits.sort((a, b) => a - b);
  const at = (share: number) => `${(waits[Math.floor(share * (waits.length - 1))] ?? NaN).toFixed(1)} ms`;
  console.log(`| ${name} | ${waits.length} | ${deferred - before} | ${at(0.5)} | ${at(0.99)} | ${at(1)} |`);
}

/** Some messages; gives how long MAIL waited for its answer. */
async function session(end: number): Promise<number[]> {
  const waits: number[] = [];
  const client = await SmtpClient.connect(mta.port);
  await client.ehlo();
  for (let i = 0; i < 10 && performance.now() < end; i++) {
    const start = performance.now();
    const reply = await client.mail("joe@example.test");
    waits.push(performance.now() - start);
    if (reply.code !== 250) deferred++;
    else {
      await client.rcpt("ann@example.test");
      const { code } = await client.data("From: joe@example.test\nSubject: hello\n\nhello\n");
      if (code === 250) sent++;
      else deferred++;
    }
    await sleep(20);
  }
  await client.quit();
  client.destroy();
  return waits;
}
