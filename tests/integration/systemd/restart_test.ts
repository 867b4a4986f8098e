// Restarts under socket activation, behind a Postfix that sends all the time: what comes meanwhile waits and is filtered.
import assert from "node:assert/strict";
import { mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { after, test } from "node:test";
import { newFolder, skipFor } from "../../support/instance.ts";
import { postfixProblem } from "../../support/postfix.ts";
import { type Argv, sleep } from "../../support/process.ts";
import { PROGRAM } from "../../support/programs.ts";
import { Supervisor, supervisorProblem } from "../../support/supervisor.ts";
import { Load, MARK } from "./load.ts";

const RESTARTS = 4;
/** How long nobody serves at each, in milliseconds. */
const GAP = 300;

const skip = skipFor(supervisorProblem() ?? await postfixProblem());
const folder = newFolder("milterkit-systemd-");
after(() => rmSync(folder, { recursive: true }));

const config = join(folder, "milterkit.toml");
writeFileSync(
  config,
  `listen = ["fd:milter"]\nworkers = 2\nstop-timeout = "10s"\n[[filter]]\nname = "header-rewrite"\nadd = "${MARK}: yes"\n`,
);
const FLAGS = [
  "--listen",
  "fd:milter",
  "--stop-timeout",
  "10s",
  "--filter",
  "header-rewrite",
  "--add",
  `${MARK}: yes`,
];

const [name, program] = PROGRAM;
const WAYS: readonly (readonly [title: string, kind: "unix" | "inet", command: Argv])[] = [
  [`${name} with workers, unix socket`, "unix", [...program, "serve", "--config", config]],
  // Who keeps the socket open is the supervisor, on which the runtime has no influence.
  ...process.versions.bun
    ? [[`${name} with workers, TCP`, "inet", [...program, "serve", "--config", config]] as const]
    : [],
  [`${name}, one process`, "inet", [...program, "serve", ...FLAGS]],
];

for (const [i, [title, kind, command]] of WAYS.entries()) {
  test(
    `nothing is lost, put off or unfiltered over restarts of ${title}`,
    { skip, timeout: 170_000 },
    async () => {
      const place = join(folder, String(i));
      mkdirSync(place);
      const path = join(place, "milter.sock");
      const supervisor = await Supervisor.open({
        command,
        sockets: [kind === "unix" ? ["milter", kind, path] : ["milter", kind, "127.0.0.1", 0]],
        notify: join(place, "notify.sock"),
      });
      let load: Load | undefined;
      try {
        await supervisor.start();
        load = await Load.start(supervisor.addresses);
        const waited: number[] = [];
        for (let restart = 0; restart < RESTARTS; restart++) {
          await load.more(40);
          assert.equal(await supervisor.stop(), 0);
          if (kind === "unix") assert.ok(statSync(path).isSocket());
          await sleep(GAP);
          waited.push(load.pending);
          await supervisor.start();
        }
        await load.more(40);
        const count = await load.finish();
        assert.ok(waited.every((count) => count > 0), `nothing waited: ${waited}`);
        console.log(`${title}: ${count} messages over ${RESTARTS} restarts; sessions that waited: ${waited}`);
      } catch (error) {
        throw new Error(`${(error as Error).stack}\n${supervisor.log()}`);
      } finally {
        await load?.stop();
        await supervisor.close();
      }
    },
  );
}
