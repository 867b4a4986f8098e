// Conditions on logins behind a Postfix that sends other macros than by default.
// Runs once: only programs are driven here, which are the same whatever runtime drives them.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { skipFor } from "../support/instance.ts";
import { Milterkit } from "../support/milterkit.ts";
import { postfixProblem, startPostfix } from "../support/postfix.ts";
import { plainLogin, SaslServer, saslSettings } from "../support/sasl_server.ts";
import { SmtpClient } from "../support/smtp_client.ts";

describe(
  "conditions behind a Postfix whose milter_mail_macros lacks what they read",
  { skip: skipFor(await postfixProblem()), timeout: 120_000 },
  () => {
    it("know who logged in, and other macros", async () => {
      const sasl = await SaslServer.start();
      const milterkit = await Milterkit.start([
        ...["serve", "--listen", "inet:0@127.0.0.1", "--filter", "rules"],
        ...["--rule", "forged", "--not-authenticated", "--reject", "550 5.7.1 Not logged in"],
        ...["--rule", "ann", "--only-login", "ann", "--only-macro", "client_port=/^\\d+$/"],
        ...["--reject", "550 5.7.1 Known"],
      ]);
      const postfix = await startPostfix({
        milters: [milterkit.address],
        mainCf: { ...saslSettings(sasl.port), milter_mail_macros: "i {mail_addr}" },
      });
      try {
        const repliesTo = async (login: string | undefined) => {
          const client = await SmtpClient.connect(postfix.port);
          await client.ehlo();
          if (login !== undefined) await client.command(`AUTH PLAIN ${plainLogin(login)}`);
          const { text } = await client.mail("ann@example.org");
          await client.quit();
          return text;
        };
        assert.match(await repliesTo(undefined), /Not logged in/);
        assert.match(await repliesTo("ann"), /Known/);
        assert.match(await repliesTo("bob"), /^Ok/i);
      } finally {
        await postfix.stop();
        await milterkit.stop();
        await sasl.stop();
      }
    });
  },
);
