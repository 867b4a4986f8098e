import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { createServer } from "node:net";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { MilterConnectionError, MtaClient } from "../../lib/mta/client.ts";
import { AddressError } from "../../lib/net/address.ts";
import { serve } from "../../lib/server/server.ts";
import { MESSAGE } from "../server/support.ts";
import { until } from "../server/support.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { at } from "../support/present.ts";
import { programCommand } from "../support/runtime.ts";

const filters = [{ name: "1" }];

async function works(address: string): Promise<void> {
  const mta = await MtaClient.open(address);
  assert.equal((await mta.message(MESSAGE, { to: ["b"] })).event, "eom");
  mta.quit();
}

for (const listen of ["inet:0@127.0.0.1", "inet:0@localhost", "inet6:0@::1", "inet6:[::1]:0"]) {
  test(`${listen} is listened on, at a port that the system chose`, async () => {
    const server = await serve({ listen, filters });
    const address = at(server.addresses, 0);
    assert.match(address, /^inet6?:[1-9]\d*@/);
    await works(address);
    await server.stop();
    await assert.rejects(MtaClient.open(address), (error: AddressError) => {
      assert.ok(error instanceof AddressError);
      assert.deepEqual([error.code, error.value, error.systemCode], [
        "cannot-connect",
        address,
        "ECONNREFUSED",
      ]);
      assert.match(error.message, /^Cannot connect to inet6?:\S+: nobody listens there$/);
      assert.equal(error.reason, "nobody listens there");
      return true;
    });
  });
}

test("an address in use is refused, in words, and goes on", async () => {
  const server = await serve({ listen: "inet:0@127.0.0.1", filters });
  const listen = at(server.addresses, 0);
  await assert.rejects(serve({ listen, filters }), (error: AddressError) => {
    assert.ok(error instanceof AddressError);
    assert.deepEqual([error.code, error.value, error.systemCode], ["cannot-listen", listen, "EADDRINUSE"]);
    assert.equal(error.message, `Cannot listen on ${listen}: address in use`);
    assert.equal(error.reason, "address in use");
    return true;
  });
  await works(listen);
  await server.stop();
});

for (
  const [listen, pattern] of [
    ["inet:0@192.0.2.1", /the address is not one of this machine/],
    ["inet:0@::1", /::1 is an IPv6 address; write inet6:0@::1/],
    ["inet6:0@127.0.0.1", /127.0.0.1 is an IPv4 address; write inet:0@127.0.0.1/],
    ["parent:inet:1@localhost", /no parent process hands connections over/],
    ["fd:987", /that descriptor is not (open|a listening socket)/],
  ] as const
) {
  test(`${listen} cannot be listened on: ${pattern.source}`, async () => {
    await assert.rejects(serve({ listen, filters }), (error: AddressError) => {
      assert.ok(error instanceof AddressError, String(error));
      assert.equal(error.code, "cannot-listen");
      assert.match(error.message, pattern);
      return true;
    });
  });
}

test("a host that there is not is refused", async () => {
  await assert.rejects(serve({ listen: "inet:0@no-such-host.invalid", filters }), AddressError);
});

test("several addresses are listened on, and none at all is refused", async () => {
  const server = await serve({ listen: ["inet:0@127.0.0.1", "inet6:0@::1"], filters });
  assert.equal(server.addresses.length, 2);
  for (const address of server.addresses) await works(address);
  await server.stop();
  await assert.rejects(serve({ listen: [], filters }), RangeError);
});

/** The descriptor of the socket that listens at a port; not every runtime tells. */
function descriptorOf(port: number): number {
  const local = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  const rows = readFileSync("/proc/self/net/tcp", "utf8").split("\n").map((line) => line.trim().split(/\s+/));
  const inode = rows.find(([, address, , state]) => address?.endsWith(local) && state === "0A")?.[9];
  const link = `socket:[${inode}]`;
  const fds = readdirSync("/proc/self/fd").filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`) === link;
    } catch {
      return false;
    }
  });
  return Number(fds[0]);
}

const LINUX = process.platform === "linux";

test(
  "a listening socket that was inherited is served, until its server stops",
  { skip: !LINUX },
  async () => {
    const listener = createServer();
    await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
    const { port } = listener.address() as { port: number };
    const fd = descriptorOf(port);
    const [program, ...args] = programCommand(fileURLToPath(new URL("inherited.ts", import.meta.url)));
    const child = spawn(program, args, { stdio: ["pipe", "pipe", "inherit", fd] });
    try {
      const said = await new Promise<string>((resolve, reject) => {
        child.stdout!.once("data", (bytes) => resolve(String(bytes)));
        child.once("exit", (code) => reject(new Error(`exit ${code}`)));
      });
      assert.equal(said.trim(), "fd:3");
      listener.close();
      await works(`inet:${port}@127.0.0.1`);
      const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
      child.stdin!.end();
      assert.equal(await ended, 0);
      await assert.rejects(MtaClient.open(`inet:${port}@127.0.0.1`), /nobody listens there/);
    } finally {
      child.kill("SIGKILL");
    }
  },
);

test("a client that is not answered gives up and lets its connection go", async () => {
  const ended: Promise<void>[] = [];
  let asked = false;
  const silent = createServer((socket) => {
    ended.push(new Promise((resolve) => socket.once("close", () => resolve())));
    socket.on("data", () => asked = true);
  });
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  const { port } = silent.address() as { port: number };
  const clock = new ManualClock();
  const opening = MtaClient.open(`inet:${port}@127.0.0.1`, { timeout: 20_000, clock });
  await until(() => asked);
  clock.advance(20_000);
  await assert.rejects(
    opening,
    (error: MilterConnectionError) => {
      assert.ok(error instanceof MilterConnectionError);
      assert.deepEqual([error.code, error.value], ["timeout", "negotiate"]);
      return true;
    },
  );
  silent.close();
  await ended[0];
});

for (const [what, answer] of [["closes", ""], ["talks SMTP", "220 mx ESMTP\r\n"]] as const) {
  test(`a client whose other side ${what} says so`, async () => {
    const other = createServer((socket) => socket.end(answer));
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const { port } = other.address() as { port: number };
    await assert.rejects(MtaClient.open(`inet:${port}@127.0.0.1`), (error: MilterConnectionError) => {
      assert.ok(error instanceof MilterConnectionError, String(error));
      assert.deepEqual([error.code, error.value], [answer ? "protocol" : "connection-lost", "negotiate"]);
      assert.match(error.message, /^[^\n]+$/);
      return true;
    });
    other.close();
  });
}
