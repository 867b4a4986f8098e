/**
 * Records of DMARC, and its results for any From and any records.
 *
 * @module
 */
import { formatAuthResults } from "../../../lib/auth/authentication_results.ts";
import { dmarcAuthResult } from "../../../lib/auth/dmarc/auth_result.ts";
import { dmarcAuthors, evaluateDmarc } from "../../../lib/auth/dmarc/evaluation.ts";
import { parseDmarcRecord } from "../../../lib/auth/dmarc/record.ts";
import type { TxtAnswer, TxtResolver } from "../../../lib/dns/resolver.ts";
import { latin1Bytes, latin1Text } from "../../../lib/message/text.ts";
import { Choices } from "../engine/choices.ts";
import { hold, same, type Target } from "../engine/target.ts";

const TAGS = [
  ...[
    "p=none",
    "p=quarantine",
    "P = REJECT",
    "p=",
    "p=rejct",
    "sp=none",
    "sp=reject",
    "sp=x",
    "np=reject",
    "np=",
  ],
  ...["adkim=s", "aspf=S", "adkim=x", "t=y", "t=n", "psd=y", "psd=n", "psd=u", "fo=1:d:s", "fo=0:1", "fo="],
  ...["rua=mailto:a@example.org!10m", "rua=bogus", "ruf=mailto:b@example.org,https://example.org/"],
  ...["pct=0", "v=DMARC1", "x", "", " ", "=", "p=\xe9"],
];
const FROM = [
  ...[
    "a@org.example",
    "b@mail.org.example",
    "<c@x.y.org.example>",
    "d@psd.example",
    "e@com",
    "f@none.example",
  ],
  ...[
    '"a@bank.example"',
    "(a@bank.example)",
    "Joe",
    ", ",
    ";",
    "<",
    ">",
    '"',
    "(",
    ")",
    "\\",
    "\0",
    "@",
    ".",
  ],
];
const DOMAINS = [
  ...["org.example", "mail.org.example", "ORG.example.", "other.org.example", "example", "psd.example"],
  ...["", "..", "evil.example", "x".repeat(300)],
];
const RESULTS = ["pass", "fail", "temperror", "none"] as const;
const FAILURES = ["timeout", "servfail", "nxdomain", "nodata"] as const;

export const dmarc: Target = {
  name: "dmarc",
  promise: "a record is read as by a slow reader, and a pass is aligned with every author",
  cases: 3000,
  words: [...TAGS, ...FROM, ";", "; ", "v=DMARC1; "],
  seeds: () => [
    latin1Bytes("v=DMARC1; p=reject; sp=none; rua=mailto:a@example.org,mailto:b@example.net!1g; fo=1"),
    latin1Bytes(' "Joe" <a@org.example>, b@mail.org.example'),
  ],
  make(random) {
    let text = random.below(4) ? `v=DMARC1${random.pick([";", "; ", " ;\t", ""])}` : " ";
    const parts = text === " " ? FROM : TAGS;
    for (let i = random.below(8); i > 0; i--) text += random.pick(parts) + random.pick(["; ", ";", " ", ""]);
    return latin1Bytes(text);
  },
  async check(bytes) {
    checkRecord(latin1Text(bytes));
    await checkResult(bytes);
  },
};

function checkRecord(text: string): void {
  const record = parseDmarcRecord(text);
  if (record.kind === "foreign") {
    hold(!/^[ \t\r\n]*[vV][ \t\r\n]*=[ \t\r\n]*DMARC1[ \t\r\n]*(;|$)/.test(text), "v= is found");
    return;
  }
  const value = (name: string, valid: RegExp) => slowValue(text, name, valid);
  const policy = /^(none|quarantine|reject)$/i;
  const names = ["p", "sp", "np"] as const;
  const policies = names.map((name) => value(name, policy));
  const isGood = policies[0]?.valid === true && policies.every((one) => one?.valid !== false);
  const psd = value("psd", /^[ynu]$/i);
  same(record.psd, psd?.valid ? psd.text : "u", "psd= is its tag's");
  if (record.kind === "unusable") {
    hold(!isGood, "a record with good policies is usable");
    return;
  }
  hold(isGood || record.rua.length > 0, "a record without a good policy is for reports");
  const expected = isGood ? policies.map((one) => one?.text) : ["none", undefined, undefined];
  same([record.p, record.sp, record.np], expected, "policies are those of the tags");
  const adkim = value("adkim", /^[rs]$/i);
  same(record.adkim, adkim?.valid ? adkim.text : "r", "adkim= is its tag's");
  same(record.testing, value("t", /^y$/i)?.valid === true, "t= is its tag's");
  hold(record.fo.length > 0 && new Set(record.fo).size === record.fo.length, "fo= has no option twice");
  for (const uri of [...record.rua, ...record.ruf]) {
    hold(/^[!-~]+$/.test(uri) && !/[,!;]/.test(uri), "a URI is plain text", () => uri);
    hold(
      /^(?!mailto:|https?:)|^mailto:[^?]+@[^?]|^https?:\/\/./i.test(uri),
      "a URI has whom to send to",
      () => uri,
    );
  }
}

