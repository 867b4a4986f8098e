// What users' filters say while they are served: it is in the log, in its format, and in nobody's way.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { MtaClient } from "../../../lib/mta/client.ts";
import { until } from "../../server/support.ts";
import { Milterkit } from "../../support/milterkit.ts";
import { at } from "../../support/present.ts";
import { PROGRAM } from "../../support/programs.ts";
import { runIn, serving, withFiles, write } from "./support.ts";

const FILES = {
  "speaker.ts": `import { defineFilter } from "milterkit";
import { help } from "./lib/helper.ts";
console.log("loads");
export default defineFilter({
  name: "speaker",
  summary: "Says what it does",
  options: {
    end: { kind: "enum", choices: ["well", "throws", "hangs"], default: "well", description: "How it ends" },
  },
  verdicts: [],
  create({ end }, kit) {
    kit.log.info("begins", { by: "ann@example.org", type: "message", worker: 99, level: "x", message: "y" });
    return {
      mail({ address }, { log, macro }) {
        log.warning("first\\nsecond \\x1b[31m{0}", { from: address, client: "192.0.2.77", queueId: "mine" });
        log.debug("details");
        log.info("kept", { n: 1, stack: new Error("x").stack });
        help("for " + address);
        console.debug("quiet");
        console.warn(new Error("careful"));
      },
      async dispose() {
        console.error("lets go");
        if (end === "throws") throw new Error("cannot let go of ann@example.org");
        if (end === "hangs") await new Promise(() => {});
      },
    };
  },
});
`,
  "lib/helper.ts": `export async function help(whom: string): Promise<void> {
  await undefined;
  console.log("helped %s", whom, { twice: false });
}
`,
};

async function send(milterkit: Milterkit): Promise<void> {
  const client = await MtaClient.open(milterkit.address);
  client.macros("mail", { i: "4bXyz" });
  await client.mail("<ann@example.org>");
  client.abort();
  client.quit();
}

/** The part of lines behind the time, for those that contain a text. */
function linesWith(milterkit: Milterkit, text: string): string[] {
  return milterkit.lines.filter((line) => line.includes(text)).map((line) => line.replace(/^\S+Z /, ""));
}

