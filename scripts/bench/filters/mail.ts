/**
 * The messages that filters are sent, and what the DNS says of their sender.
 *
 * The load generator plays a client at 192.0.2.1 that sends from example.net to an MTA called mx.example.com.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { formatMessage, type Message, type TestKey } from "../../../tests/auth/dkim/support.ts";
import { txtLine } from "../../../tests/dns/nsd.ts";
import { signedMessage, unsignedMessage } from "../dkim_filters.ts";
import type { Workload } from "../workloads.ts";

/** The domain of the sender. */
export const DOMAIN = "example.net";
/** The id of results, which is the MTA's name. */
export const AUTHSERV_ID = "mx.example.com";

/** The kinds of messages; those with bytes come from a file, the others from the load generator. */
export const MAIL = {
  small: { title: "10 header fields, 4 KB", load: ["-H", "10", "-b", "4096"] },
  headers: { title: "60 header fields, 4 KB", load: ["-H", "60", "-b", "4096"] },
  "unsigned-10k": { title: "10 KB", bytes: 10_000 },
  "unsigned-1m": { title: "1 MB", bytes: 1_000_000 },
  "signed-10k": { title: "10 KB, signed", bytes: 10_000 },
  "signed-1m": { title: "1 MB, signed", bytes: 1_000_000 },
  // What opendmarc gets from the milters before it.
  "checked-10k": { title: "10 KB, with results of SPF and DKIM", bytes: 10_000 },
  "parts-10k": { title: "10 KB, with an attachment", bytes: 10_000 },
  "parts-1m": { title: "1 MB, with an attachment", bytes: 1_000_000 },
} as const satisfies Record<
  string,
  { readonly title: string; readonly load?: readonly string[]; readonly bytes?: number }
>;

/** The name of a kind of messages. */
export type MailName = keyof typeof MAIL;

/**
 * The load of such messages.
 *
 * @param folder where {@link writeMail} wrote them
 */
export function mailLoad(name: MailName, folder: string): Workload {
  const mail = MAIL[name];
  const content = "load" in mail ? mail.load : ["-F", fileOf(name, folder)];
  return { name, title: mail.title, load: ["-c", "16", "-m", "10", ...content], variant: {} };
}

/** Writes the messages that come from files. */
export function writeMail(folder: string, key: TestKey): void {
  for (const [name, mail] of Object.entries(MAIL) as [MailName, (typeof MAIL)[MailName]][]) {
    if (!("bytes" in mail)) continue;
    writeFileSync(fileOf(name, folder), formatMessage(messageOf(name, mail.bytes, key)), "latin1");
  }
}

function fileOf(name: MailName, folder: string): string {
  return join(folder, `${name}.eml`);
}

function messageOf(name: MailName, bytes: number, key: TestKey): Message {
  const [kind] = name.split("-");
  if (kind === "unsigned") return unsignedMessage(DOMAIN, bytes);
  if (kind === "parts") return messageWithAttachment(bytes);
  const signed = signedMessage(key, DOMAIN, DOMAIN, bytes);
  if (kind === "signed") return signed;
  const results = (text: string): [string, string] => ["Authentication-Results", ` ${AUTHSERV_ID}; ${text}`];
  const dkim = results(`dkim=pass (2048-bit key) header.d=${DOMAIN} header.i=@${DOMAIN}`);
  return {
    ...signed,
    headers: [dkim, results(`spf=pass smtp.mailfrom=sender@${DOMAIN}`), ...signed.headers],
  };
}

/** A text, and a picture in base64 that takes most of the message. */
function messageWithAttachment(size: number): Message {
  const line = "The quick brown fox jumps over the lazy dog, then rests a while.\r\n";
  const picture = Buffer.alloc(
    Math.floor(size * 0.8 * 3 / 4 * 76 / 78),
    "\xff\xd8\xff\xe0 some image",
    "latin1",
  );
  const encoded = picture.toString("base64").replace(/.{76}/g, "$&\r\n");
  const headers = unsignedMessage(DOMAIN, 0).headers.filter(([name]) => name !== "Content-Type");
  return {
    headers: [...headers, ["Content-Type", ' multipart/mixed; boundary="----=_next"']],
    body: [
      "------=_next",
      "Content-Type: text/plain; charset=utf-8",
      "",
      line.repeat(Math.ceil(size * 0.2 / line.length)),
      "------=_next",
      "Content-Type: image/jpeg",
      "Content-Transfer-Encoding: base64",
      'Content-Disposition: attachment; filename="holiday.jpg"',
      "",
      encoded,
      "------=_next--",
      "",
    ].join("\r\n"),
  };
}

/** The zone of the root, in which all mail passes SPF, DKIM, DMARC and iprev. */
export function rootZone(key: TestKey): string {
  return [
    "$ORIGIN .\n$TTL 86400\n. IN SOA ns. admin. 1 3600 600 86400 60\n. IN NS ns.\nns. IN A 127.0.0.1\n",
    txtLine(`${DOMAIN}.`, "v=spf1 ip4:192.0.2.0/24 -all"),
    txtLine(`sel._domainkey.${DOMAIN}.`, key.record),
    txtLine(`_dmarc.${DOMAIN}.`, "v=DMARC1; p=reject"),
    `1.2.0.192.in-addr.arpa. IN PTR client.${DOMAIN}.\nclient.${DOMAIN}. IN A 192.0.2.1\n`,
  ].join("");
}
