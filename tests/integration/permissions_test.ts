// The command lines of docs/security.md with the least permissions of Deno: each filters mail, and none has one too many.
// Runs once: only programs are driven here, which are the same whatever runtime drives them.
import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { defineFilter } from "../../lib/filter/definition.ts";
import { MtaClient } from "../../lib/mta/client.ts";
import { toBytes, utf8Text } from "../../lib/message/text.ts";
import { serve, type Server } from "../../lib/server/server.ts";
import { denoCommand } from "../../scripts/package/deno_command.ts";
import { ScriptedClamd } from "../clamd/scripted_clamd.ts";
import { response, TestServer, txt } from "../dns/support.ts";
import { complaints, Milterkit } from "../support/milterkit.ts";
import { freePort } from "../support/ports.ts";
import { at, captured } from "../support/present.ts";
import { runOrThrow } from "../support/process.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const signed = readFileSync(join(root, "tests/messages/2-signed.eml"));
const keys = join(root, "tests/messages/keys.txt");
const page = readFileSync(join(root, "docs/security.md"), "utf8");
const commands = page.replace(/ \\\n\s+/g, " ").split("\n").map((line) => line.trim())
  .filter((line) => line.startsWith("deno run "));

/** Deno itself: what npm installs of that name only starts it, and hands no signals on. */
let deno: string;
let folder: string;
let names: TestServer;
let milter: Server;
let clamd: ScriptedClamd;

before(async () => {
  const { HOME = "", PATH = "" } = process.env;
  const path = await runOrThrow([...denoCommand(), "eval", "console.log(Deno.execPath())"], {
    env: { HOME, PATH },
  });
  deno = path.trim();
  folder = mkdtempSync(join(tmpdir(), "milterkit-permissions-"));
  mkdirSync(join(folder, "run"));
  mkdirSync(join(folder, "spool"));
  copyFileSync(keys, join(folder, "keys.txt"));
  const records = new Map(
    [...readFileSync(keys, "utf8").matchAll(/^(\S+) "(.*)"$/gm)].map(([, name, value]) => [name, value]),
  );
  names = await TestServer.start(({ id, question, name }) => {
    const value = records.get(name);
    const answers = value === undefined ? [] : [txt(name, 60, ...value.match(/.{1,255}/g)!)];
    return response({ id, question, answers, rcode: value === undefined ? 3 : 0 });
  });
  clamd = await ScriptedClamd.start("");
  milter = await serve({
    listen: "inet:0@127.0.0.1",
    filters: [
      defineFilter({ name: "asked", changes: ["addHeader"], eom: (end) => end.addHeader("X-Asked", "yes") }),
    ],
  });
});

after(async () => {
  await milter.stop(0);
  await clamd.kill();
  await names.stop();
  rmSync(folder, { recursive: true });
});

/** The words of a command of the page, with what is there on this machine in place of its ports and paths. */
async function wordsOf(command: string): Promise<string[]> {
  const port = await freePort();
  const here = command
    .replaceAll("8825", String(port))
    .replaceAll("127.0.0.1:53", names.address)
    .replaceAll("3310", String(clamd.port))
    .replaceAll("8892", captured(at(milter.addresses, 0), /\d+/, 0))
    .replaceAll("/var/tmp", join(folder, "spool"))
    .replaceAll("/etc/milterkit", folder)
    .replaceAll("/run/milterkit", join(folder, "run"))
    // So that a small message is kept there.
    .replace("--spool-folder", "--spool-memory 1B --spool-folder");
  return [...here.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, bare = ""]) => quoted ?? bare).slice(1);
}

/** What each filter does to the message where all is well. */
const EXPECTED: Readonly<Record<string, RegExp>> = {
  "size-limit": /^/,
  "header-rewrite": /X-Checked-For: +192\.0\.2\.1/,
  "dkim-check": /dkim=pass.*dkim=pass/s,
  milter: /X-Asked: +yes/,
  clamd: /X-Virus-Status: +Clean/,
};

/** Serves a message; undefined where all is as it should be, else what is not. */
async function serveOne(words: readonly string[]): Promise<string | undefined> {
  let milterkit: Milterkit;
  try {
    milterkit = await Milterkit.startCommand([deno, ...words], {
      cwd: root,
      env: { JOURNAL_STREAM: "", TMPDIR: folder },
    });
  } catch (error) {
    return `does not start: ${(error as Error).message}`;
  }
  try {
    const mta = await MtaClient.open(milterkit.address);
    mta.macros("connect", { j: "mx.example.net" });
    await mta.connect({ hostname: "client.example", family: "inet", port: 25, address: "192.0.2.1" });
    await mta.helo("client.example");
    const envelope = { from: "joe@football.example.com", to: ["suzie@shopping.example.net"] };
    const { event, answer } = await mta.message(
      toBytes(utf8Text(signed).replace(/\r?\n/g, "\r\n")),
      envelope,
    );
    mta.quit();
    if (event !== "eom" || answer.verdict !== "continue") {
      return `${event} ${answer.verdict}\n${milterkit.log()}`;
    }
    const changes = answer.modifications.map((modification) =>
      "name" in modification ? `${utf8Text(modification.name)}: ${utf8Text(modification.value)}` : ""
    ).join("\n");
    const filters = words.filter((_word, i) => words[i - 1] === "--filter");
    const missing = filters.filter((filter) => !EXPECTED[filter]?.test(changes));
    await milterkit.stop();
    const [complaint] = complaints(milterkit.lines);
    if (complaint !== undefined) return complaint;
    return missing.length > 0 ? `without what ${missing} does: ${changes}` : undefined;
  } finally {
    await milterkit.stop();
  }
}

/** The command lines that lack one of the permissions. */
function withOneLess(words: readonly string[]): [missing: string, words: string[]][] {
  return words.flatMap((word, at): [string, string[]][] => {
    if (!word.startsWith("--allow-")) return [];
    const [flag, list] = word.split("=");
    const values = list?.split(",") ?? [];
    if (values.length < 2) return [[word, words.toSpliced(at, 1)]];
    return values.map((value) => [
      `${flag} ${value}`,
      words.with(at, `${flag}=${values.filter((each) => each !== value)}`),
    ]);
  });
}

describe("the least permissions of Deno", { timeout: 170_000 }, () => {
  it("are said of each kind of chain", () => {
    assert.equal(commands.length, 6);
    assert.ok(commands.every((command) => !/ -A|--allow-(all|run|ffi)/.test(command)));
  });

  for (const command of commands) {
    const chain = command.slice(command.indexOf("--listen"));
    it(`are enough, and none is too many: ${chain}`, { timeout: 120_000 }, async () => {
      const words = await wordsOf(command);
      assert.equal(await serveOne(words), undefined);
      for (const [missing, fewer] of withOneLess(words)) {
        assert.notEqual(await serveOne(fewer), undefined, `${missing} is not needed`);
      }
    });
  }
});
