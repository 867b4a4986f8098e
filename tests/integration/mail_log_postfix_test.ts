// A queue id of Postfix finds a message of a client that logged in over TLS, with all that identifies it.
// Runs once: only programs are driven here, which are the same whatever runtime drives them.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { MessageDetail, MessagesAnswer } from "../../cli/observe/mail_log/routes.ts";
import { makeCertificates, opensslProblem } from "../store/certificates.ts";
import { fetchText } from "../support/http.ts";
import { skipFor } from "../support/instance.ts";
import { Milterkit } from "../support/milterkit.ts";
import { freePorts } from "../support/ports.ts";
import { postfixProblem, startPostfix } from "../support/postfix.ts";
import { captured, present } from "../support/present.ts";
import { plainLogin, SaslServer, saslSettings } from "../support/sasl_server.ts";
import { SmtpClient } from "../support/smtp_client.ts";

const skip = skipFor(await postfixProblem()) ?? skipFor(opensslProblem());

describe("behind Postfix", () => {
  test(
    "a message is found by queue id, Message-ID, login, addresses and filter",
    { skip, timeout: 120_000 },
    async () => {
      await using ends = new AsyncDisposableStack();
      const certificates = await makeCertificates();
      ends.defer(() => certificates.remove());
      const sasl = await SaslServer.start();
      ends.defer(() => sasl.stop());
      const [mail, http] = await freePorts(2);
      const milterkit = await Milterkit.start([
        ...["serve", "--listen", `inet:${mail}@127.0.0.1`, "--metrics", String(http)],
        ...["--filter", "size-limit", "--max", "10KB"],
        ...["--filter", "header-rewrite", "--add", "X-Checked: yes"],
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
      const text = (body: string) => `Message-ID: <${body.length}@pc.example>\nSubject: hi\n\n${body}\n`;
      const reply = await client.message(
        "ann@example.org",
        ["bob@example.net", "eve@example.net"],
        text("short"),
      );
      const queueId = captured(reply.text, /queued as (\w+)/);
      const refused = await client.message("ann@example.org", ["bob@example.net"], text("long".repeat(3000)));
      assert.equal(refused.code, 552);
      await client.quit();

      const ask = async <T>(path: string): Promise<T> =>
        JSON.parse((await fetchText(`http://127.0.0.1:${http}/${path}`)).text);
      const { message } = await ask<MessageDetail>(`message.json?id=${queueId}`);
      const { tls, size, filters, at, id, milliseconds, ...rest } = message;
      assert.match(present(tls, "TLS"), /^TLSv1\.[23] \S+$/);
      assert.deepEqual([typeof milliseconds, Number.isNaN(Date.parse(at))], ["number", false]);
      assert.ok(size! > 40, `${size} bytes`);
      assert.deepEqual(rest, {
        of: "message",
        outcome: "accept",
        queueId,
        messageId: "5@pc.example",
        client: "127.0.0.1",
        helo: "pc.example",
        login: "ann",
        listener: `inet:${mail}@127.0.0.1`,
        sender: "ann@example.org",
        recipients: ["bob@example.net", "eve@example.net"],
        moreRecipients: 0,
        refused: [],
        moreRefused: 0,
        event: "eom",
        labels: [],
        results: [],
        lines: [],
      });
      assert.deepEqual(filters.map(({ name, changes }) => [name, changes]), [
        ["size-limit", []],
        ["header-rewrite", ["add X-Checked"]],
      ]);
      for (
        const query of [
          `id=${queueId}`,
          "id=<5@pc.example>",
          "login=ann&outcome=accept",
          "to=eve@example.net",
          "filter=header-rewrite",
          "client=127.0.0.0/8&from=ann&q=x-checked",
        ]
      ) {
        const { found } = await ask<MessagesAnswer>(`messages.json?${query}`);
        assert.deepEqual(found.map((entry) => entry.id), [id], query);
      }
      const { found } = await ask<MessagesAnswer>("messages.json?outcome=refused");
      assert.deepEqual(found.map(({ filter, login }) => [filter, login]), [["size-limit", "ann"]]);
    },
  );
});
