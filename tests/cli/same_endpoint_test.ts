import assert from "node:assert/strict";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { isSameEndpoint } from "../../cli/config/same_endpoint.ts";
import { parseAddress } from "../../lib/net/address.ts";
import { inFolder } from "../server/support.ts";

const others = Object.values(networkInterfaces()).flat().filter((each) =>
  each?.family === "IPv4" && !each.internal
);
const mine = others[0]?.address;

const cases: [target: string, listen: string, leads: boolean][] = [
  ["inet:8891@localhost", "inet:8891@localhost", true],
  ["inet:8891@localhost", "inet:localhost:8891", true],
  ["inet:8891@127.0.0.1", "inet:8891@localhost", true],
  ["inet:8891@localhost", "inet:8891@127.0.0.1", true],
  ["inet:8891@localhost", "inet:8892@localhost", false],
  ["inet:8891@127.0.0.1", "inet:8891@0.0.0.0", true],
  ["inet:8891@127.3.2.1", "inet:8891@0.0.0.0", true],
  ["inet:8891@0.0.0.0", "inet:8891@127.0.0.1", true],
  ["inet:8891@0.0.0.0", "inet:8891@127.0.0.2", false],
  ["inet:8891@127.0.0.2", "inet:8891@127.0.0.1", false],
  ["inet:8891@127.0.0.1", "inet6:8891@::", true],
  ["inet6:8891@::1", "inet6:8891@::", true],
  ["inet6:8891@::1", "inet:8891@0.0.0.0", false],
  ["inet6:8891@::1", "inet:8891@localhost", false],
  ["inet6:8891@0:0::1", "inet6:8891@::1", true],
  ["inet6:8891@::", "inet6:8891@::1", true],
  ["inet6:8891@::ffff:127.0.0.1", "inet:8891@127.0.0.1", true],
  ["inet:8891@192.0.2.1", "inet:8891@0.0.0.0", false],
  ["inet:8891@no-such-host.invalid", "inet:8891@0.0.0.0", false],
  ["inet:0@127.0.0.1", "inet:0@127.0.0.1", false],
  ["unix:/run/a.sock", "inet:8891@0.0.0.0", false],
  ["inet:8891@localhost", "fd:nobody-passed-this", false],
  ...(mine ? [[`inet:8891@${mine}`, "inet:8891@0.0.0.0", true] as [string, string, boolean]] : []),
  ...(mine ? [[`inet:8891@${mine}`, "inet:8891@127.0.0.1", false] as [string, string, boolean]] : []),
];

for (const [target, listen, leads] of cases) {
  test(`${target} ${leads ? "leads" : "does not lead"} to ${listen}`, async () => {
    assert.equal(await isSameEndpoint(parseAddress(target), parseAddress(listen)), leads);
  });
}

test("unix sockets are the same however their path is written, there or not yet", async () => {
  await inFolder(async (folder) => {
    mkdirSync(join(folder, "run"));
    mkdirSync(join(folder, "other"));
    symlinkSync("run", join(folder, "var"));
    symlinkSync("run/m.sock", join(folder, "link.sock"));
    symlinkSync("link.sock", join(folder, "second.sock"));
    symlinkSync("round.sock", join(folder, "round.sock"));
    const leads = (target: string, listen: string) =>
      isSameEndpoint({ kind: "unix", path: `${target}` }, { kind: "unix", path: `${folder}/${listen}` });
    const check = async () => {
      for (
        const path of [
          `${folder}/run/m.sock`,
          `${folder}//run/./m.sock`,
          `${folder}/other/../run/m.sock`,
          `${folder}/var/m.sock`,
          `${folder}/link.sock`,
          `${folder}/second.sock`,
          `/proc/self/root${folder}/run/m.sock`,
          `/proc/self/root${folder}/second.sock`,
        ]
      ) assert.equal(await leads(path, "run/m.sock"), true, path);
      for (
        const path of [
          `${folder}/run/n.sock`,
          `${folder}/other/m.sock`,
          `${folder}/gone/m.sock`,
          `${folder}/round.sock`,
        ]
      ) assert.equal(await leads(path, "run/m.sock"), false, path);
      assert.equal(await leads(`${folder}/run/m.sock`, "var/m.sock"), true);
    };
    await check();
    writeFileSync(join(folder, "run/m.sock"), "");
    await check();
  });
});
