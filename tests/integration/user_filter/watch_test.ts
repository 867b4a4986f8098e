// --watch: a changed file is taken for new connections, running ones end with what they began with.
import assert from "node:assert/strict";
import { existsSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import type { Milterkit } from "../../support/milterkit.ts";
import { at } from "../../support/present.ts";
import { childrenOf } from "../../support/process.ts";
import { PROGRAM } from "../../support/programs.ts";
import { sleep, until } from "../../server/support.ts";
import { added, open, runIn, send, sendAlone, serving, withFiles, write } from "./support.ts";

const FILTER = `import { defineFilter } from "milterkit";
import { tag } from "./lib/tag.ts";
export default defineFilter({
  name: "tagger",
  changes: ["addHeader"],
  verdicts: [],
  eom: (message) => message.addHeader("X-Tag", tag),
});
`;
const tagFile = (value: string) =>
  `import { prefix } from "./prefix.ts";\nexport const tag: string = prefix + "${value}";\n`;
const FILES = {
  "a.ts": FILTER,
  "lib/tag.ts": tagFile("one"),
  "lib/prefix.ts": 'export const prefix = "";\n',
};
const WATCH = ["--watch", "--filter", "./a.ts"];

const tagOf = async (milterkit: Milterkit) => at(added(await sendAlone(milterkit)), 0);
/** The n-th line that says so. */
const said = (milterkit: Milterkit, text: string, count = 1) =>
  until(
    () => milterkit.lines.filter((line) => line.includes(text)).length >= count,
    `"${text}" in ${milterkit.log()}`,
  );
const TAKEN = "new connections get the new version";
const NOT_TAKEN = "reload failed, the previous version stays in use";

const [name, program] = PROGRAM;
for (const workers of ["1", "2"]) {
  test(`${name}: a change is for new connections, ${workers} workers`, { timeout: 120_000 }, async () => {
    await withFiles(FILES, async (folder) => {
      await serving(folder, program, ["--workers", workers, ...WATCH], async (milterkit) => {
        const old = await open(milterkit);
        assert.deepEqual(added(await send(old)), ["X-Tag: one"]);
        await old.mail("a@example.org");
        write(folder, "lib/tag.ts", tagFile("two"));
        await said(milterkit, TAKEN);
        assert.match(milterkit.log(), /\.\/lib\/tag\.ts changed: .*, 1 keep the previous one/);
        assert.equal(await tagOf(milterkit), "X-Tag: two");
        // The message at hand, and those after it.
        await old.rcpt("b@example.net");
        assert.deepEqual(added(await old.eom()), ["X-Tag: one"]);
        assert.deepEqual(added(await send(old)), ["X-Tag: one"]);
        assert.equal(
          childrenOf(milterkit.pid).length,
          Number(workers) + 1,
          "one more for the old connection",
        );
        old.quit();
        await until(() => childrenOf(milterkit.pid).length === Number(workers));
        await milterkit.stop();
        assert.deepEqual(milterkit.lines.filter((line) => line.includes(" error ")), []);
      });
    });
  });
}

test(`${name}: a broken version changes nothing, and is told once`, { timeout: 120_000 }, async () => {
  await withFiles(FILES, async (folder) => {
    await serving(folder, program, ["--workers", "2", ...WATCH], async (milterkit) => {
      const before = childrenOf(milterkit.pid);
      write(folder, "lib/tag.ts", "\nexport const tag: string = ;\n");
      await said(milterkit, NOT_TAKEN);
      assert.match(milterkit.log(), /Cannot load \.\/a\.ts: syntax error at \.\/lib\/tag\.ts:2:28: /);
      write(folder, "a.ts", 'export default { name: "tagger", eoom() {} };\n');
      await said(milterkit, NOT_TAKEN, 2);
      assert.match(milterkit.log(), /there is no callback "eoom"; did you mean "eom"\?/);
      assert.equal(await tagOf(milterkit), "X-Tag: one");
      await until(() => childrenOf(milterkit.pid).length === 2);
      assert.deepEqual(childrenOf(milterkit.pid), before);
      // Now nobody imports it any more.
      write(folder, "lib/tag.ts", tagFile("three"));
      write(folder, "a.ts", FILTER);
      await said(milterkit, TAKEN);
      assert.equal(await tagOf(milterkit), "X-Tag: three");
      await milterkit.stop();
      assert.equal(milterkit.lines.filter((line) => / error /.test(line)).length, 2);
      assert.ok(milterkit.lines.every((line) => /^\d{4}-\d\d-\d\dT/.test(line)), "all of it is the log's");
    });
  });
});

test(
  `${name}: files that are renamed, gone for a moment, new, or only touched`,
  { timeout: 120_000 },
  async () => {
    await withFiles(FILES, async (folder) => {
      await serving(folder, program, WATCH, async (milterkit) => {
        write(folder, "lib/prefix.ts~", 'export const prefix = "renamed-";\n');
        renameSync(join(folder, "lib/prefix.ts~"), join(folder, "lib/prefix.ts"));
        await said(milterkit, TAKEN);
        assert.equal(await tagOf(milterkit), "X-Tag: renamed-one");

        rmSync(join(folder, "lib/tag.ts"));
        await sleep(700);
        write(folder, "lib/tag.ts", tagFile("back").replace("./prefix.ts", "./other.ts"));
        write(folder, "lib/other.ts", 'export const prefix = "other-";\n');
        await said(milterkit, TAKEN, 2);
        assert.equal(await tagOf(milterkit), "X-Tag: other-back");

        write(folder, "lib/other.ts", 'export const prefix = "changed-";\n');
        await said(milterkit, TAKEN, 3);
        assert.equal(await tagOf(milterkit), "X-Tag: changed-back");

        write(folder, "lib/other.ts", 'export const prefix = "changed-";\n');
        write(folder, "lib/prefix.ts", "nobody imports this\n");
        await sleep(700);
        rmSync(join(folder, "a.ts"));
        await said(milterkit, NOT_TAKEN);
        assert.match(
          milterkit.log(),
          /\.\/a\.ts changed: .*: Cannot load \.\/a\.ts: there is no such file$/m,
        );
        assert.equal(milterkit.lines.filter((line) => line.includes(TAKEN)).length, 3);
        assert.equal(await tagOf(milterkit), "X-Tag: changed-back");
      });
    });
  },
);

test(`${name}: mail flows while a file is saved again and again`, { timeout: 120_000 }, async () => {
  await withFiles(FILES, async (folder) => {
    await serving(folder, program, ["--workers", "2", ...WATCH], async (milterkit) => {
      let saved = 0;
      let saving = true;
      const tags = new Set<string>();
      const saves = (async () => {
        // A new version gives way to the next one while it starts, so on a busy machine it must have its time.
        for (let pause = 250; saved < 12 || tags.size < 3; pause = saved < 12 ? pause : pause * 1.2) {
          write(folder, "lib/tag.ts", tagFile(String(++saved)));
          await sleep(pause);
        }
        saving = false;
      })();
      while (saving) tags.add(await tagOf(milterkit));
      await saves;
      while (await tagOf(milterkit) !== `X-Tag: ${saved}`) await sleep(20);
      await until(() => childrenOf(milterkit.pid).length === 2);
      await milterkit.stop();
      assert.deepEqual(milterkit.lines.filter((line) => line.includes(" error ")), []);
    });
  });
});

test(`${name}: a version that never loads gives way to the next one`, { timeout: 120_000 }, async () => {
  await withFiles(FILES, async (folder) => {
    await serving(folder, program, WATCH, async (milterkit) => {
      const endless =
        'import { writeFileSync } from "node:fs";\nwriteFileSync("begun", "");\nwhile (true);\n';
      write(folder, "lib/tag.ts", endless + tagFile("never"));
      await until(() => existsSync(join(folder, "begun")));
      write(folder, "lib/tag.ts", tagFile("two"));
      await said(milterkit, TAKEN);
      assert.equal(await tagOf(milterkit), "X-Tag: two");
      await until(() => childrenOf(milterkit.pid).length === 1);
      await milterkit.stop();
      assert.deepEqual(milterkit.lines.filter((line) => line.includes(" error ")), []);
    });
  });
});

test(`${name}: a worker that crashes is started with what the files say`, { timeout: 120_000 }, async () => {
  await withFiles(FILES, async (folder) => {
    await serving(folder, program, WATCH, async (milterkit) => {
      const old = await open(milterkit);
      await send(old);
      write(folder, "lib/tag.ts", tagFile("two"));
      await said(milterkit, TAKEN);
      const pids = milterkit.lines.flatMap((line) => /\(process (\d+)\) is ready/.exec(line)?.[1] ?? []);
      process.kill(Number(pids[0]), "SIGKILL");
      await said(milterkit, "ended by SIGKILL, with 1 connections lost; it was already replaced");
      process.kill(Number(pids[1]), "SIGKILL");
      await said(milterkit, "ended by SIGKILL, with 0 connections lost; starting another one");
      assert.equal(await tagOf(milterkit), "X-Tag: two");
      assert.equal(childrenOf(milterkit.pid).length, 1);
    });
  });
});

test(
  `${name}: the end comes while old connections are left, and while workers start`,
  { timeout: 120_000 },
  async () => {
    await withFiles(FILES, async (folder) => {
      const args = ["--stop-timeout", "500ms", ...WATCH];
      await serving(folder, program, args, async (milterkit) => {
        const old = await open(milterkit);
        await send(old);
        write(folder, "lib/tag.ts", tagFile("two"));
        await said(milterkit, TAKEN);
        write(folder, "lib/tag.ts", `await new Promise((go) => setTimeout(go, 3000));\n${tagFile("slow")}`);
        await until(() => childrenOf(milterkit.pid).length === 3);
        milterkit.signal("SIGTERM");
        assert.deepEqual(await milterkit.ended, { code: 0, signal: null });
        assert.deepEqual(milterkit.lines.filter((line) => line.includes(" error ")), []);
        old.destroy();
      });
    });
  },
);

test(`${name}: files that options name are watched as well`, { timeout: 120_000 }, async () => {
  await withFiles({ rules: "add X-Tag: one\n" }, async (folder) => {
    const rewrite = ["--watch", "--filter", "header-rewrite", "--rules", "rules"];
    await serving(folder, program, rewrite, async (milterkit) => {
      assert.equal(await tagOf(milterkit), "X-Tag: one");
      write(folder, "rules", "ad X-Tag: two\n");
      await said(milterkit, NOT_TAKEN);
      assert.match(milterkit.log(), /rules:1.*did you mean "add"\?/);
      write(folder, "rules", "add X-Tag: two\n");
      await said(milterkit, TAKEN);
      assert.equal(await tagOf(milterkit), "X-Tag: two");
    });
  });
});

test(`${name}: a broken file at start is the command line's mistake`, { timeout: 120_000 }, async () => {
  await withFiles({ "a.ts": "export default ;\n" }, async (folder) => {
    for (const more of [["--watch"], ["--workers", "2"]]) {
      const args = ["serve", "--listen", "unix:/nonexistent/milter.sock", ...more, "--filter", "./a.ts"];
      const { code, stderr } = await runIn(folder, program, ...args);
      assert.equal(code, 2, stderr);
      assert.match(
        stderr,
        /^milterkit serve: Cannot load \.\/a\.ts: syntax error at \.\/a\.ts:1:16: [^\n]+\n$/,
      );
    }
  });
});
