// A user's own file as a filter: what it may import, its options, and that it is as good as a built-in one.
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { COMMON_OPTIONS } from "../../../filters/common/options.ts";
import { toBytes } from "../../../lib/message/text.ts";
import { milterkitBinary } from "../../support/milterkit.ts";
import type { Argv } from "../../support/process.ts";
import { PROGRAMS } from "../../support/programs.ts";
import { added, runIn, sendAlone, serving, withFiles, write } from "./support.ts";

const FILTER = `import { defineFilter, type Verdict } from "milterkit";
import type { Filter } from "milterkit";
import { TestSession } from "milterkit/testing";
import { verifyDkim } from "milterkit/auth";
import { basename } from "node:path";
import { words } from "./lib/words.ts";
import data from "./data.json" with { type: "json" };

export default defineFilter({
  name: "tagger",
  changes: ["addHeader"],
  verdicts: [],
  eom(message): Verdict | void {
    const library = [typeof TestSession, typeof verifyDkim];
    message.addHeader("X-Tag", [basename("/a/b"), data.word, words.join(","), ...library].join(" "));
  },
}) satisfies Filter<undefined, undefined>;
`;
const FILES = {
  "filters/a.ts": FILTER,
  "filters/lib/words.ts":
    'import { more } from "../more.ts";\nexport const words: string[] = ["w", ...more];\n',
  "filters/more.ts": 'export const more = ["m"];\n',
  "filters/data.json": '{ "word": "d" }\n',
};
const TAG = "X-Tag: b d w,m function function";

/** What a folder may hold that is somebody else's idea of the library. */
const SURROUNDINGS: Readonly<Record<string, Record<string, string>>> = {
  "nothing": {},
  "a package of that name": {
    "filters/node_modules/milterkit/package.json": '{ "name": "milterkit", "exports": "./other.js" }',
    "filters/node_modules/milterkit/other.js": "export const other = 1;",
  },
  "a deno.json": {
    "filters/deno.json": '{ "imports": { "milterkit": "./none.ts" }, "nodeModulesDir": "manual" }',
  },
  "a tsconfig.json": {
    "filters/tsconfig.json": '{ "compilerOptions": { "paths": { "milterkit": ["./none.ts"] } } }',
  },
  "a package.json": {
    "filters/package.json":
      '{ "name": "milterkit", "type": "commonjs", "dependencies": { "milterkit": "9" } }',
  },
};

