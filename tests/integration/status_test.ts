// The status page of the real program: mail goes through, and the page shows it.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { get } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import process from "node:process";
import type { StatusReport } from "../../cli/observe/status/status_report.ts";
import { toBytes } from "../../lib/message/text.ts";
import { MtaClient } from "../../lib/mta/client.ts";
import { attribute, type Element, elements, parsePage, textOf } from "../status/parsed_page.ts";
import { fetchText } from "../support/http.ts";
import { Milterkit } from "../support/milterkit.ts";
import { freePort } from "../support/ports.ts";
import { at } from "../support/present.ts";
import { PROGRAM } from "../support/programs.ts";

const folder = mkdtempSync(join(tmpdir(), "milterkit-status-"));
after(() => rmSync(folder, { recursive: true }));

/** Refuses what says so, and fails where it is told to. */
writeFileSync(
  join(folder, "judge.ts"),
  `import { defineFilter, reject, tempfail } from "milterkit";
export default defineFilter({
  name: "judge",
  header({ name, value }) {
    if (name === "Subject" && value.includes("throw")) throw new Error("told to");
  },
  rcpt: ({ address }) => address === "no@example.org" ? reject(550, "5.1.1", "No such user") : undefined,
  eom(message) {
    const subject = message.headers.get("Subject")?.value ?? "";
    if (subject.includes("reject")) return reject(550, "5.7.1", "<b>No</b>");
    if (subject.includes("defer")) return tempfail(451, "4.7.1", "Later");
  },
});
`,
);

/** Sends a message with a subject; gives what became of it. */
async function send(client: MtaClient, subject: string, from = "ann@example.net"): Promise<string> {
  const { answer } = await client.message(toBytes(`Subject: ${subject}\r\n\r\nHello\r\n`), {
    from,
    to: ["ben@example.org", "no@example.org"],
  });
  return answer.verdict;
}

const reportOf = async (url: string): Promise<StatusReport> =>
  JSON.parse((await fetchText(`${url}status.json`)).text);

/** The status of an answer to who asks by another name. */
function statusAs(host: string, url: string): Promise<number> {
  return new Promise((resolve, reject) => {
    get(url, { agent: false, headers: { host } }, (response) => {
      response.resume();
      resolve(response.statusCode!);
    }).on("error", reject);
  });
}

/** The texts of all elements of a class. */
function texts(page: string, wanted: string): string[] {
  const has = (element: Element) => attribute(element, "class")?.split(" ").includes(wanted);
  return elements(parsePage(page).document).filter(has)
    .map((element) => textOf(element).replace(/\s+/g, " ").trim());
}

