// A milter that leads back to the service that asks it, where no start can see it: through a proxy, through another one.
import assert from "node:assert/strict";
import { readdirSync, writeFileSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { MtaClient } from "../../lib/mta/client.ts";
import { inFolder } from "../server/support.ts";
import { Milterkit } from "../support/milterkit.ts";
import { freePorts } from "../support/ports.ts";

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
      for (const [from, other] of [[near, far], [far, near]]) {
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
    await client.connect({ hostname: "client.example.test", family: "4", port: 1, address: "192.0.2.1" });
    const { event, answer } = await client.message(MESSAGE, MAIL);
    return `${event} ${answer.reply?.code ?? answer.verdict}`;
  } finally {
    client.quit();
  }
}

const loops = (milterkit: Milterkit) => milterkit.lines.filter((line) => line.includes("milter loop: "));
const descriptors = (pid: number) => readdirSync(`/proc/${pid}/fd`).length;

for (const workers of ["1", "2"]) {
  const options = { timeout: 60_000 };
  test(`a loop through a proxy ends at its first round, ${workers} workers`, options, async () => {
    const [own, proxied] = await freePorts(2);
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
      assert.match(loops(milterkit)[0], /leads back to it at inet:\d+@127\.0\.0\.1; refused/);
      // Each worker says so once.
      assert.ok(loops(milterkit).length <= Number(workers), milterkit.log());
      for (let i = 0; i < 20; i++) await send(listen);
      assert.equal(proxy.count, 42);
      assert.ok(descriptors(milterkit.pid) < before + 20);
    } finally {
      await milterkit.stop();
      proxy.stop();
    }
  });

  test(`a loop by way of another service ends where it began, ${workers} workers`, options, async () => {
    const [a, b] = await freePorts(2);
    const serve = (from: number, to: number) =>
      Milterkit.start([
        ...["serve", "--listen", `inet:${from}@127.0.0.1`, "--workers", workers],
        ...["--filter", "milter", "--address", `inet:${to}@127.0.0.1`],
      ]);
    const first = await serve(a, b);
    const second = await serve(b, a);
    try {
      assert.equal(await send(`inet:${a}@127.0.0.1`), "mail tempfail");
      assert.ok(loops(first).length <= Number(workers), first.log());
      assert.match(loops(first)[0], /leads back to it at inet:\d+@127\.0\.0\.1, by way of 1 other; refused/);
      assert.deepEqual(loops(second), []);
      const failed = await second.waitForLine((line) => line.includes("failed at "));
      assert.match(failed, /Milter loop: /);
    } finally {
      await first.stop();
      await second.stop();
    }
  });
}

test("what becomes of the message is the filter's --on-error", { timeout: 60_000 }, async () => {
  const [own, proxied] = await freePorts(2);
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

test("a loop through a proxy that cuts packets into bytes ends too", { timeout: 60_000 }, async () => {
  const [own, proxied] = await freePorts(2);
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

test("one listener may ask another of the same file", { timeout: 60_000 }, async () => {
  await inFolder(async (folder) => {
    const [a, b] = await freePorts(2);
    const config = join(folder, "m.toml");
    writeFileSync(
      config,
      `[[listener]]\nlisten = "inet:${a}@127.0.0.1"\n[[listener.filter]]\nname = "milter"\n` +
        `address = "inet:${b}@127.0.0.1"\n` +
        `[[listener]]\nlisten = "inet:${b}@127.0.0.1"\n[[listener.filter]]\nname = "size-limit"\nmax = "1"\n`,
    );
    const milterkit = await Milterkit.start(["serve", "--config", config], { addresses: 2 });
    try {
      assert.match(await send(`inet:${a}@127.0.0.1`), /^\w+ 552$/);
      assert.deepEqual(loops(milterkit), []);
    } finally {
      await milterkit.stop();
    }
  });
});

