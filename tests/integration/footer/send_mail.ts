/** Mail through an MTA with a footer: what is delivered, and what programs of others say of its signatures. */
import assert from "node:assert/strict";
import { dkimKeyRecord } from "../../../lib/auth/dkim/dns_record.ts";
import { parseDkimPrivateKey } from "../../../lib/auth/dkim/private_key.ts";
import { latin1Bytes, latin1Text } from "../../../lib/message/text.ts";
import { parseMime } from "../../../lib/mime/parse_mime.ts";
import { KeysFolder, newPem } from "../../dkim_sign/key_files.ts";
import { Seals } from "../../mime/edit/seals.ts";
import type { MailServer } from "../../support/instance.ts";
import { Milterkit } from "../../support/milterkit.ts";
import { connected, deliveredTo } from "../dkim_sign/site.ts";
import { Verifiers } from "../dkim_sign/verifiers.ts";

const FOOTER = "Größe AG, Amtsgericht Köln, HRB 12345";
const FROM = "ann@example.test";

/** Keys, the executable with `footer` and `dkim-sign`, and who verifies. */
export class FooterSite {
  readonly milterkit: Milterkit;
  readonly #keys: KeysFolder;
  readonly #verifiers: Verifiers;
  readonly #seals: Seals;

  private constructor(milterkit: Milterkit, keys: KeysFolder, verifiers: Verifiers, seals: Seals) {
    this.milterkit = milterkit;
    this.#keys = keys;
    this.#verifiers = verifiers;
    this.#seals = seals;
  }

  /** Starts one. */
  static async start(): Promise<FooterSite> {
    const keys = new KeysFolder();
    const pem = newPem("rsa");
    keys.write("example.test/rsa.pem", pem);
    const record = dkimKeyRecord(parseDkimPrivateKey(pem));
    const milterkit = await Milterkit.start([
      ...["serve", "--listen", "inet:0@127.0.0.1", "--log-format", "json"],
      ...["--filter", "footer", "--text", FOOTER, "--only-client", "127.0.0.0/8"],
      ...["--filter", "dkim-sign", "--keys", keys.path, "--sign-client", "127.0.0.0/8"],
    ]);
    const verifiers = new Verifiers({ "rsa._domainkey.example.test": record });
    return new FooterSite(milterkit, keys, verifiers, await Seals.make());
  }

  /** Sends mail of several kinds, and checks what is delivered. */
  async check(mta: MailServer): Promise<void> {
    const plain = await this.#sent(
      mta,
      "plain",
      latin1Bytes(`From: ${FROM}\r\nSubject: plain\r\n\r\nHello\r\n`),
    );
    const { root } = await parseMime(plain);
    assert.equal(await root.text(), `Hello\n\n${FOOTER}\n`);
    assert.equal(root.headers.text("MIME-Version"), "1.0");

    const latin =
      `Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: 8bit\r\n\r\ncaf\xe9 \r\n`;
    const eight = await this.#sent(
      mta,
      "eight",
      latin1Bytes(`From: ${FROM}\r\nMIME-Version: 1.0\r\n${latin}`),
    );
    assert.equal(await (await parseMime(eight)).root.text(), `café \n\n${FOOTER}\n`);

    const sealed = await this.#sent(mta, "sealed", this.#seals.message(`From: ${FROM}`, "Subject: sealed"));
    const message = await parseMime(sealed);
    assert.equal(await message.root.children.at(-1)!.text(), `Bye\n\n${FOOTER}`);
    await this.#seals.check(message.root);

    const signed = await this.#sent(
      mta,
      "signed",
      latin1Bytes(`From: ${FROM}\r\nSubject: signed\r\n${this.#seals.smimeSigned}`),
    );
    await this.#seals.checkSmime((await parseMime(signed)).root);
    assert.ok(!latin1Text(signed).includes("HRB"));

    const quote = "> Hello\r\n>\r\n> Gr=C3=B6=C3=9Fe AG,\r\n> Amtsgericht K=C3=B6ln, HRB=\r\n 12345\r\n";
    const encoded =
      "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n";
    const reply = `From: ${FROM}\r\nMIME-Version: 1.0\r\n${encoded}Thanks\r\n\r\n${quote}`;
    assert.ok(latin1Text(await this.#sent(mta, "reply", latin1Bytes(reply))).endsWith(quote));

    const again = await this.#sent(mta, "again", plain);
    assert.equal(await (await parseMime(again)).root.text(), `Hello\n\n${FOOTER}\n`);

    assert.deepEqual(this.#remarks, [
      "footer added to text/plain",
      "footer added to text/plain",
      "footer added to text/plain",
      "no footer: it is signed, and the signature would no longer hold",
      "no footer: the message has it already",
      "no footer: the message carries DKIM-Signature",
    ]);
  }

  readonly #remarks: string[] = [];

  /** Sends a message, and returns what arrives, whose signature by us holds. */
  async #sent(mta: MailServer, name: string, message: Uint8Array): Promise<Uint8Array> {
    const recipient = `${name}@example.com`;
    const client = await connected(mta.port);
    try {
      const { code, text } = await client.message(FROM, [recipient], message);
      assert.equal(code, 250, text);
    } finally {
      await client.quit();
    }
    const delivered = await deliveredTo(mta.nextHop, recipient);
    const [record] = await this.milterkit.waitForRecords((each) =>
      each.type === "message" && (each.recipients as string[]).includes(recipient)
    );
    const notes = (record?.notes ?? []) as { readonly filter: string; readonly remark?: string }[];
    this.#remarks.push(
      ...notes.filter(({ filter }) => filter === "footer").flatMap(({ remark }) => remark ?? []),
    );
    await this.#verifiers.check(delivered, name);
    return latin1Bytes(delivered);
  }

  async stop(): Promise<void> {
    this.#verifiers.stop();
    await this.milterkit.stop();
    await this.#seals.remove();
    this.#keys[Symbol.dispose]();
  }
}
