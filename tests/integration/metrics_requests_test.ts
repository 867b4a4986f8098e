// `serve --metrics`: where it listens, and that no request disturbs mail.
import assert from "node:assert/strict";
import { existsSync, statSync, writeFileSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { describe, test } from "node:test";
import { fetchText } from "../support/http.ts";
import { Milterkit } from "../support/milterkit.ts";
import { freePort } from "../support/ports.ts";
import { at } from "../support/present.ts";
import { run, sleep } from "../support/process.ts";
import { samplesOf } from "../support/prometheus.ts";
import {
  assertCounts,
  command,
  configure,
  direct,
  folder,
  hangUp,
  load,
  serving,
  title,
  until,
} from "./metrics_support.ts";

describe(`serve --metrics, ${title}`, () => {
  test("SIGHUP moves it to another address, or away; what cannot be listened on changes nothing", {
    timeout: 120_000,
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
        await hangUp(running, /previous version stays in use: --metrics: Cannot listen on .*address in use/);
        assert.equal(await answers(two), 200);
        // Listened on, and left again where the version that it belongs to cannot be taken.
        writeFileSync(path, text(`metrics = "${one}"\n`).replace(mail, "inet:1@192.0.2.99"));
        await hangUp(running, /previous version stays in use: Cannot listen on inet:1@192/);
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

  test("a unix socket is for owner and group, and gone at the end", { timeout: 120_000 }, async () => {
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
