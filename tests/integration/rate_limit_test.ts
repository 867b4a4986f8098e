// A stolen account as its administrator sees it: Postfix with SASL, and rate-limit behind it.
// Runs once: only programs are driven here, which are the same whatever runtime drives them.
import assert from "node:assert/strict";
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { StatusReport } from "../../cli/observe/status/status_report.ts";
import { attribute, elements, parsePage, textOf } from "../status/parsed_page.ts";
import { fetchText } from "../support/http.ts";
import { skipFor } from "../support/instance.ts";
import { Milterkit, runMilterkit } from "../support/milterkit.ts";
import { freePorts } from "../support/ports.ts";
import { type Postfix, postfixProblem, startPostfix } from "../support/postfix.ts";
import { at } from "../support/present.ts";
import { plainLogin, SaslServer, saslSettings } from "../support/sasl_server.ts";
import { SmtpClient } from "../support/smtp_client.ts";
import { withFiles } from "./user_filter/support.ts";

const skip = skipFor(await postfixProblem());
const MESSAGE = "Subject: You have won\n\nClick here\n";
const SENT = 500;
const LIMIT = 100;

interface Site {
  readonly postfix: Postfix;
  readonly milterkit: Milterkit;
  /** The address of the status page. */
  readonly http: string;
  stop(): Promise<void>;
}

/** Starts Postfix with SASL and, behind it, the executable with these options of serve and its filter. */
async function start(serve: string[], filter: (postfix: Postfix) => string[]): Promise<Site> {
  const sasl = await SaslServer.start();
  const [mail, http] = await freePorts(2);
  const milter = `inet:${mail}@127.0.0.1`;
  const postfix = await startPostfix({
    milters: [milter],
    // Postfix slows down and ends sessions with many errors; here it is seen what the filter alone does.
    mainCf: {
      ...saslSettings(sasl.port),
      smtpd_error_sleep_time: "0",
      smtpd_soft_error_limit: "1000",
      smtpd_hard_error_limit: "1000",
    },
  });
  const args = ["serve", "--listen", milter, "--metrics", String(http), ...serve, "--filter", "rate-limit"];
  const milterkit = await Milterkit.start([...args, ...filter(postfix)]);
  return {
    postfix,
    milterkit,
    http: `http://127.0.0.1:${http}/`,
    async stop() {
      await milterkit.stop();
      await postfix.stop();
      await sasl.stop();
    },
  };
}

/** Sends messages over one connection; the answers to MAIL, or to the message where that is accepted. */
async function send(postfix: Postfix, login: string | undefined, messages: number): Promise<string[]> {
  const client = await SmtpClient.connect(postfix.port);
  try {
    await client.ehlo();
    if (login !== undefined) {
      const reply = await client.command(`AUTH PLAIN ${plainLogin(login)}`);
      assert.equal(reply.code, 235, reply.text);
    }
    const answers: string[] = [];
    for (let i = 0; i < messages; i++) {
      const reply = await client.message("boss@example.test", [`victim${i}@example.net`], MESSAGE);
      answers.push(`${reply.code} ${reply.enhanced} ${reply.text}`);
      if (reply.code >= 400) await client.rset();
    }
    await client.quit();
    return answers;
  } finally {
    client.destroy();
  }
}

/** The data of the status page, once so much was refused. */
async function reportWith(http: string, refused: number): Promise<StatusReport> {
  for (let i = 0; i < 100; i++) {
    const report: StatusReport = JSON.parse((await fetchText(`${http}status.json`)).text);
    if (report.limits.keys[0]?.refused === refused) return report;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`the page does not show ${refused} refused`);
}

test(
  "a stolen account is stopped, told of, shown, and let go again",
  { skip, timeout: 240_000 },
  () => withFiles({}, stolen),
);

