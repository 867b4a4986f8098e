/**
 * Addresses of fields, read by both readers: the one for people, and the strict one of DKIM and DMARC.
 *
 * @module
 */
import { authorDomains } from "../../../lib/auth/author.ts";
import { asciiDomain } from "../../../lib/auth/domain_name.ts";
import { latin1Bytes, latin1Text, toBytes } from "../../../lib/message/text.ts";
import { addressTokens } from "../../../lib/mime/address_tokens.ts";
import { parseAddresses } from "../../../lib/mime/addresses.ts";
import { formatAddresses } from "../../../lib/mime/encode_field.ts";
import { hold, same, type Target } from "../engine/target.ts";

const PIECES = [
  "joe@example.org",
  "<zoe@example.org>",
  "Joe Doe",
  '"Doe, Joe" ',
  '"ceo@bank.example" ',
  "=?utf-8?Q?Zo=C3=AB?= ",
  "=?utf-8?Q?Doe,_Joe?= ",
  "=?utf-8?Q?",
  "(the boss)",
  "friends: ",
  "<",
  ">",
  "@",
  ",",
  ", ",
  ";",
  ":",
  "(",
  ")",
  '"',
  "\\",
  ".",
  " . ",
  "@[192.0.2.1]",
  "<@a.example,@b.example:",
  "b\xc3\xbccher.example",
  "'",
  "\xfc",
  "\r\n ",
  " ",
  "\0",
];

/** An address that needs no quotation marks. */
const PLAIN_ADDRESS = /^[^\s"'(),.:;<>@[\\\]]+@[^\s"'(),:;<>@[\\\]]*[^\s"'(),.:;<>@[\\\]]$/;

export const headerAddresses: Target = {
  name: "header-addresses",
  promise:
    "addresses read the same when written again, and have no domain that the reader of authors does not see",
  cases: 4000,
  words: PIECES,
  seeds: () =>
    ['"Doe, Joe" <joe@example.org>, zoe@example.org (Zoe), friends: a@b.example;'].map(latin1Bytes),
  make(random) {
    let text = "";
    for (let i = 1 + random.below(10); i > 0; i--) text += random.pick(PIECES);
    return latin1Bytes(text);
  },
  check(bytes) {
    const raw = latin1Text(bytes);
    same(addressTokens(raw).map(({ text }) => text).join(""), raw, "the tokens are the field");
    const found = parseAddresses(bytes);
    for (const { name, address, group } of found) {
      const text = `${name}\n${address}\n${group ?? ""}`;
      hold(text.isWellFormed() && !/\p{Cc}/u.test(text.replaceAll("\n", "")), "text is clean", () => text);
      hold(name !== "" || address !== "" || raw.includes("<"), "what is empty is not reported");
    }
    const clean = found.filter(({ address, name }) =>
      PLAIN_ADDRESS.test(address) && !address.includes("=?") && !/^[=?]|[^\p{L} ]/u.test(name)
    );
    same(parseAddresses(formatAddresses(clean)), clean, "addresses read the same when written again");
    const authors = authorDomains([bytes]);
    if ("problem" in authors) return;
    for (const { address: written } of found) {
      // Some writers use apostrophes as quotation marks.
      const address = written.replace(/'$/, "");
      const domain = asciiDomain(latin1Text(toBytes(address.slice(address.lastIndexOf("@") + 1))));
      hold(
        !address.includes("@") || (domain !== undefined && authors.domains.includes(domain)),
        "a domain is one of those that the reader of authors sees",
        () => `${address} among ${authors.domains.join(", ")}`,
      );
    }
  },
};
