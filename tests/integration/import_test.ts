// mod.ts in programs of others: by URL in Deno without any configuration, by path in Bun. A filter with options, a timer and
// dispose.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { MtaClient } from "../../lib/mta/client.ts";
import { toBytes } from "../../lib/message/text.ts";
import { newFolder, skipFor } from "../support/instance.ts";
import { Milterkit } from "../support/milterkit.ts";
import type { Argv } from "../support/process.ts";
import { findBun, findDeno } from "../support/runtime.ts";

const root = new URL("../../", import.meta.url);
const program = readFileSync(new URL("import/filter_program.txt", import.meta.url), "utf8");

/** The sources as a web server has them; nothing but what is asked for by name. */
function serveSources(asked: string[]): Promise<{ server: Server; url: string }> {
  const server = createServer((request, response) => {
    const path = request.url!.slice(1);
    asked.push(path);
    if (!/^(mod|(lib|filters)\/[\w/]+)\.ts$/.test(path)) return response.writeHead(404).end();
    try {
      const source = readFileSync(new URL(path, root));
      response.writeHead(200, { "content-type": "application/typescript" }).end(source);
    } catch {
      response.writeHead(404).end();
    }
  });
  return new Promise((resolve) =>
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      resolve({ server, url: `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}/mod.ts` });
    })
  );
}

async function holdSession(address: string): Promise<void> {
  const client = await MtaClient.open(address);
  await client.connect({ hostname: "client.example", family: "inet", port: 25, address: "192.0.2.1" });
  await client.helo("client.example");
  const message = toBytes("Subject: hello\r\n\r\nbody\r\n");
  const refused = await client.message(message, { from: "spammer@example.test", to: ["b@example.test"] });
  assert.deepEqual([refused.event, refused.answer.reply], [
    "mail",
    { code: 550, enhanced: "5.7.1", lines: ["Not you"] },
  ]);
  const taken = await client.message(message, {
    from: "a@example.test",
    to: ["b@example.test", "c@example.test"],
  });
  const [change, ...others] = taken.answer.modifications;
  assert.deepEqual(others, []);
  assert.ok(change?.type === "addHeader");
  const decoder = new TextDecoder();
  assert.deepEqual([decoder.decode(change.name), decoder.decode(change.value).trim()], ["X-Recipients", "2"]);
  client.quit();
}

/** Runs the program in an empty folder of its own. */
async function runProgram(
  specifier: string,
  argv: (file: string) => Argv,
  env: (folder: string) => Record<string, string>,
): Promise<void> {
  const folder = newFolder("milterkit-import-");
  try {
    for (const name of ["work", "home"]) mkdirSync(join(folder, name));
    const file = join(folder, "work", "filter.ts");
    writeFileSync(file, program.replace("MILTERKIT", specifier));
    const running = await Milterkit.startCommand(argv(file), {
      cwd: join(folder, "work"),
      env: { HOME: join(folder, "home"), ...env(folder) },
    });
    try {
      await holdSession(running.address);
      running.signal("SIGTERM");
      assert.equal((await running.ended).code, 0);
      assert.equal(running.lines.at(-1), "disposed after ticks, true");
    } finally {
      await running.stop();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const deno = findDeno();
test("Deno imports mod.ts by URL, without configuration or cache", {
  skip: skipFor(deno ? undefined : "needs deno"),
  timeout: 120_000,
}, async () => {
  const asked: string[] = [];
  const { server, url } = await serveSources(asked);
  try {
    await runProgram(
      url,
      (file) => [deno!, "run", "--no-config", "--no-npm", "--check", "-A", file],
      (folder) => ({ DENO_DIR: join(folder, "deno"), DENO_NO_UPDATE_CHECK: "1" }),
    );
  } finally {
    server.closeAllConnections();
    server.close();
  }
  assert.equal(asked[0], "mod.ts");
  assert.ok(asked.length > 10);
  assert.deepEqual(
    asked.filter((path) => !/^(mod|lib\/[\w/]+)\.ts$/.test(path)),
    [],
    "the library stands alone",
  );
});

const bun = findBun();
test("Bun imports mod.ts from a path", {
  skip: skipFor(bun ? undefined : "needs bun"),
  timeout: 120_000,
}, async () => {
  await runProgram(fileURLToPath(new URL("mod.ts", root)), (file) => [bun!, file], () => ({}));
});
