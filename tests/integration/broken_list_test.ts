// A worker that dies while the file of a list cannot be used: what the others and its successor do.
// Runs once: only programs are driven here, which are the same whatever runtime drives them.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { after, test } from "node:test";
import { MtaClient } from "../../lib/mta/client.ts";
import { Milterkit } from "../support/milterkit.ts";
import { at, captured } from "../support/present.ts";

const folder = mkdtempSync(join(tmpdir(), "milterkit-broken-list-"));
after(() => rmSync(folder, { recursive: true }));

test(
  "a worker that dies while a list is broken is replaced once it is repaired, and the others go on",
  { timeout: 120_000 },
  async () => {
    const list = join(folder, "blocked.txt");
    const config = join(folder, "milterkit.toml");
    writeFileSync(list, "192.0.2.0/24\n");
    writeFileSync(
      config,
      `listen = "inet:0@localhost"\nworkers = 2\n[lists]\nblocked = { file = "blocked.txt" }\n` +
        '[[filter]]\nname = "size-limit"\nmax = "1B"\nonly-client = "@blocked"\n',
    );
    const milterkit = await Milterkit.start(["serve", "--config", config], { addresses: 1 });
    try {
      /** Whether the list is in force for a client in it, and not for another one. */
      const holds = async () => {
        const verdicts: string[] = [];
        for (const address of ["192.0.2.7", "198.51.100.1"]) {
          const mta = await MtaClient.open(at(milterkit.addresses, 0));
          await mta.connect({ hostname: "client.example", family: "inet", port: 1, address });
          const { answer } = await mta.message(new TextEncoder().encode("Subject: a\r\n\r\nlonger\r\n"), {
            from: "a@example.org",
            to: ["b@example.net"],
          });
          verdicts.push(answer.verdict);
          mta.quit();
        }
        assert.deepEqual(verdicts, ["reject", "accept"]);
      };
      await milterkit.waitForLine((line) => / runs size-limit/.test(line));
      const started = await milterkit.waitForLine((line) => /worker 1 \(process \d+\) is ready/.test(line));
      writeFileSync(list, "192.0.2.0/24\n198.51.100.0/33\n");
      process.kill(Number(captured(started, /process (\d+)/)), "SIGKILL");
      const failed = await milterkit.waitForLine((line) => /worker \d+ .*could not serve/.test(line));
      assert.match(failed, /blocked: "198\.51\.100\.0\/33": /);
      for (let i = 0; i < 4; i++) await holds();
      writeFileSync(list, "192.0.2.0/24\n203.0.113.0/24\n");
      const seen = milterkit.lines.length;
      await milterkit.waitForLine((line) =>
        milterkit.lines.indexOf(line) >= seen && /worker \d+ \(process \d+\) is ready/.test(line)
      );
      for (let i = 0; i < 4; i++) await holds();
    } finally {
      await milterkit.stop();
    }
  },
);
