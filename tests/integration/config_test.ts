// `serve --config`: listeners with chains of their own, and what SIGHUP changes and leaves alone.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import process from "node:process";
import { MtaClient } from "../../lib/mta/client.ts";
import type { ClientAnswer } from "../../lib/mta/client_answer.ts";
import { toBytes, utf8Text } from "../../lib/message/text.ts";
import { Milterkit } from "../support/milterkit.ts";
import { freePort } from "../support/ports.ts";
import { childrenOf, run } from "../support/process.ts";
import { PROGRAM } from "../support/programs.ts";

const folder = mkdtempSync(join(tmpdir(), "milterkit-serve-config-"));
after(() => rmSync(folder, { recursive: true }));

const MESSAGE = toBytes("Subject: x\r\n\r\nHello\r\n");

/** A file that marks messages at each address with a word. */
function configure(name: string, chains: Record<string, string>, more = ""): string {
  const path = join(folder, name);
  const listeners = Object.entries(chains).map(([address, word]) =>
    `[[listener]]\nlisten = "${address}"\n[[listener.filter]]\nname = "header-rewrite"\nadd = "X-Word: ${word}"\n`
  );
  writeFileSync(path, more + listeners.join(""));
  return path;
}

const wordOf = ({ modifications }: ClientAnswer): string =>
  modifications.map((each) => each.type === "addHeader" ? utf8Text(each.value).trim() : each.type).join();

/** The word that a new connection gets. */
async function word(address: string): Promise<string> {
  const client = await MtaClient.open(address);
  const { answer } = await client.message(MESSAGE, { to: ["b@example.org"] });
  client.quit();
  return wordOf(answer);
}

const [title, command] = PROGRAM;
const start = (path: string, addresses: number) =>
  Milterkit.startCommand([...command, "serve", "--config", path], { addresses });
const hangUp = async (milterkit: Milterkit, said: RegExp) => {
  const before = milterkit.lines.length;
  process.kill(milterkit.pid!, "SIGHUP");
  await milterkit.waitForLine(
    (line) => milterkit.lines.indexOf(line) >= before && said.test(line),
    String(said),
  );
};