/** The value of a tag after the first one, in lower case; not valid if the tag has several. */
function slowValue(text: string, name: string, valid: RegExp): { text: string; valid: boolean } | undefined {
  const pattern = new RegExp(`(?<=;)[ \\t\\r\\n]*${name}[ \\t\\r\\n]*=([^;]*)`, "gi");
  const values = [...text.matchAll(pattern)].map((match) =>
    (match[1] ?? "").replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, "")
  );
  const [first] = values;
  if (first === undefined) return undefined;
  return {
    text: first.toLowerCase(),
    valid: valid.test(first) && values.every((one) => one.toLowerCase() === first.toLowerCase()),
  };
}

async function checkResult(bytes: Uint8Array): Promise<void> {
  const choices = new Choices(bytes);
  const record = latin1Text(bytes);
  const authors = dmarcAuthors([bytes, bytes].slice(0, choices.byte() % 8 === 7 ? 2 : 1));
  const asked: string[] = [];
  const resolver: TxtResolver = {
    resolveTxt(name): Promise<TxtAnswer> {
      asked.push(name);
      const status = choices.of(["found", "found", ...FAILURES] as const);
      if (status === "nxdomain" || status === "nodata") return Promise.resolve({ status, ttl: 1 });
      if (status !== "found") return Promise.resolve({ status, reason: "chosen" });
      const tags = Array.from({ length: choices.byte() % 4 }, () => choices.of(TAGS)).join("; ");
      const records = choices.of([[record], [`v=DMARC1; ${tags}`], ["x", `v=DMARC1; p=reject; ${tags}`]]);
      return Promise.resolve({ status, records, ttl: 1 });
    },
    close() {},
  };
  const dkim = Array.from({ length: choices.byte() % 3 }, () => ({
    status: choices.of(RESULTS),
    domain: choices.of(DOMAINS),
  }));
  const spf = { result: choices.of(RESULTS), domain: choices.of(DOMAINS) };
  const result = await evaluateDmarc(authors, { spf, dkim }, { resolver });
  hold(/^[ -~]+$/.test(result.reason), "a reason is plain text", () => result.reason);
  for (const line of result.trace) hold(/^[ -~]+$/.test(line), "a trace is plain text", () => line);
  same(
    "problem" in authors || authors.domains.length > 3,
    result.result === "permerror",
    "an unknown author is an error",
  );
  same(asked.length, new Set(asked).size, "nothing is asked twice");
  hold(asked.length <= 3 * (8 + 1) + 3 * 8, "questions are few", () => `${asked.length}`);
  for (const one of result.authors) {
    hold(one.queries.length <= 8, "a walk has at most 8 questions");
    hold(
      one.result === "fail" || one.result === "pass" || one.policy === undefined,
      "without a result there is no policy",
    );
    same(
      one.result === "pass",
      one.aligned.spf || one.aligned.dkim,
      "a pass is aligned, and nothing else is",
    );
    if (one.result === "pass" || one.result === "fail") {
      hold(one.record !== undefined, "a result has a record");
    }
    for (const { state, result: given } of one.identifiers) {
      hold(state !== "aligned" || given === "pass", "what is aligned did pass");
    }
  }
  if (result.result === "pass") {
    hold(result.authors.every((one) => one.result === "pass"), "a pass is one of all authors");
  }
  const written = formatAuthResults("mx.example", [dmarcAuthResult(result)]);
  hold(
    /^mx\.example;\n\tdmarc=[a-z]+( [ -~]*)?(\n\t[ -~]*)*$/.test(written),
    "it is lines of plain text",
    () => written,
  );
}
