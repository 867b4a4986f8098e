// `milterkit limits` on every state that another process can see.
// Runs once: only programs are driven here, which are the same whatever runtime drives them.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { MtaClient } from "../../lib/mta/client.ts";
import { toBytes } from "../../lib/message/text.ts";
import { skipFor } from "../support/instance.ts";
import { Milterkit, runMilterkit } from "../support/milterkit.ts";
import { freePort } from "../support/ports.ts";
import { redisProblem, startRedis } from "../support/redis.ts";
import { withFiles } from "./user_filter/support.ts";

const folder = mkdtempSync(join(tmpdir(), "milterkit-limits-"));
after(() => rmSync(folder, { recursive: true }));

/** Writes a configuration file. */
function config(folder: string, port: number, state: string): string {
  const path = join(folder, "milterkit.toml");
  writeFileSync(
    path,
    `listen = "inet:${port}@127.0.0.1"
${state}
workers = 2
[[filter]]
name = "rate-limit"
limit = ["3/1h", "5/1d burst 5"]
exempt = ["root"]
[[filter]]
name = "size-limit"
max = "1MB"
[[filter]]
name = "rate-limit"
label = "by-network"
by = "client"
ipv4-prefix = 24
count = "recipients"
limit = "10/1h"
`,
  );
  return path;
}

/** Sends messages of a login; how many got through. */
async function send(port: number, login: string, count: number): Promise<number> {
  let through = 0;
  for (let i = 0; i < count; i++) {
    const client = await MtaClient.open({ kind: "inet", host: "127.0.0.1", port });
    await client.connect({ hostname: "client.example", family: "inet", port: 1, address: "192.0.2.7" });
    const { answer } = await client.message(toBytes("Subject: a\r\n\r\nb\r\n"), {
      from: "a@example.org",
      to: ["b@example.net"],
      macros: { mail: { auth_authen: login } },
    });
    if (answer.verdict === "accept" || answer.verdict === "continue") through++;
    client.quit();
  }
  return through;
}

const limits = (...args: string[]) => runMilterkit(["limits", ...args]);

async function showsAndResets(
  folder: string,
  state: string,
): Promise<string> {
  const port = await freePort();
  const file = config(folder, port, `${state}\nstate-timeout = "10s"`);
  const milterkit = await Milterkit.start(["serve", "--config", file], { addresses: 1 });
  try {
    assert.equal(await send(port, "joe", 5), 3);
    const shown = await limits("show", "Joe", "--config", file, "--json");
    assert.equal(shown.stderr, "");
    assert.deepEqual(JSON.parse(shown.stdout), [
      {
        filter: "rate-limit",
        key: "joe",
        counts: "messages",
        limit: "3/1h",
        left: 0,
        most: 3,
        exempt: false,
      },
      {
        filter: "rate-limit",
        key: "joe",
        counts: "messages",
        limit: "5/1d",
        left: 2,
        most: 5,
        exempt: false,
      },
    ]);
    const network = await limits("show", "--config", file, "192.0.2.200");
    assert.deepEqual(network.stdout.split("\n"), [
      // It may be somebody's login.
      "rate-limit  192.0.2.200   3/1h   3 of 3 left",
      "rate-limit  192.0.2.200   5/1d   5 of 5 left",
      "by-network  192.0.2.0/24  10/1h  7 of 10 left, counting recipients",
      "",
    ]);
    const reset = await limits("reset", "joe", "--config", file);
    assert.equal(reset.code, 0, reset.stderr);
    assert.equal(
      reset.stdout,
      "rate-limit  joe  3/1h  3 of 3 left\nrate-limit  joe  5/1d  5 of 5 left\n",
    );
    assert.equal(await send(port, "joe", 5), 3);
    assert.match((await limits("show", "root", "--config", file)).stdout, /5 of 5 left; exempt\n$/);
  } finally {
    await milterkit.stop();
  }
  return file;
}