describe(`serve --config, ${title}`, () => {
  test("serves each listener's own chain, and on SIGHUP the new ones to new connections", {
    timeout: 120_000,
  }, async () => {
    const newAddress = async () => `inet:${await freePort()}@127.0.0.1`;
    const [one, two, three] = [await newAddress(), await newAddress(), await newAddress()];
    const name = `reload-${title.length}.toml`;
    const path = configure(name, { [one]: "old-one", [two]: "old-two" });
    const milterkit = await start(path, 2);
    try {
      assert.deepEqual([await word(one), await word(two)], ["old-one", "old-two"]);
      const lasting = await MtaClient.open(one);
      await lasting.connect({ hostname: "client.example", family: "inet", address: "192.0.2.1" });

      configure(name, { [one]: "new-one", [three]: "new-three" });
      await hangUp(
        milterkit,
        /SIGHUP: reloaded; new connections get the new version, 1 keep the previous one/,
      );
      assert.deepEqual([await word(one), await word(three)], ["new-one", "new-three"]);
      await assert.rejects(word(two), /nobody listens there/);
      const { answer } = await lasting.message(MESSAGE, { to: ["b@example.org"] });
      assert.equal(wordOf(answer), "old-one");
      lasting.quit();

      writeFileSync(path, 'lisen = "x"\n[[filter]]\nname = "size-limt"\n');
      await hangUp(milterkit, /previous version stays in use: \S+\.toml:3:8: there is no filter size-limt/);
      assert.ok(
        milterkit.lines.some((line) => /stays in use: \S+\.toml:1:1: there is no "lisen"/.test(line)),
      );
      assert.deepEqual([await word(one), await word(three)], ["new-one", "new-three"]);

      const taken = await MtaClient.open(one).then((client) => (client.quit(), one));
      configure(name, { [taken]: "more", [two]: "again", "inet:1@192.0.2.99": "nowhere" });
      await hangUp(milterkit, /previous version stays in use: Cannot listen on inet:1@192\.0\.2\.99/);
      assert.equal(await word(one), "new-one");
      await assert.rejects(word(two), /nobody listens there/);

      // What only the second worker finds out changes nothing either.
      const file = `bad-${title.length}.ts`;
      writeFileSync(
        join(folder, file),
        'import { mkdirSync } from "node:fs";\nmkdirSync(import.meta.filename + ".loaded");\n' +
          'export default { name: "x", mail() {} };\n',
      );
      writeFileSync(path, `listen = "${two}"\nworkers = 2\n[[filter]]\nname = "./${file}"\n`);
      await hangUp(milterkit, /previous version stays in use: .*EEXIST/);
      assert.equal(await word(one), "new-one");
      await assert.rejects(word(two), /nobody listens there/);

      configure(name, { [one]: "last" }, "workers = 2\n");
      await hangUp(milterkit, /SIGHUP: reloaded; new connections get the new version/);
      assert.equal(await word(one), "last");
      assert.ok(milterkit.lines.some((line) => /worker 2 .* is ready/.test(line)));
    } finally {
      await milterkit.stop();
    }
  });

  test(
    "with watch = true takes a changed file by itself, and what it includes",
    { timeout: 120_000 },
    async () => {
      const address = `inet:${await freePort()}@127.0.0.1`;
      const more = `more-${title.length}.toml`;
      const chain = (text: string) =>
        writeFileSync(join(folder, more), `[[filter]]\nname = "header-rewrite"\nadd = "X-Word: ${text}"\n`);
      chain("first");
      const path = join(folder, `watch-${title.length}.toml`);
      writeFileSync(path, `watch = true\nlisten = "${address}"\ninclude = "${more}"\n`);
      const milterkit = await start(path, 1);
      try {
        assert.equal(await word(address), "first");
        chain("second");
        await milterkit.waitForLine((line) => /new connections get the new version/.test(line));
        assert.equal(await word(address), "second");

        // A file that is included from now on is watched from now on.
        const another = `another-${title.length}.toml`;
        writeFileSync(join(folder, another), 'stop-timeout = "5s"\n');
        writeFileSync(path, `watch = true\nlisten = "${address}"\ninclude = ["${more}", "${another}"]\n`);
        const taken = () => milterkit.lines.filter((line) => /get the new version/.test(line)).length;
        await milterkit.waitForLine(() => taken() === 2);
        writeFileSync(
          join(folder, another),
          '[[filter]]\nname = "header-rewrite"\nadd = "X-More: third"\n',
        );
        await milterkit.waitForLine(() => taken() === 3);
        assert.equal(await word(address), "second,third");
      } finally {
        await milterkit.stop();
      }
    },
  );

  test(
    "starts a worker in the place of one that died with what is in force, whatever the files say by then",
    {
      timeout: 120_000,
    },
    async () => {
      const address = `unix:${join(folder, `kept-${title.length}.sock`)}`;
      const folderName = `kept-${title.length}.d`;
      const more = join(folder, folderName, "1.toml");
      mkdirSync(join(folder, folderName));
      writeFileSync(more, '[[filter]]\nname = "header-rewrite"\nadd = "X-Word: kept"\n');
      const path = join(folder, `kept-${title.length}.toml`);
      const text = `listen = "${address}"\ninclude = "${folderName}/*.toml"\n`;
      writeFileSync(path, text);
      const milterkit = await start(path, 1);
      const ready = () => milterkit.lines.filter((line) => /worker 1 .* is ready/.test(line)).length;
      const killWorker = async () => {
        const before = ready();
        for (const child of childrenOf(milterkit.pid)) process.kill(child, "SIGKILL");
        await milterkit.waitForLine(() => ready() > before, "another worker");
      };
      try {
        // Broken, and a reload that failed.
        writeFileSync(path, "junk");
        await hangUp(milterkit, /previous version stays in use/);
        await killWorker();
        assert.equal(await word(address), "kept");
        // Somewhere else, and no reload at all.
        writeFileSync(path, text.replace("kept-", "elsewhere-"));
        writeFileSync(more, '[[filter]]\nname = "header-rewrite"\nadd = "X-Word: other"\n');
        await killWorker();
        assert.equal(await word(address), "kept");
        writeFileSync(path, text);
        await hangUp(milterkit, /new connections get the new version/);
        assert.equal(await word(address), "other");
        await killWorker();
        assert.equal(await word(address), "other");
      } finally {
        await milterkit.stop();
      }
    },
  );

  test("goes on logging as before where a new version is not taken", { timeout: 120_000 }, async () => {
    const address = `unix:${join(folder, `log-${title.length}.sock`)}`;
    const name = `log-${title.length}.toml`;
    const path = configure(name, { [address]: "first" });
    const milterkit = await start(path, 1);
    try {
      const json = 'log-format = "json"\n';
      configure(name, { [address]: "second", "inet:1@192.0.2.99": "nowhere" }, json);
      await hangUp(milterkit, /^\d{4}-.* error .*previous version stays in use: Cannot listen/);
      configure(name, { [address]: "second" }, json);
      await hangUp(milterkit, /^\{.*new connections get the new version/);
    } finally {
      await milterkit.stop();
    }
  });

  test("says that a socket's permissions stay as they are", { timeout: 120_000 }, async () => {
    const socket = `unix:${join(folder, `mode-${title.length}.sock`)}`;
    const name = `mode-${title.length}.toml`;
    const path = configure(name, { [socket]: "first" });
    const milterkit = await start(path, 1);
    try {
      configure(name, { [socket]: "second" });
      await hangUp(milterkit, /new connections get the new version/);
      assert.ok(!milterkit.lines.some((line) => /until a restart/.test(line)));
      configure(name, { [socket]: "third" }, 'socket-mode = "600"\n');
      await hangUp(milterkit, /new connections get the new version/);
      assert.ok(
        milterkit.lines.some((line) =>
          /sock keeps its socket-mode and socket-group until a restart/.test(line)
        ),
      );
      assert.equal(await word(socket), "third");
    } finally {
      await milterkit.stop();
    }
  });

  test("refuses what cannot be used before anything listens", { timeout: 120_000 }, async () => {
    const path = join(folder, "bad.toml");
    writeFileSync(path, 'lisen = "x"\nlog-level = "loud"\n');
    const bad = await run([...command, "serve", "--config", path]);
    assert.equal(bad.code, 2);
    assert.deepEqual(bad.stderr.trim().split("\n").map((line) => line.replace(`${folder}/`, "")), [
      'milterkit: bad.toml:1:1: there is no "lisen"; did you mean "listen"?',
      'milterkit: bad.toml:2:13: invalid log-level "loud": want one of debug, info, warning, error',
    ]);
    const mixed = await run([...command, "serve", "--config", path, "--filter", "size-limit"]);
    assert.equal(mixed.code, 2);
    assert.match(mixed.stderr, /--config takes no other options; set filter in \S+bad\.toml/);
    const checked = await run([...command, "config", "check", path]);
    assert.equal(checked.code, 1);
    assert.equal(checked.stdout, "");
    assert.equal(checked.stderr.trim().split("\n").length, 2);
  });
});
