// What an administrator finds with a queue id of Postfix's log in ours: everything about the message.
// Runs once: only programs are driven here, which are the same whatever runtime drives them.
import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, test } from "node:test";
import { skipFor } from "../support/instance.ts";
import { Milterkit } from "../support/milterkit.ts";
import { freePorts } from "../support/ports.ts";
import { postfixProblem, startPostfix } from "../support/postfix.ts";
import { present } from "../support/present.ts";
import { plainLogin, SaslServer, saslSettings } from "../support/sasl_server.ts";
import { SmtpClient } from "../support/smtp_client.ts";
import { makeCertificates, opensslProblem } from "../store/certificates.ts";
import { withFiles } from "./user_filter/support.ts";

const skip = skipFor(await postfixProblem()) ?? skipFor(opensslProblem());

/** Logs at every event, fails for some senders, and is late for others. */
const TALKER = `
export default {
  name: "talker",
  verdicts: ["data", "eom"],
  create: (_options, { counter }) => ({
    messageState: () => ({ sender: "" }),
    mail({ address }, { log, messageState }) {
      messageState.sender = address;
      log.info("heard of the sender");
    },
    rcpt: (_recipient, { log }) => log.info("heard of a recipient"),
    data({ messageState: { sender }, log }) {
      if (sender.startsWith("throws")) throw new Error("broken at data");
      if (!sender.startsWith("late")) return;
      return new Promise((resolve) => setTimeout(() => {
        log.warning("late, but here");
        resolve();
      }, 1500));
    },
    eom(_message, { label, log, messageState: { sender } }) {
      label("talked about");
      label("short");
      log.info("heard of the end");
      if (sender.startsWith("fails")) throw new Error("broken at eom");
    },
    abort: ({ log }) => log.info("given up"),
  }),
};
`;

/** Sends a message, and returns the queue id that Postfix says. */
async function send(client: SmtpClient, from: string, to = ["bob@example.net"]): Promise<string> {
  const message = `Message-ID: <${from}.1@pc.example>\nSubject: hi\n\nbody\n`;
  const reply = await client.message(from, to, message);
  const [, id] = /queued as (\w+)/.exec(reply.text) ?? [];
  return present(id, `a queue id in ${reply.code} ${reply.text}`);
}

describe("the queue id of Postfix's log", () => {
  test(
    "finds every line about a message",
    { skip, timeout: 120_000 },
    () =>
      withFiles({ "talker.mjs": TALKER }, async (folder) => {
        await using ends = new AsyncDisposableStack();
        const certificates = await makeCertificates();
        ends.defer(() => certificates.remove());
        const sasl = await SaslServer.start();
        ends.defer(() => sasl.stop());
        const [mail, nobody] = await freePorts(2);
        const milterkit = await Milterkit.start([
          ...["serve", "--listen", `inet:${mail}@127.0.0.1`, "--callback-timeout", "1s"],
          ...["--state", `redis://127.0.0.1:${nobody}`],
          ...["--filter", join(folder, "talker.mjs"), "--on-error", "accept"],
          ...[
            "--filter",
            "rate-limit",
            "--by",
            "sender",
            "--count",
            "recipients",
            "--limit",
            "1/1d",
            "--action",
            "mark",
          ],
          ...["--notify-command", "/bin/false"],
          ...["--filter", "size-limit", "--max", "1MB"],
        ]);
        ends.defer(async () => void await milterkit.stop());
        const postfix = await startPostfix({
          milters: [milterkit.address],
          mainCf: {
            ...saslSettings(sasl.port),
            smtpd_tls_wrappermode: "yes",
            smtpd_tls_security_level: "encrypt",
            smtpd_tls_cert_file: certificates.cert,
            smtpd_tls_key_file: certificates.key,
          },
        });
        ends.defer(() => postfix.stop());
        const client = await SmtpClient.connect(postfix.port, { tls: true });
        await client.ehlo("pc.example");
        assert.equal((await client.command(`AUTH PLAIN ${plainLogin("ann")}`)).code, 235);

        /** Sends a message and waits until there are these lines with its queue id. */
        const finds = async (from: string, wanted: readonly RegExp[], to?: string[]) => {
          const id = await send(client, from, to);
          for (const line of wanted) {
            await milterkit.waitForLine((each) => each.includes(id) && line.test(each), `${line} of ${from}`);
          }
          return { id, lines: milterkit.lines.filter((line) => line.includes(id)) };
        };

        const { id, lines } = await finds("ann@example.org", [
          / filter talker: heard of a recipient$/,
          / filter talker: heard of the end$/,
          / filter rate-limit: over the limit 1\/1d key=ann@example\.org client=127\.0\.0\.1 login=ann$/,
          / filter rate-limit: a notice failed: \/bin\/false exited with 1 key=ann@example\.org queueId=/,
          /: accept; /,
        ], ["bob@example.net", "eve@example.net"]);
        const own = present(lines.find((line) => line.includes(": accept; ")), "the line of the message");
        assert.match(own, / client=127\.0\.0\.1 helo=pc\.example login=ann tls=TLSv1\.[23]:\S+ /);
        assert.match(
          own,
          / message-id=<ann@example\.org\.1@pc\.example> size=\d{2,} labels=over-limit,"talked about",short; /,
        );
        assert.match(own, /; rate-limit: counted in memory: the state does not answer; /);
        // Postfix has no queue id before the first recipient: the message's line leads there.
        const [, connection] = /; earlier lines: (connection \d+); /.exec(own) ?? [];
        const early = milterkit.lines.filter((line) => line.includes(` ${connection}: `));
        assert.ok(
          early.some((line) => line.endsWith(": filter talker: heard of the sender")),
          milterkit.log(),
        );
        assert.match(await postfix.logs(), new RegExp(`\\b${id}: `));

        await finds("throws@example.org", [
          / filter talker failed at data \(accept\): broken at data/,
          / talker: given up$/,
        ]);
        await finds("fails@example.org", [/ filter talker failed at eom \(accept\): broken at eom/]);
        const late = await send(client, "late@example.org");
        await send(client, "next@example.org");
        for (
          const line of [
            / filter talker failed at data \(accept\): No answer within 1000 ms/,
            / talker: late, but here$/,
          ]
        ) {
          await milterkit.waitForLine((each) => each.includes(`${late}: `) && line.test(each), String(line));
        }
        await client.quit();
      }),
  );
});