async function stolen(folder: string): Promise<void> {
  const told = () => {
    const path = join(folder, "told");
    return existsSync(path) ? readFileSync(path, "utf8") : "";
  };
  const command = join(folder, "tell");
  writeFileSync(
    command,
    `#!/bin/sh\necho "$1 $MILTERKIT_KEY $MILTERKIT_LIMIT $MILTERKIT_CLIENT" >> ${folder}/told\n`,
  );
  chmodSync(command, 0o755);
  const options = ["--limit", `${LIMIT}/1d`];
  const state = ["--state", join(folder, "state.db")];
  const site = await start(["--workers", "2", ...state, "--state-timeout", "10s"], ({ port }) => [
    ...options,
    "--notify-command",
    command,
    "--notify-arg",
    "stolen?",
    "--notify-mail",
    "postmaster@example.test",
    "--notify-server",
    `inet:${port}@127.0.0.1`,
  ]);
  const { postfix, milterkit, http } = site;
  try {
    // Five connections of the thief at once, to both workers.
    const answers = (await Promise.all(Array.from({ length: 5 }, () => send(postfix, "Joe", SENT / 5))))
      .flat();
    const refused = answers.filter((answer) => answer.startsWith("451"));
    assert.equal(answers.filter((answer) => answer.startsWith("250")).length, LIMIT);
    assert.equal(refused.length, SENT - LIMIT);
    assert.match(at(refused, 0), /^451 4\.7\.1 Too many messages, try again in 1\d minutes$/);
    assert.deepEqual((await send(postfix, "ann", 3)).map((answer) => answer.slice(0, 3)), [
      "250",
      "250",
      "250",
    ]);
    assert.match(at(await send(postfix, undefined, 1), 0), /^250/);

    // The notices.
    const notice = await postfix.nextHop.waitForMessage(({ rcpts }) => rcpts.join().includes("postmaster@"));
    const text = new TextDecoder().decode(notice.data);
    assert.match(notice.mail, /^<>/);
    assert.match(text, /^Subject: joe is over the limit 100\/1d on /m);
    assert.match(text, /^ {2}Login: +Joe\r$/m);
    await postfix.nextHop.waitFor(LIMIT + 3 + 1 + 1);
    assert.equal(told(), "stolen? joe 100/1d 127.0.0.1\n");
    const warnings = milterkit.lines.filter((line) => line.includes("over the limit 100/1d key=joe"));
    assert.equal(warnings.length, 1, milterkit.log());

    // The page, and its data.
    // A worker that is busy for half a second is left out of an answer.
    const report = await reportWith(http, SENT - LIMIT);
    const [joe] = report.limits.keys;
    assert.deepEqual({ ...joe, used: 0, lastAt: "" }, {
      filter: "rate-limit",
      key: "joe",
      limit: "100/1d",
      used: 0,
      most: LIMIT,
      refused: SENT - LIMIT,
      lastAt: "",
    });
    assert.ok(joe!.used >= LIMIT - 3, `${joe!.used}`);
    const page = parsePage((await fetchText(http)).text);
    const part = elements(page.document).find((element) => attribute(element, "id") === "limits")!;
    assert.match(textOf(part).replace(/\s+/g, " "), /joe 100\/1d \d+ of 100 400 /);
    const metrics = (await fetchText(`${http}metrics`)).text;
    assert.match(
      metrics,
      /^milterkit_custom_rate_limit_over_total\{filter="rate-limit",limit="100\/1d"\} 400$/m,
    );
    assert.match(metrics, /^milterkit_custom_rate_limit_counted_total\{filter="rate-limit"\} 103$/m);

    // The command.
    const limits = (action: string, ...more: string[]) =>
      runMilterkit(["limits", action, "JOE", ...state, "--filter", "rate-limit", ...options, ...more]);
    const shown = await limits("show");
    assert.equal(shown.code, 0, shown.stderr);
    assert.match(shown.stdout, /rate-limit +joe +100\/1d +\d of 100 left/);
    assert.equal((await limits("reset")).code, 0);
    assert.match((await limits("show")).stdout, /100 of 100 left/);
    assert.deepEqual((await send(postfix, "joe", 3)).map((answer) => answer.slice(0, 3)), [
      "250",
      "250",
      "250",
    ]);
    assert.equal(told(), "stolen? joe 100/1d 127.0.0.1\n");
  } finally {
    await site.stop();
  }
}

test("a notice passes the limit that it is about", { skip, timeout: 120_000 }, async () => {
  const site = await start([], ({ port }) => [
    ...["--key", "mail from {client}", "--limit", "2/1h"],
    ...["--notify-mail", "postmaster@example.test", "--notify-server", `inet:${port}@127.0.0.1`],
  ]);
  try {
    const answers = await send(site.postfix, undefined, 4);
    assert.deepEqual(answers.map((answer) => answer.slice(0, 3)), ["250", "250", "451", "451"]);
    const { data } = await site.postfix.nextHop.waitForMessage(({ rcpts }) =>
      rcpts.join().includes("postmaster@")
    );
    const [, helo = ""] = /^Received: from (notice-[0-9a-f]{32}\.milterkit\.invalid) /m.exec(
      new TextDecoder().decode(data),
    ) ?? [];
    assert.notEqual(helo, "");
    // Whoever reads the notice learns a name that is worth nothing.
    const client = await SmtpClient.connect(site.postfix.port);
    await client.ehlo(helo);
    assert.equal((await client.mail("a@example.net")).code, 451);
    client.destroy();
  } finally {
    await site.stop();
  }
});
