/**
 * The filters that check mail, one alone and three in a chain, for any header, From, records and client.
 *
 * @module
 */
import { authenticate } from "../../../filters/authenticate/authenticate.ts";
import { dkimCheck } from "../../../filters/dkim_check/dkim_check.ts";
import { dmarcCheck } from "../../../filters/dmarc_check/dmarc_check.ts";
import { spfCheck } from "../../../filters/spf_check/spf_check.ts";
import { OwnResultsFinder } from "../../../lib/auth/authserv_id.ts";
import { parseAuthResults } from "../../../lib/auth/parse_auth_results.ts";
import { parseRecordsFile } from "../../../lib/dns/records_file.ts";
import type { Resolver } from "../../../lib/dns/resolver.ts";
import type { Filter } from "../../../lib/filter/filter.ts";
import { latin1Bytes, latin1Text } from "../../../lib/message/text.ts";
import { FIELD, filterOf, ID, send, type TestMail } from "../../authentication/support.ts";
import { Choices } from "../engine/choices.ts";
import { hold, same, type Target } from "../engine/target.ts";

const DOMAINS = [
  "org.example",
  "mail.org.example",
  "a.b.org.example",
  "evil.example",
  "example",
  "b\u00fccher.example",
];
const RECORDS = [
  ...[
    "v=spf1 -all",
    "v=spf1 +all",
    "v=spf1 ip4:192.0.2.1 ~all",
    "v=spf1 include:org.example ?all",
    "v=spf1 redirect=evil.example",
  ],
  ...["v=spf1 a mx ptr exists:%{i}.%{h} -all exp=%{d}", "v=spf1 junk", "v=SPF1", "100%% of %{s} %{c} %{r}"],
  ...[
    "v=DMARC1; p=reject",
    "v=DMARC1; p=quarantine; sp=none; aspf=s",
    "v=DMARC1; p=none; psd=y",
    "v=DMARC1",
    "v=DKIM1; p=",
  ],
];
const FROM = [
  "joe@",
  '"a@b" <joe@',
  "<",
  "(",
  ", ",
  ";",
  ":",
  "\\",
  '"',
  "@",
  "=?utf-8?q?a=40b?=",
  "\0",
  "\xff",
  ">",
  ")",
  "x",
];
const RESULTS = [
  ID,
  ID.toUpperCase(),
  `"${ID}"`,
  "other.example",
  "border.example",
  "; ",
  "dkim=pass",
  " header.d=",
  "(",
  ")",
  "=?",
  "\n\t",
  "dmarc=pass",
];
const CLIENTS = ["192.0.2.1", "::ffff:192.0.2.1", "2001:db8::1", "fe80::1%eth0", "", "unknown", "\xff"];
const OPTIONS = [
  ["on-dmarc-fail", "policy"],
  ["on-spf-fail", "reject"],
  ["on-spf-error", "reject"],
  ["on-dmarc-error", "tempfail"],
  ["received-spf", ""],
  ["trust-results", "border.example@192.0.2.0/24"],
  ["strip", "all"],
] as const;

