// `serve --metrics`: what is scraped is what was sent, health says what is so, and no request disturbs mail.
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { after, describe, test } from "node:test";
import { toBytes } from "../../lib/message/text.ts";
import { MtaClient } from "../../lib/mta/client.ts";
import { CLIENT } from "../server/support.ts";
import { gatedFilter } from "../support/gated_filter.ts";
import { fetchText } from "../support/http.ts";
import { skipFor } from "../support/instance.ts";
import { Milterkit } from "../support/milterkit.ts";
import { freePort } from "../support/ports.ts";
import { at, captured } from "../support/present.ts";
import { childrenOf, run, sleep } from "../support/process.ts";
import { PROGRAM } from "../support/programs.ts";
import { promtool, promtoolProblem, samplesOf } from "../support/prometheus.ts";

const folder = mkdtempSync(join(tmpdir(), "milterkit-metrics-"));
after(() => rmSync(folder, { recursive: true }));
const noPromtool = skipFor(promtoolProblem());

/** Does with a message what its subject says. */
writeFileSync(
  join(folder, "judge.ts"),
  `import { addHeader, defineFilter, discard, reject, tempfail } from "milterkit";
export default defineFilter({
  name: "judge",
  rcpt: ({ address }) => address.startsWith("no-") ? reject(550, "5.7.1", "Not this one") : undefined,
  header({ name, value }) {
    if (name !== "Subject") return;
    if (value.includes("throw")) throw new Error("told to");
  },
  changes: ["addHeader"],
  eom(message) {
    const subject = message.headers.get("Subject")?.value ?? "";
    if (subject.includes("reject")) return reject(550, "5.7.1", "No");
    if (subject.includes("tempfail")) return tempfail(451, "4.7.1", "Later");
    if (subject.includes("discard")) return discard();
    message.addHeader("X-Judged", "yes");
  },
});
`,
);

/** What becomes of a message with each subject; a filter that throws tempfails. */
const SUBJECTS = ["accept", "reject", "tempfail", "discard", "throw"] as const;

interface Running {
  readonly milterkit: Milterkit;
  /** Where its HTTP is. */
  readonly url: string;
  scrape(): Promise<Map<string, number>>;
  /** The status and the word of /readyz. */
  ready(): Promise<[number, string]>;
}

function observed(milterkit: Milterkit, url: string): Running {
  return {
    milterkit,
    url,
    scrape: async () => samplesOf((await fetchText(`${url}metrics`)).text),
    async ready() {
      const { status, text } = await fetchText(`${url}readyz`);
      return [status, JSON.parse(text).status];
    },
  };
}

/** Waits until something is so. The time is only there for tests that fail. */
async function until(condition: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + 15_000;
  while (!await condition()) {
    if (performance.now() > end) throw new Error(`did not happen: ${condition}`);
    await sleep(10);
  }
}

const METRICS_AT = /metrics and health at (http:\S+)/;

async function urlOf(milterkit: Milterkit): Promise<string> {
  return captured(await milterkit.waitForLine((line) => METRICS_AT.test(line)), METRICS_AT);
}

const [title, command] = PROGRAM;
let files = 0;
const configure = (text: string): string => {
  const path = join(folder, `${title.length}-${++files}.toml`);
  writeFileSync(path, text);
  return path;
};
const serving = async (args: string[], use: (running: Running) => Promise<void>) => {
  const milterkit = await Milterkit.startCommand([...command, "serve", ...args], { addresses: 0 });
  try {
    const running = observed(milterkit, await urlOf(milterkit));
    await milterkit.waitForLine((line) => / runs /.test(line));
    await use(running);
  } finally {
    await milterkit.stop();
  }
};
const direct = (...args: string[]) => [
  ...["--listen", "inet:0@127.0.0.1", "--metrics", "0", ...args, "--filter", join(folder, "judge.ts")],
];
const hangUp = async ({ milterkit }: Running, said: RegExp) => {
  const before = milterkit.lines.length;
  milterkit.signal("SIGHUP");
  await milterkit.waitForLine(
    (line) => milterkit.lines.indexOf(line) >= before && said.test(line),
    String(said),
  );
};

