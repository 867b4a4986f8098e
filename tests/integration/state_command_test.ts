// `milterkit state info` and `export`: of a file, of a service that runs, of a server, and of what is none of them.
import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, it } from "node:test";
import { MtaClient } from "../../lib/mta/client.ts";
import { storeFor } from "../../lib/store/namespace.ts";
import { SqliteStore } from "../../lib/store/sqlite/sqlite_store.ts";
import { Milterkit } from "../support/milterkit.ts";
import type { CommandResult } from "../support/process.ts";
import { PROGRAM } from "../support/programs.ts";
import { at } from "../support/present.ts";
import { runIn, withFiles, write } from "./user_filter/support.ts";

const [title, program] = PROGRAM;
const HOUR = 3_600_000;
const KEY = "192.0.2.0/24\njoe@example.com\nann@example.org";

/** A file with some entries, in a folder of its own. */
async function withState(
  use: (folder: string, run: (args: string) => Promise<CommandResult>) => Promise<void>,
) {
  await withFiles({}, async (folder) => {
    const state = SqliteStore.open(join(folder, "state.db"));
    const store = (filter: string, name: string) => storeFor(state, filter, name);
    await store("greylist", "passed").set(KEY, "", HOUR);
    await store("greylist", "waiting").seen(KEY, HOUR);
    await store("greylist", "waiting").seen("x".repeat(300), HOUR);
    await store("logins", "limits").take("joe\x1b[31m", { count: 10, per: HOUR }, 4);
    await state.close();
    const run = (args: string) =>
      runIn(folder, program, "state", ...args.replaceAll("DIR", folder).split(" "));
    await use(folder, run);
  });
}

describe(`milterkit state, ${title}`, () => {
  it("info counts what each filter has", async () => {
    await withState(async (folder, run) => {
      const { code, stdout, stderr } = await run("info --state DIR/state.db");
      assert.deepEqual([code, stderr], [0, ""]);
      const [first, ...rest] = stdout.replace(folder, "DIR").split("\n");
      assert.match(first ?? "", /^DIR\/state\.db: SQLite [\d.]+, 4 entries, \d+\.\d kB, no service uses it$/);
      assert.deepEqual(rest, [
        "",
        "filter    store    entries",
        "greylist  passed         1",
        "greylist  waiting        2",
        "logins    limits         1",
        "",
      ]);
      const { kind, entries, stores } = JSON.parse((await run("info --json --state DIR/state.db")).stdout);
      assert.deepEqual([kind, entries], ["file", 4]);
      assert.deepEqual(stores.at(-1), { filter: "logins", store: "limits", entries: 1 });
    });
  });

  it("export prints each entry, in a form that a terminal is safe from", async () => {
    await withState(async (_folder, run) => {
      const { code, stdout } = await run("export --state DIR/state.db");
      assert.equal(code, 0);
      assert.ok(!stdout.includes("\x1b"));
      const entries = stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
      const withoutTimes = entries.map(({ life, age, ...rest }) => {
        assert.ok(life > 0 && life <= HOUR && (age === undefined || age >= 0 && age < HOUR));
        return rest;
      });
      assert.deepEqual(withoutTimes, [
        { filter: "greylist", store: "passed", key: KEY, kind: "text", text: "" },
        {
          filter: "greylist",
          store: "waiting",
          key: at(withoutTimes, 1).key,
          hashed: true,
          kind: "sighting",
        },
        { filter: "greylist", store: "waiting", key: KEY, kind: "sighting" },
        { filter: "logins", store: "limits", key: "joe\x1b[31m", kind: "rate", level: 6 },
      ]);
      assert.match(at(withoutTimes, 1).key, /^[0-9a-f]{64}$/);
      const part = await run("export --state DIR/state.db --filter greylist --store passed");
      assert.equal(part.stdout.trimEnd().split("\n").length, 1);
      assert.equal((await run("export --state DIR/state.db --filter grey")).stdout, "");
    });
  });

  it("asks a service that uses the file, whose configuration names it", async () => {
    await withState(async (folder, run) => {
      write(
        folder,
        "m.toml",
        `listen = "inet:0@127.0.0.1"
state = "${folder}/state.db"
state-timeout = "10s"
dns-records = "/dev/null"
[[filter]]
name = "greylist"
`,
      );
      const milterkit = await Milterkit.startCommand([...program, "serve", "--config", "m.toml"], {
        cwd: folder,
      });
      try {
        const mta = await MtaClient.open(milterkit.address);
        await mta.connect({ hostname: "unknown", family: "inet", address: "192.0.2.1", port: 25000 });
        await mta.helo("mail.example.com");
        await mta.mail("new@example.com");
        assert.equal((await mta.rcpt("ann@example.org")).reply?.code, 451);
        mta.quit();
        const { code, stdout } = await run("info --config m.toml");
        assert.equal(code, 0);
        assert.match(stdout, /5 entries, .*, a service uses it\n[^]*greylist {2}waiting {8}3\n/);
        const exported = await run("export --config DIR/m.toml --store waiting");
        assert.match(exported.stdout, /"key":"192\.0\.2\.0\/24\\nnew@example\.com\\nann@example\.org"/);
      } finally {
        await milterkit.stop();
      }
    });
  });

  it("says in one line what is wrong", async () => {
    await withState(async (folder, run) => {
      const { code, stdout, stderr } = await run("info --state DIR/none.db");
      assert.deepEqual([code, stdout], [1, ""]);
      assert.equal(
        stderr,
        `milterkit state info: Cannot keep state in ${folder}/none.db: there is no such file\n`,
      );
      const usage = await run("exprot");
      assert.deepEqual([usage.code, usage.stdout], [2, ""]);
      assert.equal(usage.stderr, "milterkit state: there is no exprot; did you mean export?\n");
    });
  });
});
