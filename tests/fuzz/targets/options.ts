/**
 * Options as they are written on a command line.
 *
 * @module
 */
import { isIP } from "node:net";
import { HelpShown, UsageError } from "../../../cli/terminal/arguments.ts";
import { makeFilter } from "../../../cli/config/filter_arguments.ts";
import { Expression } from "../../../lib/expressions/expression.ts";
import { type Network, OptionError, type OptionSpec, parseOption } from "../../../lib/options/options.ts";
import { latin1Bytes, utf8Text } from "../../../lib/message/text.ts";
import { attempt, attemptLater, hold, same, type Target } from "../engine/target.ts";
import { at } from "../../support/present.ts";

const option = { name: "x", description: "of a test" } as const;
const SPECS: readonly OptionSpec[] = [
  { ...option, kind: "string" },
  { ...option, kind: "integer", min: 2, max: 1000 },
  { ...option, kind: "size", min: 1 },
  { ...option, kind: "duration", max: 3_600_000 },
  { ...option, kind: "enum", choices: ["one", "two"] },
  { ...option, kind: "regexp" },
  { ...option, kind: "network" },
  { ...option, kind: "file" },
];
const TEXTS = [
  "25MB",
  "64KiB",
  "1.5h",
  "500ms",
  "1000",
  "one",
  "/a|b/i",
  "10.0.0.0/8",
  "2001:db8::/32",
  "::ffff:10.0.0.1/100",
];
const LINES: readonly string[] = [
  "size-limit\0--max\x0025MB",
  "size-limit\0--max=25MB\0--dry-run\0--on-error\0accept",
  "header-rewrite\0--add\0X-A: {i}\0--if-client\x0010.0.0.0/8\0--remove\0X-*",
  "dkim-check\0--on-dns-error\0tempfail\0--not-client\x00192.0.2.0/24",
  "milter\0--address\0inet:8891@localhost\0--only-recipient\0.example.org\0--share\x0010%",
];
const FILTERS = ["size-limit", "header-rewrite", "dkim-check", "milter"];

export const options: Target = {
  name: "options",
  promise: "a text is refused in one line, or is a value within its bounds",
  cases: 700,
  words: [...TEXTS, "--", "=", "\0", "--max", "--add", "-", "0x", "e9", "Infinity", "::", "/33"],
  seeds: () => LINES.map((line) => latin1Bytes(`\xff${line}`)),
  make: (random) =>
    random.below(4) === 0
      ? latin1Bytes(`\xff${random.pick(LINES)}`)
      : latin1Bytes(String.fromCharCode(random.below(SPECS.length)) + random.pick(TEXTS)),
  check(bytes) {
    const text = utf8Text(bytes.subarray(1));
    if (bytes[0] === 0xff) return checkLine(text.split("\0"));
    const spec = at(SPECS, (bytes[0] ?? 0) % SPECS.length);
    const parsed = attempt(
      () => parseOption(spec, text),
      (error) => error instanceof OptionError && error.value === text,
    );
    if ("value" in parsed) checkValue(spec, text, parsed.value);
  },
};

/** Most arguments: a command line is its owner's, and its parser takes its time for many. */
const MOST_ARGUMENTS = 200;

/** A filter's part of a command line. */
async function checkLine([name = "", ...args]: readonly string[]): Promise<void> {
  if (args.length > MOST_ARGUMENTS) return;
  // Help is printed at once, and files are no part of a case.
  if (args.some((arg) => /^(--help|-h)|^--(rules|keys|records)/.test(arg))) return;
  const filter = FILTERS.includes(name) ? name : at(FILTERS, 0);
  await attemptLater(
    () => makeFilter(filter, args),
    (error) => error instanceof UsageError || error instanceof HelpShown,
  );
}

function checkValue(
  { kind, min = 0, max = Number.MAX_SAFE_INTEGER, choices }: OptionSpec,
  text: string,
  value: unknown,
): void {
  switch (kind) {
    case "integer":
    case "size":
    case "duration":
      hold(
        Number.isSafeInteger(value) && value as number >= min && value as number <= max,
        "a number is in its bounds",
        () => String(value),
      );
      if (kind === "integer") same(value, Number(text), "a number is the one that is written");
      break;
    case "enum":
      hold(choices!.includes(value as string), "a choice is one of them");
      break;
    case "network":
      checkNetwork(text, value as Network);
      break;
    case "regexp":
      hold(value instanceof Expression, "an expression is one");
      break;
    default:
      same(value, text, "a text stays as it is");
  }
}

/** Whether a network holds an address is worked out bit by bit. */
function checkNetwork(text: string, network: Network): void {
  const [address = "", prefix] = text.split("/");
  // An IPv4 address written as an IPv6 one is either, and runtimes differ in which.
  if (address.includes("%") || /^[0:]*:ffff:/i.test(address)) return;
  const wide = isIP(address) === 6 ? 128 : 32;
  const length = prefix === undefined ? wide : Number(prefix);
  for (const other of ["10.0.0.1", "10.255.0.0", "192.0.2.1", "2001:db8::1", "2001:db9::", address]) {
    const bits = bitsOf(other);
    const wanted = bits.length === wide && bits.slice(0, length) === bitsOf(address).slice(0, length);
    same(network.has(other), wanted, "a network holds the addresses that begin as it does");
  }
  same(network.has("x"), false, "what is no address is in no network");
}

function bitsOf(address: string): string {
  if (isIP(address) === 4) {
    return address.split(".").map((part) => Number(part).toString(2).padStart(8, "0")).join("");
  }
  // An IPv4 address may stand at the end.
  const ipv6 = address.replace(
    /(\d+)\.(\d+)\.(\d+)\.(\d+)$/,
    (_, a, b, c, d) =>
      `${(Number(a) * 256 + Number(b)).toString(16)}:${(Number(c) * 256 + Number(d)).toString(16)}`,
  );
  const [head = [], tail] = ipv6.split("::").map((part) => part === "" ? [] : part.split(":"));
  const zeros = tail === undefined ? [] : Array(8 - head.length - tail.length).fill("0");
  return [...head, ...zeros, ...tail ?? []].map((group) => parseInt(group, 16).toString(2).padStart(16, "0"))
    .join("");
}
