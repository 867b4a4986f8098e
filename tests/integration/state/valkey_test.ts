// State in a Valkey or Redis server: services count together, and mail does not notice when it is gone.
import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { skipFor } from "../../support/instance.ts";
import { complaints, Milterkit } from "../../support/milterkit.ts";
import { freePort } from "../../support/ports.ts";
import { type Postfix, postfixProblem, startPostfix } from "../../support/postfix.ts";
import { type Argv, sleep } from "../../support/process.ts";
import { PROGRAM } from "../../support/programs.ts";
import { type Redis, redisProblem, startRedis } from "../../support/redis.ts";
import { Load } from "../haproxy/load.ts";
import { withFiles } from "../user_filter/support.ts";
import { type Answered, counted, Counting, MOST, sum, takeOn } from "./support.ts";

const noRedis = skipFor(redisProblem());
const skip = noRedis ?? skipFor(await postfixProblem());
const [title] = PROGRAM;

const redises: Redis[] = [];
after(async () => {
  for (const redis of redises) await redis.stop();
});

async function startedRedis(...settings: string[]): Promise<Redis> {
  const redis = await startRedis({ settings });
  redises.push(redis);
  return redis;
}

describe(`services of ${title}`, () => {
  test(
    "with two workers each count together: of 10,000 that are taken, exactly as many are given as there are",
    {
      skip: noRedis,
    },
    async () => {
      const redis = await startedRedis();
      await counted(async (folder) => {
        await redis.cli("flushall");
        const state = ["--state", `redis://127.0.0.1:${redis.port}`, "--on-state-error", "tempfail"];
        await using first = await Counting.start(folder, "--workers", "2", ...state);
        const other = join(folder, "other");
        mkdirSync(other);
        copyFileSync(join(folder, "taking.ts"), join(other, "taking.ts"));
        await using second = await Counting.start(other, "--workers", "2", ...state);
        const connections = [first, first, second, second].map((service) =>
          takeInSteps(service, 2500, "joe")
        );
        const answers = (await Promise.all(connections)).flat();
        const inTime = answers.filter(({ result }) => result !== "store-unavailable");
        assert.equal(inTime.length * STEP, 10_000);
        assert.equal(new Set(inTime.map(({ pid }) => pid)).size, 4, "all counted");
        // A busy machine may answer too late, and what was asked for then may have been given to nobody; but never to two.
        const late = answers.length - inTime.length;
        const given = sum(inTime);
        assert.ok(given <= MOST && given >= MOST - late * STEP, `${given} given, ${late} answers were late`);
        assert.equal(await second.take(1, "ann"), 1, "another key has its own");
        const keys = await redis.cli("--raw", "keys", "*");
        assert.doesNotMatch(keys, /joe|ann/, "no address can be read there");
        assert.match(keys, /^milterkit:taking\0keys\0#[0-9a-f]{64}$/m);
      });
    },
  );

  test(
    "hash keys with a secret, so that nobody can try which address they are of",
    { skip: noRedis },
    async () => {
      const redis = await startedRedis();
      await counted(async (folder) => {
        await redis.cli("flushall");
        const secret = join(folder, "secret");
        writeFileSync(secret, "0123456789abcdef0123456789abcdef\n");
        const state = ["--state", `redis+unix://${redis.socket}`];
        for (const args of [state, [...state, "--state-secret", secret]]) {
          await using counting = await Counting.start(folder, ...args);
          assert.equal(await counting.take(1, "joe"), 1);
        }
        assert.equal(await redis.cli("dbsize"), "2");
      });
    },
  );

  test("start without the server if it may come back, and say what is wrong if it will not", {
    skip: noRedis,
  }, async () => {
    const redis = await startedRedis("--requirepass", "hunter2");
    const port = await freePort();
    await counted(async (folder) => {
      await using counting = await Counting.start(folder, "--state", `redis://127.0.0.1:${port}`);
      assert.equal(await counting.take(10, "joe"), 10, "each process counts for itself");
      const said = counting.milterkit.lines.filter((line) => line.includes("unavailable"));
      assert.match(
        said[0] ?? "",
        /warning.* is unavailable: nobody listens there; the service starts without it$/,
      );
      for (
        const [address, reason] of [
          [`redis://127.0.0.1:${redis.port}`, /: it requires a password; write it into the address/],
          [`redis://:wrong@127.0.0.1:${redis.port}`, /: it does not accept the user or the password$/m],
        ] as const
      ) {
        await assert.rejects(Counting.start(folder, "--state", address), (error: Error) => {
          assert.match(error.message, reason);
          assert.doesNotMatch(error.message.split("\n").slice(1).join("\n"), /:wrong@/);
          return true;
        });
      }
    });
  });
});

/** Takes for each message, and says in the header how many are left; fails where the state does. */
const LIMITING = `import { defineFilter } from "milterkit";
export default defineFilter({
  name: "limiting",
  summary: "Limits",
  verdicts: [],
  changes: ["addHeader"],
  create(_options, kit) {
    const senders = kit.store("senders");
    const rate = { count: 1000, per: 86_400_000, burst: 100_000 };
    return {
      async eom(message, { sender }) {
        message.addHeader("X-Left", String((await senders.take(sender.address, rate)).left));
      },
    };
  },
});
`;

describe(`mail through Postfix and ${title}`, () => {
  test(
    "goes on while the server is stopped, killed, full or a replica, and is counted there again afterwards",
    {
      skip,
      timeout: 120_000,
    },
    () =>
      withFiles({ "limiting.ts": LIMITING }, async (folder) => {
        const redis = await startedRedis("--maxmemory-policy", "noeviction");
        const milterkit = await serving(folder, "--state", `redis://127.0.0.1:${redis.port}`);
        let mta: Postfix | undefined;
        let load: Load | undefined;
        try {
          mta = await startPostfix({ milters: [milterkit.address], defaultAction: "tempfail" });
          load = new Load(mta.port, 6);
          const passed = (count: number) => load!.waitFor(load!.delivered.length + count);
          const counts = async () => Number(/^r(\d+)/.exec(await counter(redis))?.[1] ?? NaN);
          const countsAgain = async () => {
            const before = await counts();
            while (!(await counts() < before - 5 || Number.isNaN(before))) await sleep(50);
          };
          await passed(50);
          await countsAgain();
          redis.signal("SIGSTOP");
          await passed(50);
          redis.signal("SIGCONT");
          await countsAgain();
          await redis.kill();
          await passed(50);
          await redis.restart();
          while (Number.isNaN(await counts())) await sleep(50);
          await countsAgain();
          await redis.cli("config", "set", "maxmemory", "1");
          await passed(50);
          await redis.cli("config", "set", "maxmemory", "0");
          await countsAgain();
          await redis.cli("replicaof", "127.0.0.1", "1");
          await passed(50);
          await redis.cli("replicaof", "no", "one");
          await countsAgain();
          const sent = await load.stop();
          assert.equal(load.retries, 0, "no message was put off");
          await mta.nextHop.waitFor(sent.length);
          await mta.idle();
          assert.equal(mta.nextHop.messages.length, sent.length, "none was lost, none doubled");
        } finally {
          await load?.abandon();
          await mta?.stop();
          await milterkit.stop();
        }
        const away = milterkit.lines.filter((line) => line.includes("is unavailable"));
        const line =
          /^(\S+) error +the state at redis:\/\/127\.0\.0\.1:\d+ is unavailable.*; until it answers, each process counts for itself, in memory$/;
        const minutes = away.map((each) => Math.floor(Date.parse(line.exec(each)?.[1] ?? each) / 60_000));
        assert.ok(minutes.length > 0 && !minutes.includes(NaN), milterkit.log());
        assert.equal(new Set(minutes).size, minutes.length, `one line a minute:\n${milterkit.log()}`);
        assert.ok(milterkit.lines.some((line) => /answers again after [\d.]+ s/.test(line)), milterkit.log());
        assert.deepEqual(complaints(milterkit.lines), away, "the filter has nothing to complain about");
      }),
  );

  test("is deferred while the server is gone, where that is wanted", { skip: noRedis }, async () => {
    const redis = await startedRedis();
    await counted(async (folder) => {
      const state = ["--state", `redis+unix://${redis.socket}`, "--on-state-error", "tempfail"];
      await using counting = await Counting.start(folder, ...state);
      assert.equal(await counting.take(1, "joe"), 1);
      await redis.kill();
      const [gone] = await counting.takeOnMany(1, 1, 1, "joe");
      assert.equal(gone?.result, "store-unavailable");
      await redis.restart();
      const again = async () => (await counting.takeOnMany(1, 1, 1, "joe"))[0]?.result;
      while (await again() !== "1") await sleep(50);
    });
  });
});

/** How much is taken at once. */
const STEP = 10;

/** Takes so much on a connection of its own, however often the state does not answer in time; returns all answers. */
async function takeInSteps(service: Counting, count: number, key: string): Promise<Answered[]> {
  const client = await service.connect();
  const answers: Answered[] = [];
  for (let left = count; left > 0;) {
    const answer = await takeOn(client, STEP, key);
    answers.push(answer);
    if (answer.result === "store-unavailable") await sleep(50);
    else left -= STEP;
  }
  client.quit();
  return answers;
}

async function counter(redis: Redis): Promise<string> {
  return await redis.cli(
    "eval",
    "local k = redis.call('KEYS', 'milterkit:limiting*') return k[1] and redis.call('GET', k[1]) or ''",
    "0",
  );
}

async function serving(folder: string, ...args: string[]): Promise<Milterkit> {
  const [program, ...rest] = PROGRAM[1];
  const port = await freePort();
  const argv: Argv = [
    program,
    ...rest,
    "serve",
    "--listen",
    `inet:${port}@127.0.0.1`,
    ...args,
    "--filter",
    "./limiting.ts",
  ];
  return await Milterkit.startCommand(argv, { cwd: folder, env: { STATE_DIRECTORY: "" } });
}
