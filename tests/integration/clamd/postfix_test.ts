// Mail through Postfix and the executable to a real clamd: found, stopped, killed, slow, gone in the middle, and back.
// Runs once: only programs are driven here, which are the same whatever runtime drives them.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type Clamd, clamdProblem, startClamd, TEST_SIGNATURE } from "../../support/clamd.ts";
import { skipFor } from "../../support/instance.ts";
import { Milterkit } from "../../support/milterkit.ts";
import { messageText } from "../../support/next_hop.ts";
import { type Postfix, postfixProblem, startPostfix } from "../../support/postfix.ts";
import { sleep } from "../../support/process.ts";
import { SmtpClient, type SmtpReply } from "../../support/smtp_client.ts";
import { CLEAN_MAIL, FOUND_IN } from "./mail.ts";
import { startSlowProxy } from "./slow_proxy.ts";

const skip = skipFor(clamdProblem() ?? await postfixProblem());
const FOUND = FOUND_IN["an attachment in base64"]!;
const LARGE = `Subject: large\r\n\r\n${`${"x".repeat(70)}\r\n`.repeat(40_000)}`;

let clamd: Clamd;
let second: Clamd;

before(async () => {
  if (!skip) [clamd, second] = await Promise.all([startClamd(), startClamd()]);
});

after(async () => {
  await clamd?.stop();
  await second?.stop();
});

/** A Postfix with the filter. */
interface Site {
  readonly milterkit: Milterkit;
  readonly postfix: Postfix;
  /** The reply to a message, and what arrived of it. */
  send(message: string): Promise<{ reply: SmtpReply; arrived: string | undefined }>;
  /** What the filter said of the last message. */
  remark(): Promise<string | undefined>;
}

let serial = 0;

async function withSite(options: readonly string[], use: (site: Site) => Promise<void>): Promise<void> {
  if (!clamd.running()) await clamd.restart();
  const milterkit = await Milterkit.start(
    ["serve", "--listen", "inet:0@127.0.0.1", "--log-format", "json", "--filter", "clamd", ...options],
  );
  const postfix = await startPostfix({ milters: [milterkit.address] });
  const client = await SmtpClient.connect(postfix.port);
  let recipient = "";
  try {
    await client.ehlo();
    await use({
      milterkit,
      postfix,
      async send(message) {
        recipient = `r${++serial}@example.test`;
        const reply = await client.message("a@example.org", [recipient], new TextEncoder().encode(message));
        if (reply.code !== 250) return { reply, arrived: undefined };
        const arrived = await postfix.nextHop.waitForMessage(({ rcpts }) =>
          rcpts.some((each) => each.includes(`<${recipient}>`))
        );
        return { reply, arrived: messageText(arrived) };
      },
      async remark() {
        const [record] = await milterkit.waitForRecords(({ recipients }) =>
          (recipients as string[] | undefined)?.[0] === recipient
        );
        const notes = record!.notes as { remark?: string }[] | undefined;
        return notes?.find(({ remark }) => remark !== undefined)?.remark;
      },
    });
  } finally {
    client.destroy();
    await postfix.stop();
    await milterkit.stop();
  }
}

const status = (arrived: string | undefined) => /^X-Virus-Status: (.*)\r$/m.exec(arrived ?? "")?.[1];

test(
  "mail with the pattern is rejected with its name, other mail arrives with the result",
  { skip },
  () =>
    withSite(["--server", clamd.address], async ({ send, remark }) => {
      const clean = await send(`X-Virus-Status: Clean (really)\r\n${CLEAN_MAIL}`);
      assert.equal(clean.arrived?.match(/^X-Virus-Status:/gm)?.length, 1);
      assert.equal(status(clean.arrived), "Clean");
      assert.equal(await remark(), "clean");
      for (const [where, message] of Object.entries(FOUND_IN)) {
        const { reply } = await send(message);
        assert.equal(reply.lines.join(), `550 5.7.1 Virus found: ${TEST_SIGNATURE}`, where);
      }
      assert.equal(await remark(), `virus found: ${TEST_SIGNATURE}`);
      assert.equal(status((await send(LARGE)).arrived), "Clean");
    }),
);

test(
  "mail with the pattern is held if that is wanted",
  { skip },
  () =>
    withSite(["--server", clamd.tcpAddress, "--on-virus", "quarantine"], async ({ milterkit, postfix }) => {
      const client = await SmtpClient.connect(postfix.port);
      await client.ehlo();
      const reply = await client.message(
        "a@example.org",
        ["b@example.test"],
        new TextEncoder().encode(FOUND),
      );
      client.destroy();
      assert.equal(reply.code, 250);
      await milterkit.waitForRecords(({ recipients }) => recipients !== undefined);
      assert.equal(postfix.held().length, 1);
    }),
);

