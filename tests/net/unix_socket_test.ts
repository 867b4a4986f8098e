import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { AddressError, parseAddress } from "../../lib/net/address.ts";
import { bunTransport } from "../../lib/net/bun.ts";
import { denoTransport } from "../../lib/net/deno.ts";
import { listenBy } from "../../lib/net/listen.ts";
import { claimUnixSocket } from "../../lib/net/unix_socket.ts";
import { MtaClient } from "../../lib/mta/client.ts";
import { serve, type Server } from "../../lib/server/server.ts";
import type { ServeOptions } from "../../lib/server/server_options.ts";
import { inFolder, MESSAGE, until } from "../server/support.ts";
import { findCommand } from "../support/process.ts";

const serveAt = (path: string, options: Partial<ServeOptions> = {}) =>
  serve({ listen: `unix:${path}`, filters: [{ name: "1" }], ...options });

async function works(path: string): Promise<void> {
  const mta = await MtaClient.open(`unix:${path}`);
  assert.equal((await mta.message(MESSAGE, { to: ["b"] })).event, "eom");
  mta.quit();
}

/** A socket that nobody listens on any more. */
async function stale(path: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(`${path}.old`, () => {
      // Renamed, so that closing it does not take it away.
      renameSync(`${path}.old`, path);
      server.close(() => resolve());
    });
  });
  assert.ok(statSync(path).isSocket());
}

const refused = (pattern: RegExp) => (error: AddressError) => {
  assert.ok(error instanceof AddressError, String(error));
  assert.equal(error.code, "cannot-listen");
  assert.match(error.message, pattern);
  return true;
};

test("a socket is made, used, and goes when its server stops; nothing else is left in the folder", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "x.sock");
    const server = await serveAt(path);
    assert.deepEqual(server.addresses, [`unix:${path}`]);
    assert.deepEqual(readdirSync(folder), ["x.sock"]);
    await works(path);
    await server.stop();
    assert.deepEqual(readdirSync(folder), []);
  });
});

test("a stale socket is replaced", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "x.sock");
    await stale(path);
    const server = await serveAt(path);
    await works(path);
    await server.stop();
  });
});

test("a live socket is refused, and goes on", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "x.sock");
    const server = await serveAt(path);
    await assert.rejects(serveAt(path), refused(/address in use: another process answers there/));
    await works(path);
    assert.deepEqual(readdirSync(folder), ["x.sock"]);
    await server.abort();
  });
});

test("a regular file, a folder and a link to one are refused, and stay", async () => {
  await inFolder(async (folder) => {
    const file = join(folder, "file");
    writeFileSync(file, "precious");
    mkdirSync(join(folder, "folder"));
    symlinkSync(file, join(folder, "link"));
    for (const name of ["file", "folder", "link"]) {
      await assert.rejects(serveAt(join(folder, name)), refused(/a file that is not a socket/));
    }
    assert.equal(readFileSync(file, "utf8"), "precious");
    assert.deepEqual(readdirSync(folder).sort(), ["file", "folder", "link"]);
  });
});

test("a folder that is not there, and a group that is not known, are refused", async () => {
  await inFolder(async (folder) => {
    await assert.rejects(serveAt(join(folder, "no", "x.sock")), refused(/there is no directory .*\/no$/));
    await assert.rejects(
      serveAt(join(folder, "x.sock"), { group: "no-such-group" }),
      refused(/there is no group no-such-group/),
    );
    assert.deepEqual(readdirSync(folder), []);
  });
});

test("the mode is 0660 unless another is asked for, whatever the umask", async () => {
  await inFolder(async (folder) => {
    const umask = process.umask(0o077);
    try {
      for (
        const [options, expected] of [[{}, 0o660], [{ mode: 0o666 }, 0o666], [
          { mode: 0o600 },
          0o600,
        ]] as const
      ) {
        const path = join(folder, `${expected}.sock`);
        const server = await serveAt(path, options);
        assert.equal(statSync(path).mode & 0o777, expected);
        await server.stop();
      }
      assert.equal(process.umask(), 0o077);
    } finally {
      process.umask(umask);
    }
  });
});

