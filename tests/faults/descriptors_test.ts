// Many more connections than there are descriptors for: the executable goes on, idle, and says so once.
// Runs once: only programs are driven here, which are the same whatever runtime drives them.
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { connect, type Socket } from "node:net";
import process from "node:process";
import { test } from "node:test";
import { figuresOf } from "../../scripts/soak/process_figures.ts";
import { parseAddress } from "../../lib/net/address.ts";
import { MtaClient } from "../../lib/mta/client.ts";
import { CLIENT, MESSAGE, settled, sleep, until } from "../server/support.ts";
import { Milterkit } from "../support/milterkit.ts";
import { at } from "../support/present.ts";
import { childrenOf } from "../support/process.ts";

const DESCRIPTORS = 64;
const CONNECTIONS = 200;
/** How long the connections stay, in milliseconds, and how much of it a process may be at work. */
const HOLD = 3000;
const BUSY_SHARE = 0.3;

/** Opens connections; those above the limit are closed at once, some before they are known to be open. */
function openSockets(address: string, count: number): Promise<Socket[]> {
  const target = parseAddress(address) as { host: string; port: number };
  return Promise.all(Array.from({ length: count }, () =>
    new Promise<Socket>((resolve) => {
      const socket = connect(target);
      socket.on("error", () => {});
      for (const event of ["connect", "close"]) socket.once(event, () => resolve(socket));
    })));
}

async function message(address: string): Promise<void> {
  const client = await MtaClient.open(address);
  await client.connect(CLIENT);
  assert.equal((await client.message(MESSAGE, { to: ["b@example.net"] })).answer.verdict, "continue");
  client.quit();
}

const skip = process.platform === "linux" ? undefined : "needs Linux's /proc";

for (const workers of [1, 2]) {
  test(
    `${CONNECTIONS} connections with ${DESCRIPTORS} descriptors and --workers ${workers}`,
    { skip, timeout: 120_000 },
    async () => {
      const milterkit = await Milterkit.start(
        [
          ...["serve", "--listen", "inet:0@127.0.0.1", "--workers", String(workers)],
          ...["--filter", "size-limit", "--max", "1MB"],
        ],
        { wrap: (argv) => ["sh", "-c", `ulimit -n ${DESCRIPTORS}; exec "$@"`, "sh", ...argv] },
      );
      try {
        await message(milterkit.address);
        const processes = [milterkit.pid, ...childrenOf(milterkit.pid)];
        assert.equal(processes.length, workers === 1 ? 1 : workers + 1);
        const descriptors = () => processes.map((pid) => readdirSync(`/proc/${pid}/fd`).length);
        const before = await settled(descriptors);
        const sockets = await openSockets(milterkit.address, CONNECTIONS);
        await milterkit.waitForLine((line) => /too many connections|no worker takes/.test(line), "the limit");
        const cpu = () => processes.map((pid) => figuresOf(pid).cpu);
        const busyBefore = cpu();
        await sleep(HOLD);
        for (const [i, busy] of cpu().entries()) {
          const share = (busy - at(busyBefore, i)) / (HOLD / 1000);
          assert.ok(share < BUSY_SHARE, `process ${i} is busy ${share} of the time`);
        }
        for (const socket of sockets) socket.destroy();
        const isBack = () => descriptors().every((count, i) => count <= at(before, i));
        await until(isBack, `${before} descriptors, not ${descriptors()}`);
        await message(milterkit.address);
        assert.ok(milterkit.running);
      } finally {
        await milterkit.stop();
      }
      assert.ok(milterkit.lines.length < 14, milterkit.log());
    },
  );
}