test("limits of a file are shown and reset, while its service runs and after", () =>
  withFiles({}, async (folder) => {
    const file = await showsAndResets(folder, `state = "${folder}/state.db"`);
    // Nobody serves any more: the command opens the file itself.
    assert.match((await limits("show", "joe", "--config", file)).stdout, /0 of 3 left\n/);
    assert.match((await limits("reset", "joe", "--config", file)).stdout, /3 of 3 left\n/);
    assert.match((await limits("show", "joe", "--config", file)).stdout, /3 of 3 left\n/);
    const list = ["--list", "internal=10.0.0.0/8", "--filter", "rate-limit", "--only-client", "@internal"];
    const shown = await limits("show", "joe", "--state", `${folder}/state.db`, ...list, "--limit", "3/1h");
    assert.deepEqual([shown.code, shown.stderr], [0, ""]);
    assert.match(shown.stdout, /3 of 3 left\n/);
  }));

const noRedis = skipFor(redisProblem());

test("limits in Valkey are shown and reset", { skip: noRedis }, () =>
  withFiles({}, async (folder) => {
    const redis = await startRedis();
    try {
      await showsAndResets(folder, `state = "redis+unix://${redis.socket}"`);
      assert.doesNotMatch(await redis.cli("KEYS", "*"), /joe/);
    } finally {
      await redis.stop();
    }
  }));

const file = config(folder, 8891, "");

const WRONG: [args: string[], says: RegExp, code: number][] = [
  [
    ["show", "joe"],
    /^milterkit limits show: Missing --config: want a configuration file, or --state and --filter/,
    2,
  ],
  [
    ["show", "--config", file, "--state", `${folder}/none.db`],
    /: want one KEY, such as joe@example\.org$/,
    2,
  ],
  [["show", "a", "b", "--config", file, "--state", `${folder}/none.db`], /: want one KEY/, 2],
  [
    ["show", "joe", "--config", file],
    /it names no state; give --state, for the systemd unit --state \/var\/lib/,
    2,
  ],
  [
    ["reset", "joe", "--config", file, "--state", "memory"],
    /the memory of the service, which no other program can read/,
    2,
  ],
  [["show", "joe", "--config", file, "--state", `${folder}/none.db`], /none\.db/, 1],
  [
    ["show", "joe", "--state", `${folder}/x`, "--filter", "size-limit"],
    /--filter size-limit has no limits; only rate-limit has/,
    2,
  ],
  [
    ["show", "joe", "--state", `${folder}/x`, "--filter", "rate-limt"],
    /there is no filter rate-limt; did you mean rate-limit\?/,
    2,
  ],
  [["show", "joe", "--config", file, "--filter", "rate-limit"], /it has the filters; leave out --filter/, 2],
  [
    ["show", "joe", "--filter", "rate-limit", "--limit", "1/1h"],
    /Missing --state: want the state of the service/,
    2,
  ],
  [
    ["show", "joe", "--config", file, "--list", "internal=10.0.0.0/8"],
    /Invalid --list "internal=10\.0\.0\.0\/8": --config has the lists; leave it out/,
    2,
  ],
  [
    ["show", "joe", "--state", `${folder}/x`, "--list", "a", "--filter", "rate-limit", "--limit", "1/1h"],
    /Invalid --list "a": want a name, = and entries/,
    2,
  ],
  [["list", "joe"], /there is no list; did you mean reset\?|there is no list; did you mean show\?/, 2],
  [["show", "joe", "--config", join(folder, "gone.toml")], /gone\.toml/, 2],
  [["show", "joe", "--config", file, "--state", "redis://127.0.0.1:1"], /redis:\/\/127\.0\.0\.1:1/, 1],
];

for (const [args, says, code] of WRONG) {
  test(`limits ${args.map((arg) => arg.replace(folder, "…")).join(" ")} is refused`, async () => {
    const result = await limits(...args);
    assert.match(result.stderr.trimEnd(), says);
    assert.equal(result.code, code, result.stderr);
    assert.equal(result.stdout, "");
  });
}
