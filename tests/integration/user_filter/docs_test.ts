// What docs/user-filters.md shows is tried: its filters are served as files, its command lines are understood.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { toBytes } from "../../../lib/message/text.ts";
import { PROGRAM } from "../../support/programs.ts";
import { runIn, sendAlone, serving, withFiles } from "./support.ts";

const page = readFileSync(new URL("../../../docs/user-filters.md", import.meta.url), "utf8");
const examples = [...page.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code]) => code);
const [noLottery = "", bannedWords = "", ...rest] = examples.filter((code) =>
  /"(no-lottery|banned-words)"/.test(code ?? "")
);
const files = { "no-lottery.ts": noLottery, "banned-words.ts": bannedWords };
const lottery = toBytes("Subject: The Lottery\n\nHi\n");
const minutes = toBytes("Subject: Minutes\n\nHi\n");

test("the page has the two examples that are tried", () => {
  assert.deepEqual(rest, []);
  assert.match(noLottery, /export default defineFilter/);
  assert.match(bannedWords, /export default defineFilter/);
});

/** The arguments of each command line on the page that has this word. */
function commands(word: string): string[][] {
  const lines = page.split("\n").map((line) =>
    /^ {4}milterkit ((?:serve|filters) .*?)(?: {2,}#.*)?$/.exec(line)?.[1] ?? ""
  );
  const found = lines.filter((line) => line.includes(word)).map((line) => line.split(" "));
  assert.ok(found.length > 0, word);
  return found;
}

const [name, program] = PROGRAM;
test(`${name} serves the filters of docs/user-filters.md`, { timeout: 120_000 }, async () => {
  await withFiles(files, async (folder) => {
    const withoutListen = (args: string[]) =>
      args.slice(1).filter((arg, i, all) => ![arg, all[i - 1]].includes("--listen"));
    let refused = 0;
    for (
      const args of [...commands("--filter ./no-lottery.ts"), ...commands("--filter ./banned-words.ts")]
    ) {
      await serving(folder, program, withoutListen(args), async (milterkit) => {
        const { reply } = await sendAlone(milterkit, lottery);
        assert.match(String(reply?.code), /^55[04]$/, args.join(" "));
        assert.equal((await sendAlone(milterkit, minutes)).verdict, "continue");
        refused++;
      });
    }
    assert.equal(refused, 3);
  });
});

test(`${name} shows the options that docs/user-filters.md defines`, { timeout: 120_000 }, async () => {
  await withFiles(files, async (folder) => {
    for (const args of commands("filters ./")) {
      const { code, stdout, stderr } = await runIn(folder, program, ...args);
      assert.equal(code, 0, stderr);
      for (const part of [/--word STRING/, /--reply-code INTEGER/, /Two words:/]) assert.match(stdout, part);
    }
    const { code, stderr } = await runIn(folder, program, "serve", "--filter", "./banned-words.ts");
    assert.equal(code, 2);
    assert.match(
      stderr,
      /^milterkit serve --filter \.\/banned-words\.ts: Missing --word: it must be given, for example --word lottery/,
    );
  });
});
