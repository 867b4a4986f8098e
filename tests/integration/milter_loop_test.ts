// A milter that leads back to the service that asks it, where no start can see it: through a proxy, through another one.
// Runs once: only programs are driven here, which are the same whatever runtime drives them.
import assert from "node:assert/strict";
import { readdirSync, writeFileSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { isSameEndpoint } from "../../cli/config/same_endpoint.ts";
import { MtaClient } from "../../lib/mta/client.ts";
import { parseAddress } from "../../lib/net/address.ts";
import { inFolder, until } from "../server/support.ts";
import { Milterkit, runMilterkit } from "../support/milterkit.ts";
import { freePort } from "../support/ports.ts";

const MAIL = {
  from: "a@example.test",
  to: ["b@example.test"],
};
const MESSAGE = new TextEncoder().encode("Subject: round and round\r\n\r\nbody\r\n");

/** Passes connections on, as haproxy would; counts them. */
class Proxy {
  count = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(to: number, chunk: number) {
    this.#server = createServer((near) => {
      this.count++;
      const far = connect(to, "127.0.0.1");
      for (const [from, other] of [[near, far], [far, near]] as const) {
        this.#sockets.add(from);
        from.setNoDelay(true);
        from.on("data", (bytes: Uint8Array) => {
          for (let at = 0; at < bytes.length; at += chunk) other.write(bytes.slice(at, at + chunk));
        });
        from.on("error", () => {}).on("close", () => other.destroy());
      }
    });
  }

  static async start(at: number, to: number, chunk = Infinity): Promise<Proxy> {
    const proxy = new Proxy(to, chunk);
    await new Promise<void>((resolve) => proxy.#server.listen(at, "127.0.0.1", resolve));
    return proxy;
  }

  stop(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}

/** Sends a message, and gives how it was answered. */
async function send(address: string): Promise<string> {
  const client = await MtaClient.open(address);
  try {
    await client.connect({ hostname: "client.example.test", family: "inet", port: 1, address: "192.0.2.1" });
    const { event, answer } = await client.message(MESSAGE, MAIL);
    return `${event} ${answer.reply?.code ?? answer.verdict}`;
  } finally {
    client.quit();
  }
}

const isLoop = (line: string) => line.includes("milter loop: ");
const loops = (milterkit: Milterkit) => milterkit.lines.filter(isLoop);
const descriptors = (pid: number) => readdirSync(`/proc/${pid}/fd`).length;

for (const workers of ["1", "2"]) {
  const options = { timeout: 120_000 };
  test(`a loop through a proxy ends at its first round, ${workers} workers`, options, async () => {
    const [own, proxied] = [await freePort(), await freePort()];
    const proxy = await Proxy.start(proxied, own);
    const listen = `inet:${own}@127.0.0.1`;
    const milterkit = await Milterkit.start([
      ...["serve", "--listen", listen, "--workers", workers],
      ...["--filter", "header-rewrite", "--add", "X-A: b"],
      ...["--filter", "milter", "--address", `inet:${proxied}@127.0.0.1`],
    ]);
    try {
      const before = descriptors(milterkit.pid);
      assert.equal(await send(listen), "mail tempfail");
      // Once to learn what the milter wants, and once more for the message.
      assert.equal(proxy.count, 2);
      const failed = await milterkit.waitForLine((line) => line.includes("failed at "));
      assert.match(failed, /failed at mail \(tempfail\): Milter loop: /);
      assert.match(
        await milterkit.waitForLine(isLoop),
        /leads back to this service at inet:\d+@127\.0\.0\.1; refused/,
      );
      for (let i = 0; i < 20; i++) await send(listen);
      assert.equal(proxy.count, 42);
      await until(() => descriptors(milterkit.pid) < before + 20, "few descriptors");
    } finally {
      await milterkit.stop();
      proxy.stop();
    }
    // Each worker says so once.
    assert.ok(loops(milterkit).length <= Number(workers), milterkit.log());
  });

  test(`a loop by way of another service ends where it began, ${workers} workers`, options, async () => {
    const [a, b] = [await freePort(), await freePort()];
    const serve = (from: number, to: number) =>
      Milterkit.start([
        ...["serve", "--listen", `inet:${from}@127.0.0.1`, "--workers", workers],
        ...["--filter", "milter", "--address", `inet:${to}@127.0.0.1`],
      ]);
    const first = await serve(a, b);
    const second = await serve(b, a);
    try {
      assert.equal(await send(`inet:${a}@127.0.0.1`), "mail tempfail");
      assert.match(
        await first.waitForLine(isLoop),
        /leads back to this service at inet:\d+@127\.0\.0\.1 through 1 other; refused/,
      );
      const failed = await second.waitForLine((line) => line.includes("failed at "));
      assert.match(failed, /Milter loop: /);
    } finally {
      await first.stop();
      await second.stop();
    }
    assert.ok(loops(first).length <= Number(workers), first.log());
    assert.deepEqual(loops(second), []);
  });
}

test("what becomes of the message is the filter's --on-error", { timeout: 120_000 }, async () => {
  const [own, proxied] = [await freePort(), await freePort()];
  const proxy = await Proxy.start(proxied, own);
  const listen = `inet:${own}@127.0.0.1`;
  const milterkit = await Milterkit.start([
    ...["serve", "--listen", listen],
    ...["--filter", "milter", "--address", `inet:${proxied}@127.0.0.1`, "--on-error", "accept"],
  ]);
  try {
    assert.equal(await send(listen), "mail accept");
    assert.equal(proxy.count, 2);
  } finally {
    await milterkit.stop();
    proxy.stop();
  }
});

test("a loop through a proxy that cuts packets into bytes ends too", { timeout: 120_000 }, async () => {
  const [own, proxied] = [await freePort(), await freePort()];
  const proxy = await Proxy.start(proxied, own, 1);
  const listen = `inet:${own}@127.0.0.1`;
  const milterkit = await Milterkit.start([
    ...["serve", "--listen", listen],
    ...["--filter", "milter", "--address", `inet:${proxied}@127.0.0.1`],
  ]);
  try {
    assert.equal(await send(listen), "mail tempfail");
    assert.ok(proxy.count <= 20, `${proxy.count} connections`);
  } finally {
    await milterkit.stop();
    proxy.stop();
  }
});

for (const workers of ["1", "2"]) {
  test(`a milter that is the service itself is refused at start, ${workers} workers`, async () => {
    const { code, stderr } = await runMilterkit([
      ...["serve", "--listen", "inet:8891@localhost", "--workers", workers],
      ...["--filter", "milter", "--address", "inet:8891@127.0.0.1"],
    ]);
    assert.equal(code, 2);
    assert.equal(
      stderr,
      "milterkit serve --filter milter: --address inet:8891@127.0.0.1 leads back to this service, which listens on " +
        "inet:8891@localhost: each message would loop endlessly. Set it to the address of the milter itself, " +
        "which is none of listen\n",
    );
  });
}

test("a reload that would make a loop is refused, and the previous version goes on", async () => {
  await inFolder(async (folder) => {
    const port = await freePort();
    const config = join(folder, "m.toml");
    const write = (filter: string) =>
      writeFileSync(config, `listen = "inet:${port}@127.0.0.1"\n[[filter]]\n${filter}`);
    write('name = "size-limit"\nmax = "1B"\n');
    const milterkit = await Milterkit.start(["serve", "--config", config], { addresses: 1 });
    try {
      write(`name = "milter"\naddress = "inet:${port}@localhost"\n`);
      milterkit.signal("SIGHUP");
      const line = await milterkit.waitForLine((line) => line.includes("previous version stays in use"));
      assert.match(
        line,
        /m\.toml:4:11: address inet:\d+@localhost leads back to this service, which listens on/,
      );
      assert.match(await send(`inet:${port}@127.0.0.1`), /^\w+ 552$/);
    } finally {
      await milterkit.stop();
    }
  });
});

test("a trace does not pass connections on to itself", async () => {
  const { code, stderr } = await runMilterkit([
    ...["trace", "--listen", "inet:8890@0.0.0.0", "--milter", "inet:8890@localhost"],
  ]);
  assert.equal(code, 2);
  assert.match(stderr, /--milter inet:8890@localhost leads back to --listen inet:8890@0\.0\.0\.0: /);
});

test("no address of the example file leads back to it, once all of it is switched on", async () => {
  const { stdout } = await runMilterkit(["config", "example"]);
  const listen = [...stdout.matchAll(/^#? ?listen = (".*")$/gm)].map(([, text = ""]) => JSON.parse(text));
  const [address] = [...stdout.matchAll(/^# address = (".*")$/gm)].map(([, text = ""]) => JSON.parse(text));
  assert.equal(listen.length, 2);
  assert.ok(address);
  for (const each of listen) {
    assert.equal(await isSameEndpoint(parseAddress(address), parseAddress(each)), false);
  }
});

test("one listener may ask another of the same file", { timeout: 120_000 }, async () => {
  await inFolder(async (folder) => {
    const [a, b] = [await freePort(), await freePort()];
    const config = join(folder, "m.toml");
    writeFileSync(
      config,
      `[[listener]]\nlisten = "inet:${a}@127.0.0.1"\n[[listener.filter]]\nname = "milter"\n` +
        `address = "inet:${b}@127.0.0.1"\n` +
        `[[listener]]\nlisten = "inet:${b}@127.0.0.1"\n[[listener.filter]]\nname = "size-limit"\nmax = "1B"\n`,
    );
    const milterkit = await Milterkit.start(["serve", "--config", config], { addresses: 2 });
    try {
      assert.match(await send(`inet:${a}@127.0.0.1`), /^\w+ 552$/);
    } finally {
      await milterkit.stop();
    }
    assert.deepEqual(loops(milterkit), []);
  });
});
