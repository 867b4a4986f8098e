/**
 * Addresses: where to listen, and whom mail is from and for.
 *
 * @module
 */
import { EnvelopeAddress } from "../../../lib/message/envelope.ts";
import { latin1Bytes, latin1Text, utf8Text } from "../../../lib/message/text.ts";
import { AddressError, formatAddress, MAX_UNIX_PATH, parseAddress } from "../../../lib/net/address.ts";
import { attempt, hold, same, type Target } from "../engine/target.ts";

const TEXTS = [
  "unix:/run/milterkit.sock",
  "local:/run/x",
  "inet:8891@localhost",
  "inet:localhost:8891",
  "inet6:8891@::1",
  "inet6:[::1]:8891",
  "fd:3",
  "parent:inet:8891@localhost",
  "/run/x",
  "<joe@example.org>",
  "<>",
  "<a@b>\0SIZE=1000\0BODY=8BITMIME",
];

export const addresses: Target = {
  name: "addresses",
  promise: "an address is refused in one line, or written again as one that reads as the same",
  cases: 8000,
  words: [...TEXTS, "@", ":", "[", "]", "\0", "=", "<", ">"],
  make: (random) => latin1Bytes(random.pick(TEXTS)),
  check(bytes) {
    checkMilter(utf8Text(bytes));
    const [first = "", ...others] = latin1Text(bytes).split("\0");
    const address = EnvelopeAddress.of(latin1Bytes(first), others.map(latin1Bytes));
    same(latin1Text(address.pathBytes), first, "the path is the first word");
    same(address.argBytes.map(latin1Text), others, "the arguments are the others");
    same(address.size, bytes.length + 1, "an address knows how many bytes it takes");
    const path = utf8Text(latin1Bytes(first));
    hold(path === address.address || path === `<${address.address}>`, "brackets are all that is taken away");
    // Each is looked for among all.
    for (const arg of address.args.slice(0, 20)) {
      const [name = ""] = arg.split("=");
      hold(
        address.arg(name.toUpperCase()) !== undefined || /[^\0-\x7f]/.test(name),
        "an argument is found by its name",
      );
    }
  },
};

/** Where a milter listens. */
function checkMilter(text: string): void {
  const parsed = attempt(
    () => parseAddress(text),
    (error) => error instanceof AddressError && error.code === "invalid-address" && error.value === text,
  );
  if ("refusal" in parsed) return;
  const address = parsed.value;
  same(parseAddress(formatAddress(address)), address, "an address that is written again is the same");
  if ("port" in address) hold(address.port >= 0 && address.port <= 65_535, "a port is one");
  if (address.kind === "unix") {
    hold(
      new TextEncoder().encode(address.path).length <= MAX_UNIX_PATH && !address.path.includes("\0"),
      "a path fits",
    );
  }
}
