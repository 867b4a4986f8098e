// Zones with SPF records, and clients, as chance has it: mostly right records, with the mistakes that people make.
import type { SpfQuery } from "../../../lib/auth/spf/check_spf.ts";
import type { Random } from "../../support/random.ts";
import type { Zone } from "./support.ts";

const DOMAINS = ["example.org", "a.example.org", "b.example", "c.example", "d.example"];
const HOSTS = ["h1.example.org", "h2.example.org", "h3.example", "h4.example", "no.example"];
const V4 = ["192.0.2.1", "192.0.2.2", "192.0.2.77", "203.0.113.5"];
const V6 = ["2001:db8::1", "2001:db8::2", "2001:db8:1::1"];

/** A case: what there is in DNS, and who sends. */
export interface RandomCase {
  readonly zone: Zone;
  readonly query: SpfQuery;
}

type Records = Record<string, Record<string, string | (string | string[])[]>>;

/** A case of its own. */
export function randomCase(random: Random): RandomCase {
  const zone: Records = {};
  const some = <T>(list: readonly T[], most: number) => list.filter(() => random.below(list.length) < most);
  for (const host of HOSTS.slice(0, 4)) {
    const v4 = some(V4, 2);
    const v6 = some(V6, 1);
    zone[host] = { ...(v4.length > 0 ? { A: v4 } : {}), ...(v6.length > 0 ? { AAAA: v6 } : {}) };
    if (random.below(25) === 0) zone[host] = { "*": random.pick(["TIMEOUT", "SERVFAIL"]) };
  }
  for (const domain of DOMAINS) {
    if (random.below(8) === 0) continue;
    const txt = [strings(random, record(random))];
    if (random.below(25) === 0) txt.push(["v=spf1 -all"]);
    if (random.below(4) === 0) txt.push(["something else"]);
    zone[domain] = { TXT: txt };
    if (random.below(2)) zone[domain].A = [random.pick(V4)];
    if (random.below(2)) zone[domain].MX = some(HOSTS, 3).map((host, i) => [String(i), host]);
    if (random.below(30) === 0) {
      zone[domain].MX = Array.from(
        { length: 9 + random.below(4) },
        (_, i) => [String(i), random.pick(HOSTS)],
      );
    }
    if (random.below(30) === 0) zone[domain].TXT = random.pick(["TIMEOUT", "SERVFAIL"]);
  }
  zone["exp.example"] = { TXT: [[explanation(random)]] };
  for (const name of ["1.2.0.192.in-addr.arpa", "2.2.0.192.in-addr.arpa"]) {
    zone[name] = { PTR: some(HOSTS, 2) };
    if (random.below(15) === 0) zone[name] = { "*": "TIMEOUT" };
  }
  zone["1.2.0.192.in-addr.x.example"] = { A: ["127.0.0.2"] };
  zone["joe.x.example"] = { A: ["127.0.0.2"] };
  const query = {
    client: random.pick([...V4, ...V6, "198.51.100.9"]),
    helo: random.pick(["h1.example.org", "h3.example", "localhost"]),
    mailFrom: random.below(8) ? `${random.pick(["joe", "joe+x", "a.b-c"])}@${random.pick(DOMAINS)}` : "",
  };
  return { zone: zone as Zone, query };
}

function strings(random: Random, text: string): string[] {
  if (random.below(4)) return [text];
  const at = random.below(text.length);
  return [text.slice(0, at), text.slice(at)];
}

function record(random: Random): string {
  const terms = Array.from(
    { length: random.below(5) },
    () => random.pick(["", "", "", "-", "~", "?", "+"]) + term(random),
  );
  if (random.below(8) === 0) terms.push(random.pick(MISTAKES));
  if (random.below(3)) terms.push(random.pick(["-all", "~all", "?all", "-all"]));
  else if (random.below(2)) terms.push(`redirect=${random.pick(DOMAINS)}`);
  if (random.below(3) === 0) terms.push(random.pick(["exp=exp.example", "exp=no.example", "x=%{s}", "x-y="]));
  const text = `${random.below(15) ? "v=spf1" : "V=SPF1"} ${terms.join(random.below(10) ? " " : "  ")}`;
  if (random.below(10)) return text;
  // One character wrong.
  const at = 7 + random.below(Math.max(1, text.length - 7));
  return text.slice(0, at) + random.pick([" ", ":", "/", "%", "=", ".", "a", "0", "\t"]) +
    text.slice(at + random.below(2));
}

function term(random: Random): string {
  const domain = random.pick([...DOMAINS, ...HOSTS, "%{d}", "%{o}", "%{d2}"]);
  const prefix = random.pick(["", "", "/24", "//64", "/24//48", "/32", "/0"]);
  switch (random.below(11)) {
    case 0:
      return `a${prefix}`;
    case 1:
      return `a:${domain}${prefix}`;
    case 2:
      return `mx${prefix}`;
    case 3:
      return `mx:${domain}${prefix}`;
    case 4:
    case 5:
      return `include:${random.pick(DOMAINS)}`;
    case 6:
      return random.pick(["ptr", `ptr:${random.pick(["example.org", "example", "h3.example"])}`]);
    case 7:
      return `ip4:${random.pick(V4)}${random.pick(["", "/24", "/31", "/0"])}`;
    case 8:
      return `ip6:${random.pick(V6)}${random.pick(["", "/64", "/32"])}`;
    case 9:
      return `exists:${
        random.pick(["%{ir}.%{v}.x.example", "%{l}.x.example", "%{l1r+}.x.example", "%{h}", "%{p}"])
      }`;
    default:
      return `a:${random.pick(["%{h}", "%{h2}", "%{p}", "%{d1r}.example.org", "%{L-}.example"])}`;
  }
}

const MISTAKES = [
  "ip4:192.0.2.1/33",
  "ip4:192.0.2",
  "ip4:192.0.2.1/024",
  "ip6:2001:db8::/129",
  "ipv4:192.0.2.1",
  "a:",
  "a/33",
  "a//129",
  "mx:localhost",
  "include",
  "include:",
  "all:x.org",
  "all=x",
  "exists",
  "ptr/24",
  "a:x..example",
  "a:%{q}.example",
  "a:100%.example",
  "redirect=",
  "exp=",
  "redirect=a.example redirect=b.example",
  "+",
  "ip4=192.0.2.1",
  "a:1.2.3.4",
  "a:x.example.",
  "a:x_y.example",
  "moo",
  "a:x.e_e",
  "a:-x.example",
  // Those that others take are more frequent.
  ...["a:%{d0}.example", "exists:%{ir.x.example", "x=%{", "mx/x.example", "a:b.example\tmx"],
  ...["a:%{d0}.example", "exists:%{ir.x.example", "x=%{", "mx/x.example", "a:b.example\tmx"],
];

function explanation(random: Random): string {
  return random.pick([
    "%{i} is not of %{d}",
    "%{s} %{l} %{o} %{h} %{v}",
    "see http://x.example/?s=%{S}&i=%{I}",
    "%{p} says no",
    "%{x}",
    "100%",
    "100%% %_ %-",
  ]);
}
