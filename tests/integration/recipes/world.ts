/** Who sends mail to the recipes' sites, and what the DNS says of them. */
import { dkimKeyRecord } from "../../../lib/auth/dkim/dns_record.ts";
import { parseDkimPrivateKey } from "../../../lib/auth/dkim/private_key.ts";
import {
  bytes,
  formatMessage,
  type Message,
  rsaKey,
  signMessage,
  type TestKey,
} from "../../auth/dkim/support.ts";
import { txtLine } from "../../dns/nsd.ts";

/** A host that sends mail, as its server's logs would name it. */
export interface Host {
  readonly address: string;
  readonly name: string;
}

/** The hosts; the addresses are for documentation (RFC 5737), and Postfix takes them from XCLIENT. */
export const HOSTS = {
  /** The server of example.com, an honest domain with SPF, DKIM and `p=reject`. */
  partner: { address: "203.0.113.5", name: "mail.example.com" },
  /** The server of the mailing lists of lists.example.net. */
  lists: { address: "203.0.113.25", name: "lists.example.net" },
  /** A server with everything in order for its own domain, spam.example, from which nothing good comes. */
  spammer: { address: "198.51.100.99", name: "mx.spam.example" },
  /** A computer at somebody's home, without a name. */
  stranger: { address: "198.51.100.66", name: "[UNAVAILABLE]" },
  /** The mail server inside, behind an MX. */
  inside: { address: "192.0.2.20", name: "mail.example.org" },
  /** A machine in the office network of a site. */
  office: { address: "192.0.2.10", name: "scanner.example.org" },
} as const satisfies Record<string, Host>;

/** The key of example.com and lists.example.net. */
const PARTNER_KEY: TestKey = rsaKey(1024);

/** A record as `NAME TYPE VALUE`. */
export type DnsRecord = readonly [name: string, type: "TXT" | "A" | "PTR", value: string];

/**
 * What the DNS has.
 *
 * @param keys the PEM files of the site's own keys by `DOMAIN/SELECTOR`
 */
export function records(keys: ReadonlyMap<string, string>): DnsRecord[] {
  const own = [...keys].map(([name, pem]): DnsRecord => {
    const [domain = "", selector = ""] = name.split("/");
    return [`${selector}._domainkey.${domain}`, "TXT", dkimKeyRecord(parseDkimPrivateKey(pem))];
  });
  const named = Object.values(HOSTS).filter(({ name }) => !name.startsWith("["));
  const hosts = named.flatMap(({ address, name }): DnsRecord[] => [
    [name, "A", address],
    [`${address.split(".").reverse().join(".")}.in-addr.arpa`, "PTR", `${name}.`],
  ]);
  const sites = ["example.org", "shop.example", "club.example", "lists.example.org"];
  return [
    ...own,
    ...hosts,
    ...sites.flatMap((domain): DnsRecord[] => [
      [domain, "TXT", "v=spf1 ip4:192.0.2.1 -all"],
      [`_dmarc.${domain}`, "TXT", "v=DMARC1; p=none"],
    ]),
    ["example.com", "TXT", `v=spf1 ip4:${HOSTS.partner.address} -all`],
    ["_dmarc.example.com", "TXT", "v=DMARC1; p=reject"],
    ["sel._domainkey.example.com", "TXT", PARTNER_KEY.record],
    ["lists.example.net", "TXT", `v=spf1 ip4:${HOSTS.lists.address} -all`],
    ["_dmarc.lists.example.net", "TXT", "v=DMARC1; p=none"],
    ["sel._domainkey.lists.example.net", "TXT", PARTNER_KEY.record],
    ["spam.example", "TXT", `v=spf1 ip4:${HOSTS.spammer.address} -all`],
  ];
}

/** The zone with these records, for a name server. */
export function rootZone(all: readonly DnsRecord[]): Record<string, string> {
  const lines = all.map(([name, type, value]) =>
    type === "TXT" ? txtLine(`${name}.`, value) : `${name}. IN ${type} ${value}\n`
  );
  const head =
    "$ORIGIN .\n$TTL 60\n. IN SOA ns. admin. 1 3600 600 86400 60\n. IN NS ns.\nns. IN A 127.0.0.1\n";
  return { ".": head + lines.join("") };
}

/** What a message has that differs from one test to the next. */
export interface Mail {
  readonly from: string;
  readonly subject?: string;
  /** Fields above the others. */
  readonly fields?: readonly (readonly [name: string, value: string])[];
  readonly body?: string;
  /** Signs it for this domain, example.com or lists.example.net. */
  readonly signedBy?: string;
}

/** The bytes of a message. */
export function messageOf(
  { from, subject = "Hello", fields = [], body = "A line.\r\n", signedBy }: Mail,
): Uint8Array {
  const message: Message = {
    headers: [
      ...fields.map(([name, value]): [string, string] => [name, ` ${value}`]),
      ["From", ` ${from}`],
      ["To", " somebody@example.org"],
      ["Subject", ` ${subject}`],
      ["Date", " Mon, 30 Nov 2026 10:00:00 +0000"],
      ["Message-ID", " <1@example.com>"],
    ],
    body,
  };
  const tags = { d: signedBy, s: "sel" };
  return bytes(formatMessage(
    signedBy === undefined ? message : signMessage(message, { key: PARTNER_KEY, tags }),
  ));
}

/** What a message with a program has. */
export const PROGRAM: Pick<Mail, "fields" | "body"> = {
  fields: [["MIME-Version", "1.0"], ["Content-Type", "multipart/mixed; boundary=b"]],
  body: [
    "--b",
    "Content-Type: text/plain",
    "",
    "See the invoice.",
    "--b",
    'Content-Type: application/octet-stream; name="invoice.exe"',
    'Content-Disposition: attachment; filename="invoice.exe"',
    "Content-Transfer-Encoding: base64",
    "",
    "TVqQAAMAAAAEAAAA",
    "--b--",
    "",
  ].join("\r\n"),
};
