// A milter that leads back to a socket that was passed: its address is the kernel's to say.
// Runs once: only programs are driven here, which are the same whatever runtime drives them.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { after, test } from "node:test";
import { skipFor } from "../../support/instance.ts";
import { milterkitBinary } from "../../support/milterkit.ts";
import { freePort } from "../../support/ports.ts";
import { type PassedSocket, Supervisor, supervisorProblem } from "../../support/supervisor.ts";

const skip = skipFor(supervisorProblem());
const folder = mkdtempSync(join(tmpdir(), "milterkit-sockets-"));
after(() => rmSync(folder, { recursive: true }));

const port = await freePort();
const cases: [what: string, socket: PassedSocket, address: string][] = [
  ["a unix socket", ["milter", "unix", join(folder, "m.sock")], `unix:${folder}/./m.sock`],
  ["an IPv4 socket", ["milter", "inet", "127.0.0.1", port], `inet:${port}@localhost`],
  ["an IPv6 socket", ["milter", "inet6", "::1", port], `inet6:${port}@0:0:0:0:0:0:0:1`],
];

for (const workers of ["1", "2"]) {
  for (const [what, socket, address] of cases) {
    test(`a milter that leads back to ${what} that was passed, ${workers} workers`, { skip }, async () => {
      const supervisor = await Supervisor.open({
        command: [
          milterkitBinary(),
          ...["serve", "--listen", "fd:milter", "--workers", workers],
          ...["--filter", "milter", "--address", address],
        ],
        sockets: [socket],
        notify: `@milterkit-loop-${process.pid}`,
      });
      try {
        await supervisor.startUnready();
        assert.equal((await supervisor.waitFor(({ ended }) => ended !== undefined, "end")).ended, 2);
        assert.match(
          supervisor.log(),
          /--address \S+ leads back to this service, which listens on fd:milter: /,
        );
      } finally {
        await supervisor.close();
        rmSync(join(folder, "m.sock"), { force: true });
      }
    });
  }
}