export const authentication: Target = {
  name: "authentication",
  promise:
    "whatever comes, no filter fails, and a message that goes on has one field of ours with every method",
  cases: 1000,
  words: [...DOMAINS, ...RECORDS, ...FROM, ...RESULTS],
  make(random) {
    const length = 40 + random.below(120);
    return Uint8Array.from({ length }, () => random.below(256));
  },
  async check(bytes) {
    const choices = new Choices(bytes);
    const chosen = OPTIONS.filter(() => choices.byte() % 2 === 1);
    const has = (definition: { readonly options?: object | undefined }) =>
      chosen.filter(([name]) => Object.hasOwn(definition.options ?? {}, name));
    const resolver = resolverOf(choices);
    const alone = choices.byte() % 2 === 0;
    const definitions = alone ? [authenticate] : [spfCheck, dkimCheck, dmarcCheck];
    const filters: Filter[] = [];
    for (const definition of definitions) filters.push(await filterOf(definition, has(definition), resolver));
    const mail = mailOf(choices);
    const { verdict, failures, results, report, quarantine } = await send(filters, mail, {
      mta: choices.of(["postfix", "sendmail"]),
    });
    same(failures, [], "no filter fails");
    for (const text of [verdict, quarantine ?? ""]) {
      hold(/^[ -~]*$/.test(text) && text.length < 530, "an answer is one line of plain text", () => text);
    }
    if (verdict !== "continue") return;
    const finder = new OwnResultsFinder(ID);
    const ours = results.map(latin1Bytes).filter((value) => finder.isOurs(value));
    same(ours.length, 1, "there is one field of ours");
    const parsed = ours[0] && parseAuthResults(ours[0]);
    hold(parsed !== undefined, "it follows RFC 8601", () => latin1Text(ours[0] ?? new Uint8Array()));
    same(parsed.id, ID, "it has our id");
    const methods = new Set(parsed.results.map(({ method }) => method));
    for (const method of ["spf", "dkim", "dmarc"]) {
      hold(methods.has(method), "every method has a result", () => method);
    }
    for (const { remark = "" } of report?.notes ?? []) {
      hold(/^[ -~]*$/.test(remark), "a remark is plain text", () => remark);
    }
  },
};

function mailOf(choices: Choices): TestMail {
  const words = (list: readonly string[], most: number) =>
    Array.from({ length: choices.byte() % most }, () => choices.of(list)).join("");
  const header: [string, string][] = [["Subject", "x"]];
  for (let i = choices.byte() % 4; i > 0; i--) header.push([FIELD, words(RESULTS, 6)]);
  for (let i = choices.of([1, 1, 1, 0, 2]); i > 0; i--) {
    header.push([
      "From",
      choices.byte() % 2 ? `Joe <joe@${choices.of(DOMAINS)}>` : words([...FROM, ...DOMAINS], 8),
    ]);
  }
  if (choices.byte() % 4 === 0) {
    header.push(["DKIM-Signature", `v=1; a=rsa-sha256; d=${choices.of(DOMAINS)}; s=s; h=from; bh=x; b=x`]);
  }
  return {
    from: choices.of([
      "",
      "joe@org.example",
      `joe@${choices.of(DOMAINS)}`,
      words(["a", '"', "@", ".", "%{s}", "\xff"], 6),
    ]),
    helo: choices.of(["mail.org.example", "", "[192.0.2.1]", "x", "\xff..", "%{d}"]),
    client: choices.of(CLIENTS),
    header,
    to: ["a@x.example", "b@x.example"].slice(0, 1 + choices.byte() % 2),
  };
}

/** Answers that the case chooses, whatever is asked. */
function resolverOf(choices: Choices): Resolver {
  const seeds = Array.from({ length: 12 }, () => choices.byte());
  let count = 0;
  const answer = <T>(records: (seed: number) => readonly T[]) => () => {
    const seed = seeds[count++ % seeds.length] ?? 0;
    const status =
      (["found", "found", "found", "nxdomain", "nodata", "servfail", "timeout"] as const)[seed % 7] ??
        "found";
    if (status === "found") return Promise.resolve({ status, records: records(seed), ttl: 1 });
    if (status === "nxdomain" || status === "nodata") return Promise.resolve({ status, ttl: 1 });
    return Promise.resolve({ status, reason: "chosen" });
  };
  return Object.assign(parseRecordsFile(""), {
    resolveTxt: answer((
      seed,
    ) => [RECORDS[(seed >> 3) % RECORDS.length] ?? "", ...(seed > 250 ? ["v=DMARC1; p=none"] : [])]),
    resolveA: answer(() => ["192.0.2.1"]),
    resolveAaaa: answer(() => ["2001:db8::1"]),
    resolveMx: answer((seed) => [{ preference: 1, exchange: seed > 128 ? "mail.org.example" : "." }]),
    resolvePtr: answer((seed) => [seed > 128 ? "mail.org.example" : "\xff"]),
  }) as unknown as Resolver;
}
