// State that workers share, in a file and in memory: counts are exact, whoever counts, and outlive whatever is killed.
import assert from "node:assert/strict";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, test } from "node:test";
import { sleep, until } from "../../server/support.ts";
import { at } from "../../support/present.ts";
import { childrenOf, processAlive } from "../../support/process.ts";
import { PROGRAM } from "../../support/programs.ts";
import { write } from "../user_filter/support.ts";
import { counted, Counting, MOST, sum } from "./support.ts";

const skip = process.platform === "linux" ? undefined : "needs Linux's /proc";
const [title] = PROGRAM;

describe(`two workers of ${title}`, { skip }, () => {
  for (const kind of ["file", "memory"]) {
    test(`count together, in ${kind}: of 10,000 that are taken, exactly as many are given as there are`, () =>
      counted(async (folder) => {
        const state = kind === "file" ? join(folder, "state.db") : kind;
        await using counting = await Counting.start(folder, "--workers", "2", "--state", state);
        const answers = await counting.takeOnMany(4, 100, 25, "joe");
        assert.equal(answers.length * 25, 10_000);
        assert.equal(new Set(answers.map(({ pid }) => pid)).size, 2, "both counted");
        assert.equal(sum(answers), MOST);
        assert.equal(await counting.take(1, "ann"), 1, "another key has its own");
      }));
  }

  test("lose nothing that was counted when a worker, the keeper, or all are killed", () =>
    counted(async (folder) => {
      const args = ["--workers", "2", "--state", join(folder, "state.db")];
      let taken = 0;
      {
        await using counting = await Counting.start(folder, ...args);
        const take = async () => taken += sum(await counting.takeOnMany(4, 5, 20, "joe"));
        await take();
        const worker = at(counting.workers, 0);
        process.kill(worker, "SIGKILL");
        await until(() => !processAlive(worker));
        await take();
        const keeper = counting.keeper!;
        process.kill(keeper, "SIGKILL");
        await counting.milterkit.waitForLine((line) => /the keeper of the state .* is ready/.test(line));
        await until(() => counting.keeper !== undefined);
        await take();
        const all = [counting.milterkit.pid, ...childrenOf(counting.milterkit.pid)];
        for (const pid of all) process.kill(pid, "SIGKILL");
        await until(() => all.every((pid) => !processAlive(pid)));
        await counting.milterkit.ended;
      }
      assert.equal(taken, 1200);
      await using again = await Counting.start(folder, ...args);
      taken += sum(await again.takeOnMany(4, 50, 25, "joe"));
      assert.equal(taken, MOST);
    }));

  test("leave the file to the next service when the process that started them is killed", () =>
    counted(async (folder) => {
      const args = ["--workers", "2", "--state", join(folder, "state.db")];
      const first = await Counting.start(folder, ...args);
      assert.equal(sum(await first.takeOnMany(2, 8, 25, "joe")), 400);
      const children = childrenOf(first.milterkit.pid);
      first.milterkit.signal("SIGKILL");
      await first.milterkit.ended;
      await using second = await Counting.start(folder, ...args);
      assert.equal(sum(await second.takeOnMany(4, 50, 25, "joe")), MOST - 400);
      await until(() => children.every((pid) => !processAlive(pid)), "the others end by themselves", 50);
    }));

  test("keep the state through a reload and a restart", () =>
    counted(async (folder) => {
      const config = (more: string) =>
        `listen = "unix:${folder}/milter.sock"\nworkers = 2\nstate = "${folder}/state.db"\nstate-timeout = "10s"\n${more}[[filter]]\nname = "./taking.ts"\n`;
      write(folder, "milterkit.toml", config(""));
      {
        await using counting = await Counting.start(folder, "--config", "milterkit.toml");
        assert.equal(await counting.take(3000, "joe"), 3000);
        write(folder, "milterkit.toml", config('log-level = "debug"\n'));
        counting.milterkit.signal("SIGHUP");
        await counting.milterkit.waitForLine((line) => /new connections get the new version/.test(line));
        assert.equal(await counting.take(1500, "joe"), 1500);
        counting.milterkit.signal("SIGTERM");
        assert.equal((await counting.milterkit.ended).code, 0);
        assert.deepEqual(readdirSync(folder).filter((name) => name.startsWith("state")), ["state.db"]);
        assert.equal(statSync(join(folder, "state.db")).mode & 0o777, 0o600);
      }
      await using again = await Counting.start(folder, "--config", "milterkit.toml");
      assert.equal(await again.take(1000, "joe"), 500);
    }));

  test("keep what is in memory through a reload, and the end of a worker", () =>
    counted(async (folder) => {
      const config =
        `listen = "unix:${folder}/milter.sock"\nworkers = 2\nstate-timeout = "10s"\n[[filter]]\nname = "./taking.ts"\n`;
      write(folder, "milterkit.toml", config);
      await using counting = await Counting.start(folder, "--config", "milterkit.toml");
      assert.equal(await counting.take(3000, "joe"), 3000);
      counting.milterkit.signal("SIGHUP");
      await counting.milterkit.waitForLine((line) => /new connections get the new version/.test(line));
      process.kill(at(counting.workers, 0), "SIGKILL");
      await sleep(50);
      assert.equal(await counting.take(5000, "joe"), 2000);
    }));
});

describe(`one process of ${title}`, { skip }, () => {
  test("keeps a file by a keeper, and memory by itself", () =>
    counted(async (folder) => {
      const file = join(folder, "state.db");
      for (
        const [state, result] of [[file, 3000], [file, 2000], ["memory", 3000], ["memory", 3000]] as const
      ) {
        await using counting = await Counting.start(folder, "--state", state);
        assert.equal(counting.keeper !== undefined, state === file);
        assert.equal(await counting.take(3000, "joe"), result);
      }
    }));

  test("uses a file in the state directory that systemd gives it", () =>
    counted(async (folder) => {
      await using counting = await Counting.startWith({ STATE_DIRECTORY: folder }, folder);
      await counting.take(1, "joe");
      assert.ok(existsSync(join(folder, "state.db")));
    }));
});
