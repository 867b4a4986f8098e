// Whose mail is signed, through real MTAs: users who logged in, programs of the machine, mail that comes back from a content
// filter; and strangers, whose is not. Runs once: only programs are driven here, which are the same whatever runtime
// drives them.
import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { latin1Bytes } from "../../../lib/message/text.ts";
import { type MailServer, newFolder, skipFor } from "../../support/instance.ts";
import { authPlain, type LoginService, startDovecotAuth, startSaslauthd } from "../../support/logins.ts";
import { type Postfix, postfixProblem, startPostfix } from "../../support/postfix.ts";
import { at } from "../../support/present.ts";
import { sendmailProblem, startSendmail } from "../../support/sendmail.ts";
import { AS_DELIVERED, connected, deliveredTo, SigningSite } from "./site.ts";
import { signaturesOf, verifiersProblem } from "./verifiers.ts";

/** The listeners: for strangers and logins, for this machine, and for logins that must fit From. */
const TABLES = [[], ['sign-client = ["127.0.0.1"]'], ['match-sender = "login"']];

interface World {
  readonly site: SigningSite;
  readonly mta: MailServer & { readonly wayPorts: readonly number[] };
  /** Where clients may log in. */
  readonly loginPort: number;
  stop(): Promise<void>;
}

const message = (from: string) =>
  `From: ${from}\r\nTo: b@example.com\r\nSubject: hello\r\nDate: Mon, 6 Oct 2025 10:00:00 +0000\r\nMessage-ID: <1@x>\r\n\r\nhi\r\n`;

async function worldOf(
  start: (site: SigningSite, folder: string) => Promise<[World["mta"], number, LoginService]>,
): Promise<World> {
  const folder = newFolder("milterkit-logins-");
  const site = await SigningSite.start(TABLES);
  const [mta, loginPort, service] = await start(site, folder);
  return {
    site,
    mta,
    loginPort,
    async stop() {
      await mta.stop();
      await service.stop();
      await site.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Every listener is a way in. */
const waysTo = (site: SigningSite) => site.addresses.map((address) => [address]);

const postfixWorld = () =>
  worldOf(async (site, folder) => {
    const path = join(folder, "auth");
    const service = await startDovecotAuth(path);
    const mta = await startPostfix({
      milters: [at(site.addresses, 0)],
      nonSmtpdMilters: [at(site.addresses, 1)],
      ways: waysTo(site),
      dovecotAuth: path,
    });
    return [mta, mta.port, service];
  });

const sendmailWorld = () =>
  worldOf(async (site, folder) => {
    const path = join(folder, "mux");
    const service = await startSaslauthd(path);
    const mta = await startSendmail({
      milters: [at(site.addresses, 0)],
      ways: waysTo(site),
      saslauthd: path,
      mc: AS_DELIVERED,
    });
    return [mta, mta.loginPort, service];
  });

let serial = 0;

/** Sends a message, and returns what was delivered and what the log says. */
async function sent(
  { site, mta }: World,
  port: number,
  text: string,
  { login, from = "ann@example.test", client = "127.0.0.1" }: {
    login?: string;
    from?: string;
    client?: string;
  } = {},
): Promise<{ delivered: string; remark: string }> {
  const recipient = `s${++serial}@example.com`;
  const connection = await connected(port, client);
  try {
    if (login !== undefined) {
      const reply = await connection.command(authPlain(login));
      assert.equal(reply.code, 235, reply.lines.join("\n"));
    }
    const reply = await connection.message(from, [recipient], latin1Bytes(text));
    assert.equal(reply.code, 250, reply.lines.join("\n"));
    return { delivered: await deliveredTo(mta.nextHop, recipient), remark: await site.remarkFor(recipient) };
  } finally {
    connection.destroy();
  }
}

const MTAS: [name: string, problem: string | undefined, start: () => Promise<World>][] = [
  ["Postfix", await postfixProblem(), postfixWorld],
  ["Sendmail", await sendmailProblem(), sendmailWorld],
];

for (const [name, problem, start] of MTAS) {
  const options = { skip: skipFor(problem ?? verifiersProblem()), timeout: 120_000 };
  let started: Promise<World> | undefined;
  const world = () => started ??= start();
  after(async () => await (await started)?.stop());

  test(`${name}: users who logged in are signed for`, options, async () => {
    const { site, loginPort } = await world();
    const { delivered, remark } = await sent(await world(), loginPort, message("Ann <ann@example.test>"), {
      login: "ann@example.test",
      client: "127.0.0.9",
    });
    await site.assertSigned(delivered, remark);
  });

  test(`${name}: clients of --sign-client are signed for`, options, async () => {
    const { site, mta } = await world();
    const { delivered, remark } = await sent(await world(), at(mta.wayPorts, 1), message("ann@example.test"));
    await site.assertSigned(delivered, remark);
  });

  test(`${name}: mail of strangers is never signed, whatever its From says`, options, async () => {
    const { mta } = await world();
    const says = /^not signed: client 127\.0\.0\.[19] did not log in(, and --sign-client do not name it)?$/;
    for (
      const [way, client] of [[0, "127.0.0.1"], [0, "127.0.0.9"], [1, "127.0.0.9"], [2, "127.0.0.9"]] as const
    ) {
      for (const from of ["ceo@example.test", "Ann <ann@example.test>"]) {
        const { delivered, remark } = await sent(await world(), at(mta.wayPorts, way), message(from), {
          client,
        });
        assert.deepEqual(signaturesOf(delivered), []);
        assert.match(remark, says);
      }
    }
  });

  test(
    `${name}: what comes back from a content filter is not signed twice, and verifies`,
    options,
    async () => {
      const { site, mta, loginPort } = await world();
      const first = await sent(await world(), loginPort, message("ann@example.test"), {
        login: "ann@example.test",
      });
      await site.assertSigned(first.delivered, "before the content filter");
      const back = await sent(await world(), at(mta.wayPorts, 1), first.delivered);
      await site.assertSigned(back.delivered, "behind the content filter");
      assert.match(
        back.remark,
        /^not signed: it has a signature of d=example\.test s=\w+, d=example\.test s=\w+ already$/,
      );
      const foreign = await sent(await world(), at(mta.wayPorts, 0), message("ceo@example.test"), {
        client: "127.0.0.9",
      });
      const returned = await sent(await world(), at(mta.wayPorts, 0), foreign.delivered);
      assert.deepEqual(signaturesOf(returned.delivered), []);
    },
  );

  if (name === "Postfix") {
    test("Postfix: with --match-sender, a login signs for its own domain alone", options, async () => {
      const { site, mta } = await world();
      const port = at(mta.wayPorts, 2);
      const own = await sent(await world(), port, message("ann@example.test"), { login: "joe@example.test" });
      await site.assertSigned(own.delivered, own.remark);
      const other = await sent(await world(), port, message("ann@example.test"), {
        login: "joe@other.example",
      });
      assert.deepEqual(signaturesOf(other.delivered), []);
      assert.equal(other.remark, "not signed: login joe@other.example, but From is of example.test");
    });

    test("Postfix: what sendmail(1) submits is signed, with what Postfix adds to it", options, async () => {
      const { site, mta } = await world();
      const recipient = "local@example.com";
      const text = "From: Ann <ann@example.test>\nTo: b@example.com\nSubject: hello\n\nhi\n";
      await (mta as Postfix).sendmail(["-f", "ann@example.test", recipient], text);
      const delivered = await deliveredTo(mta.nextHop, recipient);
      await site.assertSigned(delivered, "sendmail(1)");
      assert.match(delivered, /h=From:[^;]*Date:/i);
    });
  }
}