const [title, command] = PROGRAM;
describe(`the status page, ${title}`, () => {
  for (const workers of [1, 2]) {
    test(`shows what became of mail, with ${workers} at work`, async () => {
      const [mail, http] = [await freePort(), await freePort()];
      const filters = ["--filter", "size-limit", "--max", "1MB", "--filter", join(folder, "judge.ts")];
      const options = [
        "--listen",
        `inet:${mail}@127.0.0.1`,
        "--metrics",
        String(http),
        "--workers",
        String(workers),
      ];
      const milterkit = await Milterkit.startCommand([...command, "serve", ...options, ...filters], {
        addresses: 1,
      });
      try {
        const url = `http://127.0.0.1:${http}/`;
        // One connection for each message, so that both workers have some.
        for (const subject of ["one", "two", "reject", "defer", "throw", "six"]) {
          const client = await MtaClient.open(`inet:${mail}@127.0.0.1`);
          await send(client, subject, `<script>${subject}</script>@example.net`);
          client.quit();
        }
        const { service, messages, filters, refusals } = await reportOf(url);
        assert.equal(service.phase, "running");
        assert.equal(service.workers?.ready, workers === 1 ? undefined : workers);
        assert.deepEqual(service.listeners[0]?.addresses, [`inet:${mail}@127.0.0.1`]);
        assert.deepEqual(messages.outcomes, { accept: 3, reject: 1, tempfail: 2, discard: 0, abort: 0 });
        assert.deepEqual(filters.map(({ name }) => name), ["size-limit", "judge"]);
        const judge = at(filters, 1);
        assert.equal(judge.messages, 6);
        assert.deepEqual(judge.verdicts, { "rcpt reject": 6, "eom reject": 1, "eom tempfail": 2 });
        assert.deepEqual(judge.errors, { header: 1 });
        assert.ok(judge.time.p50! > 0);
        // Three messages, and a recipient of each message.
        assert.equal(refusals.length, 9);

        const { status, headers, text: page } = await fetchText(url);
        assert.equal(status, 200);
        assert.match(String(headers["content-security-policy"]), /^default-src 'none'/);
        const { errors, document } = parsePage(page);
        assert.deepEqual(errors, []);
        assert.equal(elements(document).filter(({ tagName }) => tagName === "script").length, 1);
        const figures = texts(page, "figure");
        assert.match(at(figures, 0), /^Messages ?6 /);
        assert.match(at(figures, 1), /^Refused ?50 % 1 rejected, 2 deferred$/);
        assert.match(at(figures, 2), /^Filter errors ?1 1 in judge$/);
        assert.ok(texts(page, "reply").includes("550 5.7.1 <b>No</b>"), texts(page, "reply").join("; "));
        const reject = "<script>reject</script>@example.net to ben@example.org, no@example.org rejected";
        assert.ok(texts(page, "who").includes(reject), texts(page, "who").join("\n"));
      } finally {
        await milterkit.stop();
      }
    });
  }

  test("says that a reload failed, and shows one that succeeded", async () => {
    const [mail, http] = [await freePort(), await freePort()];
    const config = join(folder, `${title.length}.toml`);
    const write = (name: string, options = "") =>
      writeFileSync(
        config,
        `metrics = "${http}"\nlisten = "inet:${mail}@127.0.0.1"\n` +
          `[[filter]]\nname = "${name}"\ndry-run = true\n${options}\n`,
      );
    write("size-limit", 'max = "1MB"');
    const milterkit = await Milterkit.startCommand([...command, "serve", "--config", config], {
      addresses: 1,
    });
    const hangUp = async (said: RegExp) => {
      const before = milterkit.lines.length;
      process.kill(milterkit.pid!, "SIGHUP");
      await milterkit.waitForLine((line) => milterkit.lines.indexOf(line) >= before && said.test(line));
    };
    const url = `http://127.0.0.1:${http}/`;
    const trouble = async () => {
      const all = elements(parsePage((await fetchText(url)).text).document);
      return textOf(all.find((element) => attribute(element, "id") === "trouble")!).trim();
    };
    try {
      const client = await MtaClient.open(`inet:${mail}@127.0.0.1`);
      await send(client, "one");
      assert.equal(await trouble(), "");
      write("size-limitt");
      await hangUp(/the previous version stays in use/);
      assert.match(
        await trouble(),
        /^The reload at \S+ UTC failed, the previous version stays in use: .*size-limitt/,
      );
      write("dkim-check");
      await hangUp(/new connections get the new version/);
      assert.equal(await trouble(), "");
      const { service, filters } = await reportOf(url);
      assert.deepEqual(service.listeners[0]?.filters, [{ name: "dkim-check", dryRun: true }]);
      assert.deepEqual(filters.map(({ name, served, messages }) => [name, served, messages]), [
        ["dkim-check", true, 0],
        ["size-limit", false, 1],
      ]);
      client.quit();
    } finally {
      await milterkit.stop();
    }
  });

  test("says nothing of people that the log may not say", async () => {
    const [mail, http] = [await freePort(), await freePort()];
    const options = [
      "--listen",
      `inet:${mail}@127.0.0.1`,
      "--metrics",
      String(http),
      "--log-redact",
      "local-parts",
    ];
    const milterkit = await Milterkit.startCommand(
      [...command, "serve", ...options, "--filter", join(folder, "judge.ts")],
      { addresses: 1 },
    );
    try {
      const client = await MtaClient.open(`inet:${mail}@127.0.0.1`);
      await send(client, "reject", "ann@example.net");
      client.quit();
      for (const path of ["", "status.json"]) {
        const { text } = await fetchText(`http://127.0.0.1:${http}/${path}`);
        assert.match(text, /…@example\.net/);
        assert.doesNotMatch(text, /ann@|ben@|no@/);
      }
    } finally {
      await milterkit.stop();
    }
  });

  test("refuses questions that make no sense, and mail goes on", async () => {
    const [mail, http] = [await freePort(), await freePort()];
    const milterkit = await Milterkit.startCommand(
      [
        ...command,
        ...["serve", "--listen", `inet:${mail}@127.0.0.1`, "--metrics", String(http)],
        ...["--filter", "size-limit", "--max", "1MB"],
      ],
      { addresses: 1 },
    );
    try {
      const url = `http://127.0.0.1:${http}/`;
      for (const query of ["?minutes=0", "?minutes=9999", "?minutes=<script>", "?minutes=%00"]) {
        const { status, text } = await fetchText(url + encodeURI(query));
        assert.deepEqual([status, text], [400, "minutes must be a number from 1 to 30\n"]);
      }
      assert.equal((await fetchText(`${url}?%`)).status, 200);
      assert.equal((await fetchText(`${url}status`)).status, 404);
      // A web site whose name leads here must not be able to read it.
      for (const [host, wanted] of [["rebound.example", 421], [`localhost:${http}`, 200]] as const) {
        assert.equal(await statusAs(host, url), wanted);
      }
      const client = await MtaClient.open(`inet:${mail}@127.0.0.1`);
      assert.equal(await send(client, "one"), "continue");
      client.quit();
    } finally {
      await milterkit.stop();
    }
  });
});
