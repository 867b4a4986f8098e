// The domains of the messages in this folder, as zones of a real name server.
import { txtLine } from "../../dns/nsd.ts";
import { ed25519Key, rsaKey, type TestKey } from "../../auth/dkim/support.ts";

/** The key of selector `sel` of every domain. */
export const RSA: TestKey = rsaKey();
/** That of selector `ed`. */
export const ED25519: TestKey = ed25519Key();
/** That of selector `small`: RFC 8301 wants 1024 bits. */
export const SMALL: TestKey = rsaKey(768);

/** The addresses of clients. */
export const CLIENTS = {
  /** It may send for all domains but those of the attacker. */
  good: "127.0.0.2",
  /** It may send for the attacker's domain, the list's and the forwarder's. */
  stranger: "127.0.0.9",
} as const;
export type Client = keyof typeof CLIENTS;

const permit = (client: Client, rest: string) => `v=spf1 ip4:${CLIENTS[client]} ${rest}`;

interface Domain {
  readonly spf?: string;
  readonly dmarc?: readonly string[];
  readonly key?: boolean;
}

const DOMAINS: Readonly<Record<string, Domain>> = {
  "org-example.com": {
    spf: permit("good", "-all"),
    dmarc: ["v=DMARC1; p=reject; rua=mailto:d@org-example.com"],
  },
  "sub.org-example.com": { spf: permit("good", "-all") },
  "attacker-example.com": { spf: permit("stranger", "-all"), dmarc: ["v=DMARC1; p=none"] },
  "list-example.com": { spf: permit("stranger", "-all"), dmarc: ["v=DMARC1; p=reject"] },
  "forwarder-example.com": { spf: permit("stranger", "-all") },
  "strict-example.com": { spf: permit("good", "-all"), dmarc: ["v=DMARC1; p=reject; adkim=s; aspf=s"] },
  "sub.strict-example.com": { spf: permit("good", "-all") },
  "quarantine-example.com": { spf: permit("good", "-all"), dmarc: ["v=DMARC1; p=quarantine"] },
  "none-example.com": { spf: permit("good", "-all"), dmarc: ["v=DMARC1; p=none; sp=reject"] },
  "sub.none-example.com": {},
  "np-example.com": { spf: permit("good", "-all"), dmarc: ["v=DMARC1; p=none; np=reject"] },
  "testing-example.com": { spf: permit("good", "-all"), dmarc: ["v=DMARC1; p=reject; t=y"] },
  "two-example.com": { spf: permit("good", "-all"), dmarc: ["v=DMARC1; p=reject", "v=DMARC1; p=none"] },
  "nodmarc-example.com": { spf: permit("good", "-all") },
  "nospf-example.com": { dmarc: ["v=DMARC1; p=reject"] },
  "softfail-example.com": { spf: permit("good", "~all"), dmarc: ["v=DMARC1; p=reject"] },
  "wrongspf-example.com": { spf: "v=spf1 ip4:127.0.0.2 moo -all", dmarc: ["v=DMARC1; p=reject"] },
  "manymx-example.com": { spf: "v=spf1 mx:many-example.com -all", dmarc: ["v=DMARC1; p=reject"] },
  "voids-example.com": {
    spf: "v=spf1 a:v1-example.com a:v2-example.com a:v3-example.com -all",
    dmarc: ["v=DMARC1; p=reject"],
  },
  "beside-example.com": { spf: permit("good", "-all"), dmarc: ["some other text", "v=DMARC1; p=reject"] },
  "psd-example.com": { dmarc: ["v=DMARC1; p=reject; psd=y"] },
  "shop.psd-example.com": { spf: permit("good", "-all") },
  "other.psd-example.com": { spf: permit("good", "-all") },
  "xn--bcher-example-wob.com": { spf: permit("good", "-all"), dmarc: ["v=DMARC1; p=reject"] },
  "halfdown-example.com": { spf: permit("good", "-all") },
};

/** Broken zones: every question is a SERVFAIL. */
const DOWN = ["down-example.com", "_dmarc.halfdown-example.com", "down._domainkey.org-example.com"];

/** The zones by name; those that are broken are empty. */
export function zones(): Record<string, string> {
  let root = "$ORIGIN .\n$TTL 60\n. IN SOA ns. admin. 1 3600 600 86400 60\n. IN NS ns.\nns. IN A 127.0.0.1\n";
  for (const [name, { spf, dmarc = [] }] of Object.entries(DOMAINS)) {
    root += `${name}. IN A 192.0.2.1\n${name}. IN MX 10 ${name}.\n`;
    if (spf !== undefined) root += txtLine(`${name}.`, spf);
    for (const text of dmarc) root += txtLine(`_dmarc.${name}.`, text);
    root += txtLine(`sel._domainkey.${name}.`, RSA.record);
    root += txtLine(`ed._domainkey.${name}.`, ED25519.record);
    root += txtLine(`small._domainkey.${name}.`, SMALL.record);
    root += txtLine(`revoked._domainkey.${name}.`, "v=DKIM1; p=");
  }
  for (let i = 1; i <= 11; i++) {
    root += `many-example.com. IN MX ${i} m${i}-example.com.\nm${i}-example.com. IN A 198.51.100.${i}\n`;
  }
  return { ".": root, ...Object.fromEntries(DOWN.map((name) => [name, ""])) };
}
