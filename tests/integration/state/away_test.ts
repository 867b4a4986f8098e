// State that does not answer, or cannot be used: mail never waits long, and at the start it is said what is wrong.
import assert from "node:assert/strict";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, test } from "node:test";
import { openState } from "../../../cli/service/state/open_state.ts";
import { fullKey } from "../../../lib/store/namespace.ts";
import { fetchText } from "../../support/http.ts";
import { captured } from "../../support/present.ts";
import { samplesOf } from "../../support/prometheus.ts";
import { PROGRAM } from "../../support/programs.ts";
import { runIn, withFiles } from "../user_filter/support.ts";
import { counted, Counting, MOST, takeOn, TAKING } from "./support.ts";

const skip = process.platform === "linux" ? undefined : "needs Linux's /proc";
const [title, program] = PROGRAM;

const isAway = (line: string, limit: number) =>
  / the state at \S+ is unavailable: /.test(line) && line.includes(`: no answer within ${limit} ms; `);
const isBack = (line: string) => / the state at \S+ answers again after /.test(line);

describe(`a keeper of ${title} that stands still`, { skip }, () => {
  for (
    const [onError, limit, ...more] of [["accept", 200], [
      "tempfail",
      300,
      "--state-timeout",
      "300ms",
    ]] as const
  ) {
    test(`holds up no mail, and is used again when it goes on: ${onError}`, () =>
      withFiles({ "taking.ts": TAKING }, async (folder) => {
        const args = ["--state", join(folder, "state.db"), "--on-state-error", onError, "--metrics", "0"];
        await using counting = await Counting.startWith({ STATE_DIRECTORY: "" }, folder, ...args, ...more);
        const { milterkit } = counting;
        const client = await counting.connect();
        await takeOn(client, 10, "joe");
        const keeper = counting.keeper!;
        process.kill(keeper, "SIGSTOP");
        try {
          const wanted = onError === "accept" ? "10" : "store-unavailable";
          for (let i = 0; i < 20; i++) assert.equal((await takeOn(client, 10, "joe")).result, wanted);
          await milterkit.waitForLine((line) => isAway(line, limit));
          assert.equal(milterkit.lines.filter((line) => isAway(line, limit)).length, 1);
        } finally {
          process.kill(keeper, "SIGCONT");
        }
        await milterkit.waitForLine(isBack);
        const url = captured(await milterkit.waitForLine((line) => /metrics and/.test(line)), /(http:\S+)/);
        const samples = samplesOf((await fetchText(new URL("/metrics", url).href)).text);
        assert.equal(samples.get('milterkit_state_calls_total{method="take"}'), 210);
        assert.ok((samples.get("milterkit_state_fallbacks_total") ?? 0) >= 190);
        assert.ok((samples.get("milterkit_state_failures_total") ?? 0) >= 1);
        assert.ok((samples.get("milterkit_state_entries") ?? 0) >= 1);
        client.quit();
      }));
  }
});

describe(`state that ${title} cannot use`, { skip }, () => {
  const refused = async (folder: string, args: string[], says: RegExp, code = 1) => {
    const listen = ["--listen", `unix:${folder}/other.sock`];
    const result = await runIn(folder, program, "serve", ...listen, ...args, "--filter", "./taking.ts");
    assert.match(result.stderr, says);
    assert.equal(result.code, code);
    assert.equal(existsSync(join(folder, "other.sock")), false);
  };

  test("is refused at the start, with what to do", () =>
    withFiles({ "taking.ts": TAKING, "hello.txt": "hello" }, async (folder) => {
      mkdirSync(join(folder, "folder"));
      const at = (name: string) => ["--state", join(folder, name)];
      await refused(
        folder,
        at("hello.txt"),
        /^milterkit: Cannot keep state in \S+hello\.txt: it contains something else; /,
      );
      await refused(
        folder,
        [...at("folder"), "--workers", "2"],
        /Cannot keep state in \S+folder: it is a folder; /,
      );
      await refused(folder, at("none/state.db"), /there is no folder \S+none; make it/);
      const long = ["--state", join(folder, "x".repeat(100))];
      await refused(
        folder,
        long,
        /the path is too long for a socket beside it, which allows 100 bytes at most/,
      );
      await refused(folder, ["--state", "./state.db"], /the path must be absolute, such as \//, 2);
      await refused(folder, ["--state", "state.db"], /Invalid --state "state\.db": did you mean /, 2);
    }));

  test("since another service uses the file is refused, and that one goes on", () =>
    counted(async (folder) => {
      const args = ["--state", join(folder, "state.db")];
      await using counting = await Counting.start(folder, ...args);
      await counting.take(50, "joe");
      await refused(
        folder,
        args,
        /Cannot keep state in \S+state\.db: another service uses it, and answers at the socket/,
      );
      assert.equal(await counting.take(MOST, "joe"), MOST - 50);
    }));

  test("later than at the start counts in memory meanwhile", () =>
    withFiles({ "taking.ts": TAKING }, async (folder) => {
      const file = join(folder, "state.db");
      await using counting = await Counting.start(folder, "--state", file);
      await counting.take(1, "joe");
      const keeper = counting.keeper!;
      // Its next keeper finds something else.
      process.kill(keeper, "SIGSTOP");
      writeFileSync(file, "hello");
      process.kill(keeper, "SIGKILL");
      await counting.milterkit.waitForLine((line) =>
        /the keeper of the state .* could not start again: Cannot keep state in \S+: it contains something else/
          .test(line)
      );
      assert.equal(await counting.take(1, "joe"), 1);
    }));
});

test(
  "a command opens the state of a service that runs, and the file of one that does not",
  { skip },
  () =>
    counted(async (folder) => {
      const address = { kind: "file", path: join(folder, "state.db") } as const;
      const key = fullKey("taking", "keys", "joe");
      {
        await using counting = await Counting.start(folder, "--state", address.path);
        await counting.take(25, "joe");
        const { backend, by } = await openState(address);
        assert.equal(by, "service");
        const entries = await Array.fromAsync(backend.entries("taking\0"));
        assert.deepEqual(entries.map(({ key, kind }) => [key, kind]), [[key, "rate"]]);
        await backend.delete(key);
        await backend.close();
        assert.equal(await counting.take(MOST, "joe"), MOST);
      }
      const { backend, by } = await openState(address);
      assert.equal(by, "file");
      assert.equal((await backend.info()).entries, 1);
      await backend.close();
      await assert.rejects(
        openState({ kind: "file", path: join(folder, "none.db") }),
        /there is no such file/,
      );
      await assert.rejects(openState({ kind: "memory" }), /in the memory of the service/);
    }),
);
