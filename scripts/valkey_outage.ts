/**
 * Measures what mail notices when the Valkey server of the state is stopped, killed and started again: messages through
 * Postfix, by several clients, to a service of two workers with rate-limit. At the end of each phase it is seen what one
 * sender gets of its limit.
 *
 *     deno run -A scripts/valkey_outage.ts [--seconds 10]   (of each phase)
 *
 * Needs what the tests with Postfix need, redis-server or valkey-server, and dist/milterkit.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { Milterkit } from "../tests/support/milterkit.ts";
import { freePort } from "../tests/support/ports.ts";
import { startPostfix } from "../tests/support/postfix.ts";
import { sleep } from "../tests/support/process.ts";
import { startRedis } from "../tests/support/redis.ts";
import { acceptedOf, PATIENT_MTA, SenderLoad } from "../tests/support/sender_load.ts";

const { values: options } = parseArgs({ options: { seconds: { type: "string", default: "10" } } });
const CLIENTS = 4;
const LIMIT = 100;
/** How often each client asks for the sender that has reached its limit. */
const TIMES = 75;

const redis = await startRedis({ settings: ["--appendonly", "yes"] });
const milterkit = await Milterkit.start([
  ...["serve", "--listen", `inet:${await freePort()}@127.0.0.1`, "--workers", "2"],
  ...["--state", `redis://127.0.0.1:${redis.port}`],
  ...["--filter", "rate-limit", "--by", "sender", "--limit", `${LIMIT}/1d`],
]);
const mta = await startPostfix({ milters: [milterkit.address], mainCf: PATIENT_MTA });
let sent = 0;
try {
  console.log(
    `| the server | messages | deferred | MAIL answered: median | 99 % | longest | of ${
      CLIENTS * TIMES
    } by one sender, limit ${LIMIT} |`,
  );
  console.log("|---|--:|--:|--:|--:|--:|--:|");
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
}

async function phase(name: string): Promise<void> {
  const load = new SenderLoad(mta.port, CLIENTS);
  await sleep(Number(options.seconds) * 1000);
  await load.stop();
  sent += load.accepted.length;
  const sender = `${name.replace(/\W+/g, "-")}@example.test`;
  const accepted = await acceptedOf(mta.port, sender, { connections: CLIENTS, times: TIMES });
  const waits = load.waits.toSorted((a, b) => a - b);
  const at = (share: number) => `${(waits[Math.floor(share * (waits.length - 1))] ?? NaN).toFixed(1)} ms`;
  const cells = [name, waits.length, load.refused.length, at(0.5), at(0.99), at(1), accepted];
  console.log(`| ${cells.join(" | ")} |`);
}