for (const [name, program] of PROGRAMS) {
  for (const [what, more] of Object.entries(SURROUNDINGS)) {
    test(`${name} loads a file with its imports beside ${what}`, { timeout: 120_000 }, async () => {
      await withFiles({ ...FILES, ...more }, async (folder) => {
        for (const [from, path] of [[folder, "filters/a.ts"], [join(folder, "filters"), "./a.ts"]] as const) {
          await serving(from, program, ["--filter", path], async (milterkit) => {
            assert.deepEqual(added(await sendAlone(milterkit)), [TAG]);
          });
        }
        const elsewhere = await runIn("/", program, "filters", join(folder, "filters/a.ts"));
        assert.equal(elsewhere.code, 0, elsewhere.stderr);
      });
    });
  }

  test(`${name} shows and reads the options of a definition in a file`, { timeout: 120_000 }, async () => {
    const definition = `import { defineFilter, OptionError, reject } from "milterkit";
      export default defineFilter({
        name: "banned",
        summary: "Refuses words",
        description: "Case matters.",
        examples: [["No lotteries:", "milterkit serve --filter ./banned.ts --word lottery"]],
        options: {
          word: { kind: "string", repeatable: true, description: "A word that is refused" },
          code: { kind: "integer", min: 500, max: 599, default: "550", description: "The code" },
        },
        create({ word: words, code }) {
          if (words.length === 0) throw new OptionError("word", undefined, "there is nothing to refuse");
          return { header({ value }) {
            const word = words.find((word) => value.includes(word));
            if (word) return reject(code, "5.7.1", "No " + word);
          } };
        },
      });`;
    await withFiles({ "banned.ts": definition }, async (folder) => {
      const shown = await runIn(folder, program, "filters", "./banned.ts");
      assert.equal(shown.code, 0, shown.stderr);
      assert.match(shown.stdout, /^--filter \.\/banned\.ts: Refuses words\.\n/);
      for (
        const part of [
          /--word STRING/,
          /--code INTEGER/,
          /--on-error ACTION/,
          /Case matters\./,
          /No lotteries:/,
        ]
      ) {
        assert.match(shown.stdout, part);
      }
      const help = await runIn(folder, program, "serve", "--filter", "./banned.ts", "--help");
      assert.equal(help.stdout, shown.stdout);
      const json = await runIn(folder, program, "filters", "./banned.ts", "--json");
      assert.deepEqual(
        JSON.parse(json.stdout).options.map(({ name }: { name: string }) => name),
        ["word", "code", ...COMMON_OPTIONS.map(({ name }) => name)],
      );
      const missing = await runIn(
        folder,
        program,
        "serve",
        "--listen",
        "unix:/nonexistent/s",
        "--filter",
        "./banned.ts",
      );
      assert.equal(missing.code, 2);
      assert.equal(
        missing.stderr,
        "milterkit serve --filter ./banned.ts: Missing --word: there is nothing to refuse\n",
      );
      const once = ["--filter", "./banned.ts", "--word", "body", "--word", "hi", "--code", "554"];
      await serving(folder, program, once, async (milterkit) => {
        const { reply } = await sendAlone(milterkit);
        assert.deepEqual(reply, { code: 554, enhanced: "5.7.1", lines: ["No hi"] });
      });
      // The same file twice, with other options.
      const twice = [...once, "--dry-run", "--filter", "./banned.ts", "--word", "1"];
      await serving(folder, program, twice, async (milterkit) => {
        assert.equal((await sendAlone(milterkit)).reply?.code, 550);
        await milterkit.waitForLine((line) => line.includes("banned (dry run): reject (554"));
      });
    });
  });

  test(`${name} takes an instance of a class, and a filter in a dry run`, { timeout: 120_000 }, async () => {
    const files = {
      "class.ts": `import { reject } from "milterkit";
        class Base { header() { return this.verdict(); } verdict() { return undefined; } }
        class Own extends Base { name = "own"; #code = 551;
          verdict() { return reject(this.#code, "5.7.1", "Own"); } }
        export default new Own();`,
      "dry.ts": `import { defineFilter, dryRun, reject } from "milterkit";
        export default dryRun(defineFilter({ name: "dry", header: () => reject(550, "5.7.1", "Dry") }));`,
    };
    await withFiles(files, async (folder) => {
      const filters = ["--filter", "dry.ts", "--filter", "class.ts", "--on-error", "accept"];
      await serving(folder, program, filters, async (milterkit) => {
        assert.equal((await sendAlone(milterkit)).reply?.code, 551);
        await milterkit.waitForLine((line) => line.includes("dry (dry run): reject"));
      });
    });
  });

  test(`${name} logs what a file throws at a message, with its place`, { timeout: 120_000 }, async () => {
    const filter = `import { explode } from "./explode.ts";
      export default { name: "bad", onError: "accept", eom: () => explode() };`;
    const files = {
      "a.ts": filter,
      "explode.ts": '\nexport function explode(): never {\n  throw new Error("it is gone");\n}\n',
    };
    await withFiles(files, async (folder) => {
      await serving(folder, program, ["--filter", "./a.ts"], async (milterkit) => {
        assert.equal((await sendAlone(milterkit)).verdict, "continue");
        const line = await milterkit.waitForLine((line) =>
          line.includes("filter bad failed at eom (accept)")
        );
        assert.match(line, /: it is gone \[at explode \([^ ]*\/explode\.ts:3:\d+\)/);
      });
    });
  });

  test(
    `${name} runs a file's filter among built-in ones in several workers`,
    { timeout: 120_000 },
    async () => {
      await withFiles(FILES, async (folder) => {
        const filters = [
          ...["--workers", "2", "--filter", "filters/a.ts"],
          ...["--filter", "header-rewrite", "--if-header", "X-Tag /d/", "--add", "X-Seen: yes"],
        ];
        await serving(folder, program, filters, async (milterkit) => {
          for (let i = 0; i < 4; i++) {
            assert.deepEqual(added(await sendAlone(milterkit, toBytes("Subject: x\n\nx\n"))), [
              TAG,
              "X-Seen: yes",
            ]);
          }
        });
      });
    },
  );
}

test("the executable finds packages beside a file", { timeout: 120_000 }, async () => {
  await withFiles({}, async (folder) => {
    write(
      folder,
      "node_modules/words/package.json",
      '{ "name": "words", "exports": { ".": { "import": "./lib/all.mjs" }, "./one": "./lib/one.cjs" } }',
    );
    write(folder, "node_modules/words/lib/all.mjs", 'export default "all";');
    write(folder, "node_modules/words/lib/one.cjs", 'module.exports = "one";');
    write(
      folder,
      "a.ts",
      'import all from "words";\nimport one from "words/one";\nexport default { name: all + one, header() {} };\n',
    );
    const milterkit: Argv = [milterkitBinary()];
    const { code, stdout, stderr } = await runIn("/", milterkit, "filters", join(folder, "a.ts"), "--json");
    assert.equal(code, 0, stderr);
    assert.equal(JSON.parse(stdout).name, "allone");
  });
});