test("the group is set, by number or by name", async () => {
  const gids = process.getuid?.() === 0 ? [1, 2] : process.getgroups?.().slice(0, 2) ?? [];
  await inFolder(async (folder) => {
    const names = new Map(
      readFileSync("/etc/group", "utf8").split("\n").map((line) => line.split(":")).map((
        [name, , gid],
      ) => [Number(gid), name]),
    );
    for (const gid of gids) {
      for (const group of [String(gid), names.get(gid) ?? String(gid)]) {
        const path = join(folder, "x.sock");
        const server = await serveAt(path, { group });
        assert.equal(statSync(path).gid, gid);
        assert.equal(statSync(path).uid, process.getuid?.());
        await server.stop();
      }
    }
  });
});

test("nobody can connect before the rights are set: the path appears with them", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "x.sock");
    const claim = await claimUnixSocket(path, { mode: 0o640 });
    const server = createServer();
    const umask = process.umask(0o177);
    await new Promise<void>((resolve) => server.listen(claim.bindPath, resolve));
    process.umask(umask);
    assert.equal(existsSync(path), false);
    assert.equal(statSync(claim.bindPath).mode & 0o077, 0);
    claim.publish();
    assert.equal(statSync(path).mode & 0o777, 0o640);
    assert.equal(existsSync(claim.bindPath), false);
    claim.remove();
    assert.equal(existsSync(path), false);
    server.close();
  });
});

test("nobody else may connect to a socket before it has its rights, whatever the umask", async () => {
  const bun = "Bun" in globalThis;
  await inFolder(async (folder) => {
    const umask = process.umask(0);
    try {
      const path = join(folder, "x.sock");
      let before: number | undefined;
      const listener = await listenBy(
        async (address) => {
          assert.ok(address.kind === "unix" && address.path !== path);
          const bound = await (bun ? bunTransport : denoTransport).listen(
            address,
            () => assert.fail(),
            () => {},
          );
          before = statSync(address.path).mode & 0o777;
          assert.equal(existsSync(path), false);
          return bound;
        },
        parseAddress(`unix:${path}`),
        { mode: 0o666 },
      );
      assert.equal(before, 0o600);
      assert.equal(statSync(path).mode & 0o777, 0o666);
      await listener.close();
    } finally {
      process.umask(umask);
    }
  });
});

test("what took the place of a socket that is being made gets no rights of it, and is not served", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "x.sock");
    const precious = join(folder, "precious");
    writeFileSync(precious, "", { mode: 0o600 });
    const { gid } = statSync(precious);
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(join(folder, "other.sock"), resolve));
    const takeovers: ((bindPath: string) => void)[] = [
      (bindPath) => symlinkSync(precious, bindPath),
      (bindPath) => symlinkSync(join(folder, "other.sock"), bindPath),
      (bindPath) => renameSync(precious, bindPath),
    ];
    for (const takeOver of takeovers) {
      const claim = await claimUnixSocket(path, { mode: 0o666, group: "1" });
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(claim.bindPath, resolve));
      unlinkSync(claim.bindPath);
      takeOver(claim.bindPath);
      assert.throws(() => claim.publish(), refused(/something else took the place of the socket/));
      const there = statSync(precious, { throwIfNoEntry: false });
      if (there) assert.deepEqual([there.mode & 0o777, there.gid], [0o600, gid]);
      assert.equal(existsSync(path), false);
      server.close();
    }
    other.close();
  });
});

/** Puts a link to a file in the place of each name that begins with a dot, as fast as it can. */
const HOSTILE = `my ($folder, $target) = @ARGV;
$| = 1;
print "ready\\n";
while (1) {
  opendir(my $open, $folder) or next;
  for my $name (grep { /^\\.\\w/ } readdir $open) {
    unlink("$folder/$name") and symlink($target, "$folder/$name");
  }
}`;

