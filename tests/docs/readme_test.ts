/** What the README says is tried here: its filter runs, its tasks exist, its command lines and those of docs/mta.md and docs/signing.md are understood. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { cutAtFilters, makeFilter } from "../../cli/config/filter_arguments.ts";
import { SERVE_OPTIONS } from "../../cli/options/serve_options.ts";
import { registry } from "../../filters/registry.ts";
import { OptionValues } from "../../lib/options/options.ts";
import { deliver } from "../../lib/testing.ts";
import { KeysFolder, pemOf } from "../dkim_sign/key_files.ts";
import { at, captured } from "../support/present.ts";

const root = new URL("../../", import.meta.url);
const readme = readFileSync(new URL("README.md", root), "utf8");
const mtaPage = readFileSync(new URL("docs/mta.md", root), "utf8");
const signingPage = readFileSync(new URL("docs/signing.md", root), "utf8");

test("the filter in the README refuses what it says it refuses", async () => {
  const code = captured(readme, /```ts\n(.*?)```/s);
  const lines = code.split("\n").filter((line) => line.trim() !== "");
  assert.ok(lines.length <= 10, "a filter in ten lines");
  const folder = mkdtempSync(join(tmpdir(), "milterkit-readme-"));
  try {
    const program = join(folder, "filter.ts");
    writeFileSync(program, code.replace(`"milterkit"`, JSON.stringify(new URL("mod.ts", root).href)));
    const { default: filter } = await import(program);
    (await deliver(filter, { header: { Subject: "You won the LOTTERY" } })).assertRejected(
      550,
      "No lotteries here",
    );
    const encoded = "=?utf-8?B?WW91IHdvbiB0aGUgbG90dGVyeQ==?=";
    (await deliver(filter, { header: { Subject: encoded } })).assertRejected(550, "No lotteries here");
    (await deliver(filter, { header: { Subject: "Minutes" } })).assertAccepted();
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("every command line in README, docs/mta.md, docs/signing.md and help is understood", async () => {
  const help = registry.flatMap(({ examples = [] }) => examples.map(([, command]) => command));
  const commands = [readme, mtaPage, signingPage].flatMap(commandsIn).concat(help);
  assert.ok(commands.length >= 4, `found ${commands.length}`);
  assert.ok(commandsIn(mtaPage).length > 0 && commandsIn(signingPage).length > 0);
  // Files are read as the filter is made.
  using keys = new KeysFolder();
  keys.write("keys/example.org/2026.pem", pemOf("ed25519"));
  keys.write("2026.pem", pemOf("ed25519"));
  keys.write("footer.txt", "Example Ltd, registered in Leeds");
  keys.write("footer.html", "<p>Example Ltd, registered in Leeds</p>");
  for (const command of commands) {
    const words = wordsOf(command.replace(/^.*?milterkit serve/, ""));
    const { own, filters } = cutAtFilters(words);
    const given = own.flatMap((word, i): [string, string][] =>
      word.startsWith("--") ? [[word.slice(2), at(own, i + 1)]] : []
    );
    assert.ok(new OptionValues(SERVE_OPTIONS, given).all("listen-address", "listen").length > 0, command);
    for (const { name, args } of filters) {
      // A file that the reader has yet to write.
      if (name.endsWith(".ts")) continue;
      // The file of an example need not be there.
      const names = ["--dns-records", "--exempt-dmarc"];
      const given = args.filter((arg, i) => !names.includes(arg) && !names.includes(args[i - 1] ?? ""))
        .map((arg) =>
          arg.replace("/etc/milterkit", keys.path).replace("/var/lib/milterkit/stripped", keys.path)
        );
      await assert.doesNotReject(makeFilter(name, given), command);
    }
  }
});

test("every task in the README exists", () => {
  const { tasks } = JSON.parse(readFileSync(new URL("deno.json", root), "utf8"));
  const named = [...readme.matchAll(/deno@[\d.]+ task ([\w:]+)/g)].map(([, name = ""]) => name);
  assert.ok(named.length >= 3);
  for (const name of named) assert.ok(name in tasks, name);
});

/** Command lines, continued lines joined. */
function commandsIn(text: string): string[] {
  return text.replace(/ \\\n\s+/g, " ").split("\n").filter((line) => /milterkit serve --listen/.test(line));
}

function wordsOf(command: string): string[] {
  return [...command.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, bare = ""]) => quoted ?? bare);
}
