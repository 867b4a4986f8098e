/**
 * SPF records, macro strings and whole checks.
 *
 * @module
 */
import { checkSpf } from "../../../lib/auth/spf/check_spf.ts";
import { MacroExpander, parseMacroString } from "../../../lib/auth/spf/macro_string.ts";
import { isSpfRecord, parseSpfRecord } from "../../../lib/auth/spf/record.ts";
import { parseIp } from "../../../lib/dns/ip_address.ts";
import type { DnsAnswer, DnsFailure, MxRecord, Resolver } from "../../../lib/dns/resolver.ts";
import { latin1Bytes, latin1Text } from "../../../lib/message/text.ts";
import type { Random } from "../../support/random.ts";
import { hold, same, type Target } from "../engine/target.ts";

const TERMS = [
  "a",
  "mx",
  "ptr",
  "a:%{d}/24//64",
  "-mx:b.example/0",
  "~include:c.example",
  "?exists:%{ir}.%{v}._spf.%{d2}",
  "exists:%{L1r+-}.%{o}",
  "ip4:192.0.2.0/24",
  "-ip6:2001:db8::/32",
  "redirect=%{d}",
  "redirect=x.example.",
  "exp=%{p}.e.example",
  "unknown=%{s}%%%_%-",
  "ptr:%{h}",
  "include:%{p3}.example",
  "-all",
  "-all",
  "all",
  "x=%{h}",
];
const RESULTS = ["pass", "fail", "softfail", "neutral", "none", "temperror", "permerror"];
/** The first record; ten mx with ten hosts each; the client's names; the explanation (RFC 7208 section 4.6.4). */
const MAX_QUESTIONS = 1 + 10 * 11 + (1 + 10) + 1;

export const spf: Target = {
  name: "spf",
  promise:
    "a record is read as its grammar says, macros expand as by a slow expander, and a check ends within its limits",
  cases: 2500,
  words: [...TERMS, "v=spf1 ", "%{", "}", "%", "\n", " ", ":", "/", "//", "="],
  seeds:
    () => [latin1Bytes(["192.0.2.1", "h.example", "a@b.example", `v=spf1 ${TERMS.join(" ")}`].join("\n"))],
  make: (random) => {
    const client = random.pick(["192.0.2.1", "2001:db8::1", "::ffff:192.0.2.1", "x"]);
    const records = Array.from({ length: 1 + random.below(4) }, () => record(random));
    const helo = random.pick(["h.example", "h\xe9\x01", "x"]);
    return latin1Bytes([client, helo, "a+b@b.example", ...records].join("\n"));
  },
  async check(bytes) {
    const [client = "", helo = "", mailFrom = "", ...records] = latin1Text(bytes).split("\n");
    for (const text of records) {
      checkRecord(text);
      checkMacros(text, { s: mailFrom.slice(0, 400), d: helo.slice(0, 400), l: client.slice(0, 400) });
    }
    const options = { resolver: world(records), deadline: 60_000 };
    const result = await checkSpf({ client, helo, mailFrom }, options);
    hold(RESULTS.includes(result.result), "the result is one of seven", () => result.result);
    const { terms, questions } = result.lookups;
    hold(terms <= 10 && result.lookups.void <= 3, "a check keeps to its limits");
    hold(questions <= MAX_QUESTIONS, "a check asks no more than it may", () => String(questions));
    for (const text of [result.reason, result.mechanism ?? "", result.explanation ?? ""]) {
      hold(/^[ -~]{0,1000}$/.test(text), "texts are printable and short", () => text);
    }
  },
};

function record(random: Random): string {
  return `v=spf1 ${Array.from({ length: random.below(8) }, () => random.pick(TERMS)).join(" ")}`;
}

/** RFC 7208 section 12, put together. */
const MACRO = "%(?:\\{[slodiphvSLODIPHV](?:0*[1-9][0-9]*)?[rR]?[-.+,/_=]*\\}|[%_-])";
const MACRO_STRING = `(?:${MACRO}|[!-$&-~])*`;
const TOP_LABEL = "(?:[A-Za-z0-9]*[A-Za-z][A-Za-z0-9]*|[A-Za-z0-9]+-[A-Za-z0-9-]*[A-Za-z0-9])";
const DOMAIN_SPEC = `${MACRO_STRING}(?:\\.${TOP_LABEL}\\.?|${MACRO})`;
const IP4_CIDR = "(?:/(?:[0-9]|[12][0-9]|3[0-2]))";
const IP6_CIDR = "(?:/(?:[0-9]|[1-9][0-9]|1[01][0-9]|12[0-8]))";
const DUAL_CIDR = `${IP4_CIDR}?(?:/${IP6_CIDR})?`;
const TERM = new RegExp(
  `^(?:[-+?~]?(?:all|include:${DOMAIN_SPEC}|(?:a|mx)(?::${DOMAIN_SPEC})?${DUAL_CIDR}|ptr(?::${DOMAIN_SPEC})?|` +
    `ip4:(?<ip4>[0-9.]+)${IP4_CIDR}?|ip6:(?<ip6>[0-9a-f:.]+)${IP6_CIDR}?|exists:${DOMAIN_SPEC})|` +
    `(?<known>redirect|exp)=${DOMAIN_SPEC}|(?!(?:redirect|exp)=)[a-z][a-z0-9._-]*=${MACRO_STRING})$`,
  "i",
);