test("another user who can write to the folder gains no file of ours", {
  skip: process.getuid?.() === 0 && existsSync("/usr/bin/perl") && findCommand("setpriv")
    ? false
    : "needs root, perl and setpriv",
  timeout: 60_000,
}, async () => {
  await inFolder(async (folder) => {
    const precious = join(folder, "precious");
    writeFileSync(precious, "", { mode: 0o600 });
    const open = join(folder, "open");
    mkdirSync(open);
    chmodSync(folder, 0o755);
    // Without the sticky bit, so that others may take away what is not theirs.
    chmodSync(open, 0o777);
    const hostile = spawn("setpriv", [
      ...["--reuid", "65534", "--regid", "65534", "--clear-groups"],
      ...["/usr/bin/perl", "-e", HOSTILE, open, precious],
    ], { stdio: ["ignore", "pipe", "inherit"] });
    try {
      await new Promise((resolve) => hostile.stdout.once("data", resolve));
      let refusals = 0;
      for (let i = 0; i < 1000; i++) {
        try {
          const server = await serveAt(join(open, "x.sock"), { mode: 0o666, group: "65534" });
          await server.stop();
        } catch (error) {
          assert.ok(error instanceof AddressError, String(error));
          refusals++;
        }
        const { mode, gid } = statSync(precious);
        assert.deepEqual([mode & 0o777, gid], [0o600, 0], `start ${i}, ${refusals} refused`);
      }
    } finally {
      hostile.kill("SIGKILL");
    }
  });
});

test("an old server's stop leaves the socket of a new one on the same path", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "x.sock");
    const old = await serveAt(path);
    const held = await MtaClient.open(`unix:${path}`);
    const stopping = old.stop();
    await until(() => !existsSync(path));
    const new_ = await serveAt(path);
    held.quit();
    await stopping;
    assert.ok(existsSync(path));
    await works(path);
    await new_.stop();
    assert.equal(existsSync(path), false);
  });
});

test("a server's stop leaves what took its path meanwhile", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "x.sock");
    const old = await serveAt(path);
    const claim = await claimUnixSocket(join(folder, "other.sock"));
    const other = createServer((socket) => socket.end("other"));
    await new Promise<void>((resolve) => other.listen(claim.bindPath, resolve));
    renameSync(claim.bindPath, path);
    await old.stop();
    assert.ok(existsSync(path));
    const said = await new Promise<string>((resolve, reject) => {
      const socket = connect({ path });
      socket.once("data", (bytes) => resolve(String(bytes)));
      socket.once("error", reject);
    });
    assert.equal(said, "other");
    other.close();
  });
});

test("servers that start at the same time leave the umask as it was", async () => {
  await inFolder(async (folder) => {
    const umask = process.umask();
    try {
      const servers: Server[] = await Promise.all(["a", "b", "c"].map((name) => serveAt(join(folder, name))));
      assert.equal(process.umask(), umask);
      for (const name of ["a", "b", "c"]) await works(join(folder, name));
      await Promise.all(servers.map((server) => server.stop()));
    } finally {
      process.umask(umask);
    }
  });
});

test("where one address of several cannot be listened on, none is", async () => {
  await inFolder(async (folder) => {
    const [first, taken] = [join(folder, "first"), join(folder, "taken")];
    writeFileSync(taken, "");
    await assert.rejects(
      serve({ listen: [`unix:${first}`, `unix:${taken}`], filters: [{ name: "any" }] }),
      refused(/not a socket/),
    );
    assert.deepEqual(readdirSync(folder), ["taken"]);
  });
});

test("a folder that this process may not write to is refused", async () => {
  await inFolder(async (folder) => {
    chmodSync(folder, 0o500);
    // Root may write anywhere but to the kernel's own file systems.
    const closed = process.getuid?.() === 0 ? "/sys" : folder;
    await assert.rejects(serveAt(join(closed, "x.sock")), refused(/permission denied/));
    chmodSync(folder, 0o700);
  });
});