const SHORT = ["--timeout", "2s", "--scan-timeout", "5s"];

test(
  "a clamd that is stopped lets nothing pass; when it goes on, so does mail",
  { skip, timeout: 120_000 },
  () =>
    withSite(["--server", clamd.address, ...SHORT], async ({ send, milterkit }) => {
      assert.equal(status((await send(CLEAN_MAIL)).arrived), "Clean");
      clamd.signal("SIGSTOP");
      try {
        for (let i = 0; i < 3; i++) assert.equal((await send(i === 1 ? LARGE : CLEAN_MAIL)).reply.code, 451);
      } finally {
        clamd.signal("SIGCONT");
      }
      // It is not asked for a while after it did not answer; and Postfix hangs up after many errors.
      for (;; await sleep(1000)) {
        const { reply, arrived } = await send(CLEAN_MAIL);
        if (reply.code === 451) continue;
        assert.equal(status(arrived), "Clean");
        break;
      }
      assert.equal((await send(FOUND)).reply.code, 550);
      await milterkit.waitForLine((line) => line.includes("scans again"));
    }),
);

test(
  "a clamd that is killed lets nothing pass; when it is back, so is mail",
  { skip, timeout: 120_000 },
  () =>
    withSite(["--server", clamd.address], async ({ send, milterkit }) => {
      assert.equal(status((await send(CLEAN_MAIL)).arrived), "Clean");
      await clamd.kill();
      for (let i = 0; i < 2; i++) assert.equal((await send(i === 1 ? LARGE : CLEAN_MAIL)).reply.code, 451);
      const errors = milterkit.records().filter(({ type }) => type === "filter-error");
      assert.match(
        String(errors[0]?.error ?? errors[0]?.message),
        /nobody listens there; check that clamd runs/,
      );
      await clamd.restart();
      assert.equal((await send(FOUND)).reply.code, 550);
      assert.equal(status((await send(LARGE)).arrived), "Clean");
    }),
);

test(
  "with --on-error accept, mail passes a clamd that is killed, and says so",
  { skip, timeout: 120_000 },
  () =>
    withSite(["--server", clamd.address, "--on-error", "accept"], async ({ send, remark }) => {
      await clamd.kill();
      const { arrived } = await send(`X-Virus-Status: Clean\r\n${FOUND}`);
      assert.equal(status(arrived), "Not Scanned (the scanner failed)");
      assert.match(String(await remark()), /^not scanned: /);
      await clamd.restart();
      assert.equal((await send(FOUND)).reply.code, 550);
    }),
);

test(
  "of two, the second one scans while the first one is stopped or killed",
  { skip, timeout: 120_000 },
  () =>
    withSite(
      ["--server", clamd.address, "--server", second.tcpAddress, ...SHORT],
      async ({ send }) => {
        clamd.signal("SIGSTOP");
        for (let i = 0; i < 3; i++) assert.equal(status((await send(CLEAN_MAIL)).arrived), "Clean");
        assert.equal((await send(FOUND)).reply.code, 550);
        clamd.signal("SIGCONT");
        await clamd.kill();
        assert.equal((await send(FOUND)).reply.code, 550);
        assert.equal(status((await send(LARGE)).arrived), "Clean");
        await clamd.restart();
      },
    ),
);

test("over a slow network, mail is scanned as well", { skip, timeout: 120_000 }, async () => {
  const proxy = await startSlowProxy(clamd.port);
  try {
    await withSite(["--server", proxy.address], async ({ send }) => {
      proxy.delay = 20;
      assert.equal(status((await send(LARGE)).arrived), "Clean");
      assert.equal((await send(FOUND)).reply.code, 550);
    });
  } finally {
    await proxy.stop();
  }
});

test("a connection that is cut in the middle lets nothing pass, and has the next server scan", {
  skip,
  timeout: 120_000,
}, async () => {
  const proxy = await startSlowProxy(clamd.port);
  try {
    const message = FOUND + `${"x".repeat(70)}\r\n`.repeat(3000);
    for (const cutAfter of [0, 12, 5000, 100_000]) {
      proxy.cutAfter = cutAfter;
      await withSite(["--server", proxy.address], async ({ send }) => {
        const { cuts } = proxy;
        assert.equal((await send(message)).reply.code, 451, String(cutAfter));
        assert.ok(proxy.cuts > cuts);
      });
    }
    await withSite(["--server", proxy.address, "--server", second.address], async ({ send }) => {
      for (const cutAfter of [0, 12, 5000, 100_000]) {
        proxy.cutAfter = cutAfter;
        assert.equal((await send(message)).reply.code, 550, String(cutAfter));
      }
    });
  } finally {
    await proxy.stop();
  }
});