function checkRecord(text: string): void {
  if (!isSpfRecord(text) || text.length > 2000) return;
  const parsed = parseSpfRecord(text);
  const seen = new Set<string>();
  const isValid = text.slice(6).split(" ").every((term) => {
    if (term === "") return true;
    const { ip4, ip6, known } = TERM.exec(term)?.groups ?? {};
    if (!TERM.test(term)) return false;
    if (ip4 !== undefined && (ip4.includes(":") || parseIp(ip4) === undefined)) return false;
    if (ip6 !== undefined && (!ip6.includes(":") || parseIp(ip6) === undefined)) return false;
    const name = known?.toLowerCase();
    if (name !== undefined && seen.has(name)) return false;
    if (name !== undefined) seen.add(name);
    return true;
  });
  same(!("problem" in parsed), isValid, "a record is right if its grammar says so, and only then");
  if ("problem" in parsed) hold(/^[!-~]{0,200}$/.test(parsed.term), "a wrong term is shown in ASCII");
}

/** Expands every macro to its full length first, and cuts then. */
function checkMacros(text: string, values: Readonly<Record<string, string>>): void {
  const parsed = parseMacroString(text, true);
  if (parsed === undefined || text.length > 2000) return;
  const valueOf = (letter: string) => values[letter] ?? `<${letter}>`;
  const whole = text.replace(
    /%(?:\{([a-z])([0-9]*)(r?)([^}]*)\}|(.))/gi,
    (_, letter: string | undefined, digits: string, reverse: string, delimiters: string, escape: string) => {
      if (letter === undefined) return { "%": "%", "_": " ", "-": "%20" }[escape] ?? "";
      const set = delimiters || ".";
      let parts = [...valueOf(letter.toLowerCase())].reduce(
        (all, char) => set.includes(char) ? [...all, ""] : [...all.slice(0, -1), all.at(-1) + char],
        [""],
      );
      if (reverse) parts = parts.reverse();
      if (digits) parts = parts.slice(Math.max(0, parts.length - Number(digits)));
      const joined = parts.join(".");
      if (letter === letter.toLowerCase()) return joined;
      return joined.replace(
        /[^\w.~-]/g,
        (char) => `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`,
      );
    },
  );
  let name = whole.replace(/\.$/, "");
  while (name.length > 253) name = name.includes(".") ? name.replace(/^[^.]*\./, "") : "";
  same(new MacroExpander(valueOf).name(parsed), name, "a name is cut as from its full length");
  same(new MacroExpander(valueOf).text(parsed, 300), whole.slice(0, 300), "a text is cut at its end");
}

/** A world where every name has something, which follows from the name and from the length of the records. */
function world(records: readonly string[]): Resolver {
  const outage: DnsFailure = { status: "servfail", reason: "of the world" };
  const salt = records.join().length;
  const answer = <R>(name: string, make: (hash: number) => R[]): Promise<DnsAnswer<R>> => {
    let hash = salt;
    for (const char of name) hash = (hash * 31 + char.charCodeAt(0)) % 65_521;
    if (hash % 17 === 0) return Promise.resolve(outage);
    if (hash % 5 === 0) return Promise.resolve({ status: hash % 2 ? "nxdomain" : "nodata", ttl: 1 });
    return Promise.resolve({ status: "found", records: make(hash), ttl: 1 });
  };
  const names = (hash: number) => Array.from({ length: hash % 60 }, (_, i) => `n${i}.example`);
  return {
    resolveTxt: (name) => answer(name, (hash) => [records[hash % records.length] ?? ""]),
    resolveA: (name) => answer(name, (hash) => [hash % 2 ? "192.0.2.1" : "203.0.113.1"]),
    resolveAaaa: (name) => answer(name, (hash) => [hash % 2 ? "2001:db8::1" : "2001:db9::1"]),
    resolveMx: (name) =>
      answer(name, (hash): MxRecord[] => names(hash).map((exchange) => ({ preference: 1, exchange }))),
    resolvePtr: (name) => answer(name, names),
    close() {},
  };
}