const [title, program] = PROGRAM;
describe(`what a filter says, ${title}`, () => {
  test("is in the log as text, redacted, one line each", { timeout: 120_000 }, async () => {
    await withFiles(FILES, async (folder) => {
      const redact = ["--log-redact", "local-parts", "--log-redact", "clients"];
      const args = [...redact, "--filter", "./speaker.ts", "--label", "loud"];
      await serving(folder, program, args, async (milterkit) => {
        await send(milterkit);
        await milterkit.waitForLine((line) => line.includes("helped"));
        milterkit.signal("SIGTERM");
        await milterkit.ended;
        assert.deepEqual(linesWith(milterkit, "begins"), [
          "info    filter loud: begins by=…@example.org type=message worker=99 level=x message=y",
        ]);
        assert.deepEqual(linesWith(milterkit, "first"), [
          "warning 4bXyz: filter loud: first\\x0asecond \\x1b[31m{0} from=…@example.org client=192.0.2.0/24 queueId=mine",
        ]);
        assert.deepEqual(linesWith(milterkit, "loads"), ["info    console: loads"]);
        assert.deepEqual(linesWith(milterkit, "helped"), [
          "info    filter loud: helped for …@example.org { twice: false }",
        ]);
        assert.match(
          linesWith(milterkit, "careful").join("\n"),
          /^warning filter loud: Error: careful \[at (?:Object\.)?mail \([^\n]*speaker\.ts:\d+:\d+\)[^\n]*\]$/,
        );
        assert.deepEqual(linesWith(milterkit, "lets go"), ["error   filter loud: lets go"]);
        assert.match(
          linesWith(milterkit, "kept").join("\n"),
          /^info +4bXyz: filter loud: kept n=1 \[at (?:Object\.)?mail \([^\n]*speaker\.ts:\d+:\d+\)[^\n]*\]$/,
        );
        assert.deepEqual(linesWith(milterkit, "details"), []);
        assert.deepEqual(linesWith(milterkit, "quiet"), []);
        assert.equal(milterkit.output, "");
      });
    });
  });

  test("is in the log as JSON, with its fields in a place of their own", { timeout: 120_000 }, async () => {
    await withFiles(FILES, async (folder) => {
      const args = [
        "--log-format",
        "json",
        "--log-level",
        "debug",
        "--workers",
        "2",
        "--filter",
        "./speaker.ts",
      ];
      await serving(folder, program, args, async (milterkit) => {
        await send(milterkit);
        const [said] = await milterkit.waitForRecords(({ message }) => /first/.test(String(message)));
        const { "@timestamp": _, logger: __, connection, worker, message, ...rest } = said ?? {};
        assert.deepEqual(rest, {
          level: "WARN",
          type: "filter-log",
          queueId: "4bXyz",
          filter: "speaker",
          fields: { from: "ann@example.org", client: "192.0.2.77", queueId: "mine" },
        });
        assert.ok([1, 2].includes(Number(worker)) && connection === 1);
        assert.match(String(message), /^4bXyz: filter speaker: first/);
        const from = ({ worker }: Record<string, unknown>) => worker !== undefined;
        const begun = (await milterkit.waitForRecords(({ message }) => /begins/.test(String(message))))
          .filter(
            from,
          );
        assert.deepEqual(begun.map(({ worker }) => worker).sort(), [1, 2]);
        assert.deepEqual(begun[0]?.fields, {
          by: "ann@example.org",
          type: "message",
          worker: 99,
          level: "x",
          message: "y",
        });
        const of = async (text: string) => {
          const [record] = await milterkit.waitForRecords(({ message }) => String(message).includes(text));
          return [record?.level, record?.type, record?.filter, record?.worker];
        };
        assert.deepEqual(await of("helped"), ["INFO", "console", "speaker", worker]);
        assert.deepEqual(await of("quiet"), ["DEBUG", "console", "speaker", worker]);
        assert.deepEqual(await of("details"), ["DEBUG", "filter-log", "speaker", worker]);
        assert.deepEqual(await of("careful"), ["WARN", "console", "speaker", worker]);
      });
    });
  });

  test("has its priority in the journal", { timeout: 120_000 }, async () => {
    await withFiles(FILES, async (folder) => {
      const args = ["--log-format", "journal", "--log-level", "warning", "--filter", "./speaker.ts"];
      const socket = join(folder, "milter.sock");
      const command = [...program, "serve", "--listen", `unix:${socket}`, ...args] as const;
      // At this level it does not say that it listens.
      const milterkit = await Milterkit.startCommand(command, { cwd: folder, addresses: 0 });
      try {
        await until(() => existsSync(socket));
        const client = await MtaClient.open(`unix:${socket}`);
        await client.mail("<ann@example.org>");
        client.quit();
        await milterkit.waitForLine((line) => line.includes("careful"));
      } finally {
        await milterkit.stop();
      }
      assert.match(at(milterkit.lines, 0), /^<4>connection 1: filter speaker: first/);
      assert.match(at(milterkit.lines, 1), /^<4>filter speaker: Error: careful/);
    });
  });

  for (const workers of ["1", "2"]) {
    test(`is heard to the end of SIGTERM, with ${workers} at work`, { timeout: 120_000 }, async () => {
      await withFiles(FILES, async (folder) => {
        const args = [
          "--workers",
          workers,
          "--log-redact",
          "addresses",
          "--filter",
          "./speaker.ts",
          "--end",
          "throws",
        ];
        await serving(folder, program, args, async (milterkit) => {
          milterkit.signal("SIGTERM");
          assert.deepEqual(await milterkit.ended, { code: 0, signal: null });
          assert.equal(linesWith(milterkit, "lets go").length, Number(workers));
          const failed = linesWith(milterkit, "its dispose failed");
          assert.equal(failed.length, Number(workers));
          for (const line of failed) {
            assert.match(line, /^error .*filter speaker: its dispose failed: cannot let go of …$/);
          }
          assert.match(at(milterkit.lines, -1), / stopped$/);
        });
      });
    });
  }

  test("does not hold up the end: a dispose that hangs has 5 seconds", { timeout: 120_000 }, async () => {
    await withFiles(FILES, async (folder) => {
      const args = ["--workers", "2", "--filter", "./speaker.ts", "--end", "hangs"];
      await serving(folder, program, args, async (milterkit) => {
        milterkit.signal("SIGTERM");
        assert.deepEqual(await milterkit.ended, { code: 0, signal: null });
        assert.equal(
          linesWith(milterkit, "filter speaker: its dispose has not finished after 5 s").length,
          2,
        );
      });
      // Whoever aborts does not wait.
      await serving(folder, program, ["--filter", "./speaker.ts", "--end", "hangs"], async (milterkit) => {
        milterkit.signal("SIGINT");
        assert.deepEqual(await milterkit.ended, { code: 130, signal: null });
        assert.equal(
          linesWith(milterkit, "exiting although a filter's dispose() has not finished").length,
          1,
        );
      });
    });
  });

  test("is heard from the old version after a reload, once its last connection has ended", {
    timeout: 120_000,
  }, async () => {
    const files = {
      ...FILES,
      "m.toml": 'listen = "inet:0@127.0.0.1"\n[[filter]]\nname = "./speaker.ts"\nlabel = "before"\n',
    };
    await withFiles(files, async (folder) => {
      const milterkit = await Milterkit.startCommand([...program, "serve", "--config", "m.toml"], {
        cwd: folder,
      });
      try {
        await milterkit.waitForLine((line) => / runs /.test(line));
        const client = await MtaClient.open(milterkit.address);
        await client.mail("<ann@example.org>");
        write(folder, "m.toml", files["m.toml"].replace("before", "after"));
        milterkit.signal("SIGHUP");
        await milterkit.waitForLine((line) => / get the new version, 1 keep/.test(line));
        await milterkit.waitForLine((line) => /\[1\] filter after: begins/.test(line));
        assert.deepEqual(linesWith(milterkit, "lets go"), []);
        client.quit();
        const end = await milterkit.waitForLine((line) => line.includes("lets go"));
        assert.match(end, /\[1\] filter before: lets go$/);
      } finally {
        milterkit.signal("SIGTERM");
        await milterkit.ended;
      }
      assert.equal(linesWith(milterkit, "filter after: lets go").length, 1);
    });
  });

  test("is none of the log's business outside serve", { timeout: 120_000 }, async () => {
    await withFiles({ ...FILES, "a.eml": "Subject: x\r\n\r\nHello\r\n" }, async (folder) => {
      const { code, stdout, stderr } = await runIn(
        folder,
        program,
        "check",
        "a.eml",
        "--filter",
        "./speaker.ts",
      );
      assert.equal(code, 0, stderr);
      assert.match(stdout, /^loads$/m);
      assert.match(stderr, /^lets go$/m);
    });
  });
});