describe(`serve --metrics, ${title}`, () => {
  /** Sends messages of all kinds over connections that are replaced now and then; gives what must have been counted. */
  async function load(address: string, rounds: number): Promise<{ messages: number; connections: number }> {
    let [messages, connections] = [0, 0];
    const one = async () => {
      for (let round = 0; round < rounds; round++) {
        const client = await MtaClient.open(address);
        connections++;
        await client.connect(CLIENT);
        for (const subject of SUBJECTS) {
          await client.message(toBytes(`Subject: ${subject}\r\n\r\nHello\r\n`), {
            to: ["no-a@example.org", "b@example.org"],
          });
          messages++;
        }
        client.quit();
      }
    };
    await Promise.all([one(), one(), one(), one()]);
    return { messages, connections };
  }

  /** What must be scraped after so many messages, an equal number of each subject. */
  function assertCounts(scraped: Map<string, number>, messages: number): void {
    const each = messages / SUBJECTS.length;
    const counts = Object.fromEntries(
      [...scraped].filter(([name]) =>
        /^milterkit_(messages|filter_(verdicts|errors|changes|messages))_total/.test(name) ||
        /duration_seconds_count/.test(name)
      ).filter(([, value]) => value !== 0),
    );
    const of = (metric: string, labels: string) => `milterkit_${metric}{${labels}}`;
    assert.deepEqual(counts, {
      [of("messages_total", 'outcome="accept"')]: each,
      [of("messages_total", 'outcome="reject"')]: each,
      [of("messages_total", 'outcome="tempfail"')]: 2 * each,
      [of("messages_total", 'outcome="discard"')]: each,
      "milterkit_message_duration_seconds_count": messages,
      [of("filter_messages_total", 'filter="judge"')]: messages,
      [of("filter_duration_seconds_count", 'filter="judge"')]: messages,
      [of("filter_verdicts_total", 'filter="judge",event="rcpt",verdict="reject"')]: messages,
      [of("filter_verdicts_total", 'filter="judge",event="eom",verdict="reject"')]: each,
      [of("filter_verdicts_total", 'filter="judge",event="eom",verdict="tempfail"')]: each,
      [of("filter_verdicts_total", 'filter="judge",event="eom",verdict="discard"')]: each,
      [of("filter_verdicts_total", 'filter="judge",event="header",verdict="tempfail"')]: each,
      [of("filter_errors_total", 'filter="judge",event="header"')]: each,
      [of("filter_changes_total", 'filter="judge",change="addHeader"')]: each,
    });
  }

  for (const workers of [1, 2]) {
    test(`counts what was sent, with --workers ${workers}`, { timeout: 60_000 }, async () => {
      await serving(direct("--workers", String(workers)), async ({ milterkit, scrape }) => {
        const first = await scrape();
        assert.equal(first.get('milterkit_filter_messages_total{filter="judge"}'), 0);
        const { messages, connections } = await load(milterkit.address, 5);
        const scraped = await scrape();
        assertCounts(scraped, messages);
        assert.equal(scraped.get("milterkit_connections_total"), connections);
        assert.equal(scraped.get("milterkit_workers_ready"), workers === 1 ? 0 : workers);
        await until(async () => (await scrape()).get("milterkit_connections_open") === 0);
      });
    });

    test(`counts on while versions change, with ${workers} of them at once`, {
      timeout: 60_000,
    }, async () => {
      const path = configure(
        `listen = "inet:0@127.0.0.1"\nworkers = ${workers}\nmetrics = "0"\n[[filter]]\nname = "./judge.ts"\n`,
      );
      await serving(["--config", path], async (running) => {
        const { milterkit, scrape, ready } = running;
        let loading = true;
        let reloads = true;
        let before = new Map<string, number>();
        const watching = (async () => {
          while (loading) {
            const now = await scrape();
            for (const [name, value] of before) {
              if (!/_total|_bucket|_count/.test(name)) continue;
              assert.ok(now.get(name)! >= value, `${name} went from ${value} to ${now.get(name)}`);
            }
            before = now;
            assert.deepEqual(await ready(), [200, "ready"]);
            await sleep(5);
          }
        })();
        const reloading = (async () => {
          for (let i = 0; i < 3; i++) await hangUp(running, /get the new version/);
          writeFileSync(path, "lisen = 1\n");
          await hangUp(running, /the previous version goes on/);
        })().finally(() => reloads = false);
        let [messages, connections] = [0, 0];
        const loads = (async () => {
          for (let isLast = false; !isLast;) {
            isLast = !reloads;
            const more = await load(milterkit.address, 2);
            messages += more.messages;
            connections += more.connections;
          }
        })().finally(() => loading = false);
        await Promise.all([loads, watching, reloading]);
        const scraped = await scrape();
        assertCounts(scraped, messages);
        assert.equal(scraped.get("milterkit_connections_total"), connections);
        assert.equal(scraped.get('milterkit_reloads_total{result="good"}'), 3);
        assert.equal(scraped.get('milterkit_reloads_total{result="failed"}'), 1);
        await until(async () => (await scrape()).get("milterkit_workers_leaving") === 0);
        assertCounts(await scrape(), messages);
      });
    });
  }

  test("promtool check metrics is content", { skip: noPromtool, timeout: 60_000 }, async () => {
    await serving(direct("--workers", "2"), async ({ milterkit, url }) => {
      await load(milterkit.address, 1);
      const { text, headers } = await fetchText(`${url}metrics`);
      assert.match(String(headers["content-type"]), /^text\/plain; version=0\.0\.4/);
      assert.equal(await promtool(["check", "metrics"], text), "");
    });
  });

  test("a worker that dies takes nothing along that was told before", { timeout: 60_000 }, async () => {
    await serving(direct("--workers", "2"), async ({ milterkit, scrape }) => {
      const { messages } = await load(milterkit.address, 2);
      assertCounts(await scrape(), messages);
      const worker = at(childrenOf(milterkit.pid), 0);
      process.kill(worker, "SIGKILL");
      await until(async () => (await scrape()).get("milterkit_worker_restarts_total") === 1);
      await until(async () => (await scrape()).get("milterkit_workers_ready") === 2);
      const more = await load(milterkit.address, 2);
      assertCounts(await scrape(), messages + more.messages);
    });
  });

  test("a worker that hangs holds nobody up who asks, and is counted once it goes on", {
    timeout: 60_000,
  }, async () => {
    await serving(direct("--workers", "2"), async ({ milterkit, scrape }) => {
      const { messages } = await load(milterkit.address, 2);
      const worker = at(childrenOf(milterkit.pid), 0);
      process.kill(worker, "SIGSTOP");
      try {
        // What it told within its last second may be missing.
        const scraped = await scrape();
        assert.ok(scraped.get("milterkit_message_duration_seconds_count")! <= messages);
        assert.equal(scraped.get("milterkit_workers_wanted"), 2);
      } finally {
        process.kill(worker, "SIGCONT");
      }
      await until(async () => (await scrape()).get("milterkit_message_duration_seconds_count") === messages);
      assertCounts(await scrape(), messages);
    });
  });

  test("one process by itself is not ready from SIGTERM on", { timeout: 60_000 }, async () => {
    await serving(direct(), async ({ milterkit, url, ready }) => {
      const client = await MtaClient.open(milterkit.address);
      await client.connect(CLIENT);
      await client.mail("<a@example.org>");
      assert.deepEqual(await ready(), [200, "ready"]);
      milterkit.signal("SIGTERM");
      await until(async () => (await ready())[0] === 503);
      assert.deepEqual(await ready(), [503, "stopping"]);
      assert.equal((await fetchText(`${url}healthz`)).status, 200);
      client.abort();
      client.quit();
      assert.deepEqual(await milterkit.ended, { code: 0, signal: null });
    });
  });

  /** Starts workers of which all but the first, which loads the version, are not ready before a file is there. */
  async function startSlowly(name: string): Promise<Running & { go(): void }> {
    const go = join(folder, `go-${name}-${title.length}`);
    const filter = join(folder, `slow-${name}-${title.length}.ts`);
    writeFileSync(
      filter,
      `import { existsSync, mkdirSync } from "node:fs";
let isFirst = true;
try { mkdirSync(${JSON.stringify(`${go}-first`)}); } catch { isFirst = false; }
while (!isFirst && !existsSync(${
        JSON.stringify(go)
      })) await new Promise((resolve) => setTimeout(resolve, 20));
export default { name: "slow", mail() {} };
`,
    );
    const milterkit = await Milterkit.startCommand([
      ...command,
      ...["serve", "--listen", "inet:0@127.0.0.1", "--metrics", "0", "--workers", "2", "--filter", filter],
    ], { addresses: 0 });
    return { ...observed(milterkit, await urlOf(milterkit)), go: () => writeFileSync(go, "") };
  }

  test("ends at once where SIGTERM comes before the start is over", { timeout: 60_000 }, async () => {
    const { milterkit, ready } = await startSlowly("stopped");
    try {
      assert.deepEqual(await ready(), [503, "starting"]);
      milterkit.signal("SIGTERM");
      assert.deepEqual(await milterkit.ended, { code: 0, signal: null });
    } finally {
      await milterkit.stop();
    }
  });

  test("is stuck while connections wait and no worker takes any, and in the end not alive", {
    timeout: 60_000,
  }, async () => {
    const { gate, filter } = gatedFilter(folder, `stuck-${title.length}`);
    const milterkit = await Milterkit.startCommand([
      ...command,
      ...["serve", "--listen", "inet:0@127.0.0.1", "--metrics", "0", "--workers", "2"],
      ...["--worker-timeout", "3s", "--filter", filter],
    ]);
    const { url, ready } = observed(milterkit, await urlOf(milterkit));
    try {
      await milterkit.waitForLine((line) => line.includes("runs gated"));
      const alive = async () => {
        const { status, text } = await fetchText(`${url}healthz`);
        return [status, JSON.parse(text).status];
      };
      assert.deepEqual([await ready(), await alive()], [[200, "ready"], [200, "alive"]]);
      gate.close();
      for (const worker of childrenOf(milterkit.pid)) process.kill(worker, "SIGKILL");
      const waiting = MtaClient.open(milterkit.address);
      const seen = new Set<string>();
      for (let now = await alive(); now[0] === 200; now = await alive()) {
        seen.add((await ready()).join(" "));
        await sleep(20);
      }
      assert.deepEqual(await alive(), [503, "stuck"]);
      assert.deepEqual(await ready(), [503, "stuck"]);
      // It was not ready before it was held for dead.
      assert.ok(seen.has("503 no worker") && seen.has("503 stuck"), [...seen].join());
      gate.open();
      (await waiting).quit();
      assert.deepEqual([await ready(), await alive()], [[200, "ready"], [200, "alive"]]);
    } finally {
      await milterkit.stop();
    }
  });

  test("is not ready before it serves, nor after SIGTERM, and alive throughout", {
    timeout: 60_000,
  }, async () => {
    const { milterkit, url, ready, scrape, go } = await startSlowly("served");
    try {
      const alive = async () => (await fetchText(`${url}healthz`)).status;
      assert.deepEqual(await ready(), [503, "starting"]);
      assert.equal(await alive(), 200);
      go();
      await until(async () => (await ready())[0] === 200);
      assert.equal((await scrape()).get("milterkit_ready"), 1);

      const client = await MtaClient.open(milterkit.address);
      await client.connect(CLIENT);
      await client.mail("<a@example.org>");
      milterkit.signal("SIGTERM");
      await until(async () => (await ready())[0] === 503);
      assert.deepEqual(await ready(), [503, "stopping"]);
      assert.equal(await alive(), 200);
      assert.equal((await scrape()).get("milterkit_ready"), 0);
      client.abort();
      client.quit();
      assert.deepEqual(await milterkit.ended, { code: 0, signal: null });
      await assert.rejects(fetchText(`${url}readyz`));
    } finally {
      await milterkit.stop();
    }
  });

  test("SIGHUP moves it to another address, or away; what cannot be listened on changes nothing", {
    timeout: 60_000,
  }, async () => {
    const mail = `inet:${await freePort()}@127.0.0.1`;
    const [one, two] = [await freePort(), await freePort()];
    const text = (metrics: string) => `listen = "${mail}"\n${metrics}[[filter]]\nname = "./judge.ts"\n`;
    const path = configure(text(`metrics = "${one}"\n`));
    const answers = (port: number) =>
      fetchText(`http://127.0.0.1:${port}/healthz`).then(({ status }) => status, () => "nobody");
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
    try {
      await serving(["--config", path], async (running) => {
        assert.equal(await answers(one), 200);
        writeFileSync(path, text(`metrics = "${two}"\n`));
        await hangUp(running, /get the new version/);
        await until(async () => await answers(one) === "nobody");
        assert.equal(await answers(two), 200);
        const { messages } = await load(mail, 1);
        const scraped = samplesOf((await fetchText(`http://127.0.0.1:${two}/metrics`)).text);
        assertCounts(scraped, messages);

        const { port } = taken.address() as { port: number };
        writeFileSync(path, text(`metrics = "${port}"\n`));
        await hangUp(running, /previous version goes on: --metrics: Cannot listen on .*address in use/);
        assert.equal(await answers(two), 200);
        // Listened on, and left again where the version that it belongs to cannot be taken.
        writeFileSync(path, text(`metrics = "${one}"\n`).replace(mail, "inet:1@192.0.2.99"));
        await hangUp(running, /previous version goes on: Cannot listen on inet:1@192/);
        assert.deepEqual([await answers(one), await answers(two)], ["nobody", 200]);
        writeFileSync(path, text(""));
        await hangUp(running, /get the new version/);
        await until(async () => await answers(two) === "nobody");
      });
      const { port } = taken.address() as { port: number };
      const args = ["--listen", mail, "--metrics", String(port), "--filter", "size-limit", "--max", "1MB"];
      const { code, stderr } = await run([...command, "serve", ...args]);
      assert.equal(code, 1);
      assert.match(
        stderr,
        /^milterkit: --metrics: Cannot listen on inet:\d+@127\.0\.0\.1: address in use$/m,
      );
      assert.doesNotMatch(stderr, /listening on/);
    } finally {
      taken.close();
    }
  });

  test("a unix socket is for owner and group, and gone at the end", { timeout: 60_000 }, async () => {
    const path = join(folder, `metrics-${title.length}.sock`);
    const milterkit = await Milterkit.startCommand([
      ...command,
      ...["serve", "--listen", "inet:0@127.0.0.1", "--metrics", `unix:${path}`],
      ...["--filter", "size-limit", "--max", "1MB"],
    ]);
    try {
      assert.equal(statSync(path).mode & 0o777, 0o660);
      const answer = await new Promise<string>((resolve, reject) => {
        let text = "";
        const socket = connect(path, () => socket.write("GET /readyz HTTP/1.0\r\n\r\n"));
        socket.on("data", (part) => text += part).on("close", () => resolve(text)).on("error", reject);
      });
      assert.match(answer, /^HTTP\/1\.1 200 /);
    } finally {
      await milterkit.stop();
    }
    assert.ok(!existsSync(path));
  });

  test("what strangers send disturbs no mail", { timeout: 120_000 }, async () => {
    await serving(direct(), async ({ milterkit, url, scrape, ready }) => {
      const { port } = new URL(url);
      const sockets: Socket[] = [];
      const open = (text: string): Promise<string> =>
        new Promise((resolve) => {
          let answer = "";
          const socket = connect(Number(port), "127.0.0.1", () => socket.write(text));
          sockets.push(socket);
          socket.on("data", (part) => answer += part).on("error", () => {});
          socket.on("close", () => resolve(answer));
        });
      try {
        assert.doesNotMatch(await open("\x00\x01\x02\xff\r\n\r\n"), / 200 /);
        assert.doesNotMatch(await open(`GET / HTTP/1.1\r\nX: ${"a".repeat(1_000_000)}\r\n\r\n`), / 200 /);
        assert.match(await open("GET /metric HTTP/1.0\r\n\r\n"), /^HTTP\/1\.1 404 [^]*\n {2}\/metrics /);
        const post = await open("POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\nabc");
        assert.match(post, /^HTTP\/1\.1 405 [^]*allow: GET, HEAD/i);
        const head = await fetchText(`${url}metrics`, "HEAD");
        assert.deepEqual([head.status, head.text], [200, ""]);

        // Questions that do not wait for answers: one at most is answered, and nothing is kept for those who do not read.
        const question = "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n";
        const answers = (await open(question.repeat(50))).split("HTTP/1.1 200 ").length - 1;
        assert.ok(answers <= 1, `${answers} answers`);
        for (let i = 0; i < 64; i++) {
          const unread = connect(Number(port), "127.0.0.1", () => unread.write(question.repeat(400)));
          sockets.push(unread);
          unread.pause().on("error", () => {});
        }
        await sleep(100);
        const { messages: meanwhile } = await load(milterkit.address, 1);
        await until(() => ready().then(([status]) => status === 200, () => false));

        // More than there may be, which say nothing or never end their question.
        const slow = Array.from(
          { length: 200 },
          (_, i) => open(i % 2 ? "" : "GET /metrics HTTP/1.1\r\nX: "),
        );
        await sleep(100);
        const { messages } = await load(milterkit.address, 2);
        await Promise.all(slow);
        assertCounts(await scrape(), meanwhile + messages);
        assert.ok(milterkit.running);
        await milterkit.stop();
        const said = milterkit.lines.filter((line) => /metrics: /.test(line));
        assert.equal(said.length, 1, said.join("\n"));
        assert.match(at(said, 0), /64 connections are open, further ones are closed \(logged once\)/);
      } finally {
        for (const socket of sockets) socket.destroy();
      }
    });
  });
});
