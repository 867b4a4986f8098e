// Bursts of signed mail while the name server says nothing, with more connections than the executable has descriptors for:
// mail is put off or not taken, and afterwards everything is as it was.
// Runs once: only programs are driven here, which are the same whatever runtime drives them.
import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { readdirSync, readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import process from "node:process";
import { test } from "node:test";
import { type ParsedMessage, parseMessage } from "../../lib/message/parse.ts";
import { MtaClient } from "../../lib/mta/client.ts";
import { CLIENT, until } from "../server/support.ts";
import { Milterkit } from "../support/milterkit.ts";
import { at } from "../support/present.ts";
import { childrenOf } from "../support/process.ts";

const skip = process.platform === "linux" ? undefined : "needs Linux's /proc";
const SIGNED = readFileSync(new URL("../messages/2-signed.eml", import.meta.url), "latin1").replace(
  /\r?\n/g,
  "\r\n",
);
const DESCRIPTORS = 96;
const CONNECTIONS = 250;
const BURSTS = 2;

let serial = 0;

/** A message whose keys nobody asked for yet: what was asked for once is remembered. */
function signed(): ParsedMessage {
  return parseMessage(
    new Uint8Array(Buffer.from(SIGNED.replace(/\bs=[^;]+;/g, () => `s=s${++serial};`), "latin1")),
  );
}

/** What a client does with its connection. */
type Behaviour = (address: string) => Promise<void>;

const openOne = async (address: string): Promise<MtaClient> => {
  const client = await MtaClient.open(address);
  await client.connect(CLIENT);
  await client.helo("client.example");
  return client;
};

/** Delivers a message, which is put off. */
const deliver: Behaviour = async (address) => {
  const client = await openOne(address);
  const { answer } = await client.message(signed(), { to: ["b@example.net"] });
  assert.equal(answer.reply?.code, 451);
  client.destroy();
};

/** Goes away while its message is looked at. */
const leave: Behaviour = async (address) => {
  const client = await openOne(address);
  const answer = client.message(signed(), { to: ["b@example.net"] });
  setTimeout(() => client.destroy(), serial % 50);
  await answer;
  client.destroy();
};

const BURSTS_OF: [what: string, behaviours: Behaviour[]][] = [
  ["MTAs that wait", [deliver]],
  ["MTAs that wait and MTAs that go away", [deliver, leave]],
];

for (const workers of [1, 2]) {
  for (const [what, behaviours] of BURSTS_OF) {
    test(
      `mail is taken after bursts of ${what}, with --workers ${workers}`,
      { skip, timeout: 120_000 },
      async () => {
        const silent = createSocket("udp4");
        await new Promise<void>((resolve) => silent.bind(0, "127.0.0.1", resolve));
        const { port } = silent.address() as AddressInfo;
        const milterkit = await Milterkit.start(
          [
            ...["serve", "--listen", "inet:0@127.0.0.1", "--workers", String(workers)],
            ...["--filter", "dkim-check", "--dns-server", `127.0.0.1:${port}`, "--dns-timeout", "500ms"],
          ],
          { wrap: (argv) => ["sh", "-c", `ulimit -n ${DESCRIPTORS}; exec "$@"`, "sh", ...argv] },
        );
        try {
          await milterkit.waitForLine((line) => line.includes("runs dkim-check"));
          const processes = [milterkit.pid, ...childrenOf(milterkit.pid)];
          const descriptors = () => processes.map((pid) => readdirSync(`/proc/${pid}/fd`).length);
          await Promise.all(processes.map(() => deliver(milterkit.address)));
          const idle = descriptors();
          for (let burst = 0; burst < BURSTS; burst++) {
            const outcomes = await Promise.allSettled(
              Array.from(
                { length: CONNECTIONS },
                (_, i) => at(behaviours, i % behaviours.length)(milterkit.address),
              ),
            );
            for (const outcome of outcomes) {
              if (outcome.status === "fulfilled") continue;
              // One too many is closed, be it before the client knows that it is open.
              assert.match(outcome.reason.code, /^(connection-lost|cannot-connect)$/, outcome.reason);
            }
            await deliver(milterkit.address);
            const isBack = () => descriptors().every((count, i) => count <= at(idle, i));
            await until(isBack, `${idle} descriptors, not ${descriptors()}`);
          }
          assert.ok(milterkit.running);
        } finally {
          silent.close();
          await milterkit.stop();
        }
      },
    );
  }
}
