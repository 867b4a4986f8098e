// Random DMARC records and messages. Each world has domains of its own, so that one name server holds many of them.
import type { Random } from "../../support/random.ts";
import { txtLine } from "../../dns/nsd.ts";
import type { DmarcMessage } from "../peer.ts";

/** A world, and a message in it. */
export interface MessageCase extends DmarcMessage {
  /** The registered domain: below a public suffix. */
  readonly organization: string;
  /** The texts at `_dmarc.` of each domain. */
  readonly records: Readonly<Record<string, readonly string[]>>;
  /** The domains that have mail servers. */
  readonly hosts: readonly string[];
}

const RECORDS_OF_TAGS = [
  "sp=none",
  "sp=quarantine",
  "sp=reject",
  "adkim=s",
  "aspf=s",
  "adkim=r",
  "x=y",
  "fo=1",
];
/** What RFC 9989 has and RFC 7489 has not. */
const NEW_TAGS = ["np=none", "np=reject", "np=quarantine", "t=y", "t=n", "psd=n", "psd=u"];

function record(random: Random): string {
  const mistake = random.below(40);
  if (mistake === 0) return "v=DMARC1; p=rejct; rua=mailto:a@example.org";
  if (mistake === 1) return "v=DMARC1; sp=reject";
  if (mistake === 2) return "v=dmarc1; p=reject";
  if (mistake === 3) return "p=reject; v=DMARC1";
  const tags = [`p=${random.pick(["none", "quarantine", "reject", "reject"])}`];
  for (let i = random.below(3); i > 0; i--) tags.push(random.pick(RECORDS_OF_TAGS));
  if (random.below(4) === 0) tags.push(random.pick(NEW_TAGS));
  return ["v=DMARC1", ...new Map(tags.map((tag) => [tag.split("=")[0], tag])).values()].join("; ");
}

/** A case of its own. */
export function messageCase(random: Random, number: number): MessageCase {
  const suffix = random.pick(["com", "com", "com", "co.uk"]);
  const organization = `d${number}.${suffix}`;
  const below = `mail.${organization}`;
  const deep = `a.${below}`;
  const stranger = `other${number}.${suffix}`;
  const records: Record<string, string[]> = {};
  const maybe = (domain: string, one: number) => {
    if (random.below(one) > 0) return;
    const texts = [record(random)];
    if (random.below(25) === 0) texts.push(record(random));
    if (random.below(8) === 0) texts.unshift("v=spf1 -all");
    records[domain] = [...new Set(texts)];
  };
  if (random.below(10) > 0) maybe(organization, 1);
  maybe(below, 5);
  maybe(deep, 6);
  maybe(stranger, 2);
  const author = random.pick([organization, organization, below, below, deep, `gone.${organization}`]);
  const pick = () =>
    random.below(3) > 0
      ? random.pick([author, organization, below, deep, `x.${author}`])
      : random.pick([stranger, `y.${stranger}`, `not${organization}`, suffix]);
  const result = () => random.pick(["pass", "pass", "fail"]);
  return {
    organization,
    records,
    hosts: [organization, below, deep, stranger],
    author,
    spf: random.below(4) > 0 ? { result: result(), domain: pick() } : null,
    dkim: Array.from({ length: random.below(3) }, () => ({ result: result(), domain: pick() })),
  };
}

/** The root zone of a name server for these worlds. */
export function rootZone(cases: readonly MessageCase[]): Record<string, string> {
  let root = "$ORIGIN .\n$TTL 60\n. IN SOA ns. admin. 1 3600 600 86400 60\n. IN NS ns.\nns. IN A 127.0.0.1\n";
  for (const { records, hosts } of cases) {
    for (const host of hosts) root += `${host}. IN A 192.0.2.1\n${host}. IN MX 10 ${host}.\n`;
    for (const [domain, texts] of Object.entries(records)) {
      for (const text of texts) root += txtLine(`_dmarc.${domain}.`, text);
    }
  }
  return { ".": root };
}
