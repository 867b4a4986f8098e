// Messages with random structures, as mail programs write them and as they should not.
import { latin1Bytes } from "../../../lib/protocol/text.ts";
import type { Random } from "../../support/random.ts";

const TEXTS = [
  "Hello\r\n",
  "",
  "\r\n",
  "Hello",
  "a =E4=\r\n b=",
  "caf\xc3\xa9\r\n",
  "caf\xe9 \r\n\r\n",
  "SGVsbG8=",
  "SGVs\r\nbG8g\r\n",
];
const PAGES = [
  "<p>Hello",
  "<html><body><p>Hello</body></html>\r\n",
  "",
  "<body>=3C/body>=\r\n</body>",
  "<!-- never closed",
  "PHA+SGk8L3A+",
];
const CHARSETS = [
  "",
  "; charset=utf-8",
  "; charset=iso-8859-1",
  '; charset="us-ascii"; format=flowed',
  "; charset=x-unknown",
  "; charset=utf-16",
  "; charset=iso-2022-jp",
  "; charset=utf-7",
];
const ENCODINGS = ["", "7bit", "8bit", "quoted-printable", "base64", "binary", "x-uuencode", "x-strange"];
const GROUPS = ["mixed", "alternative", "related", "signed", "report", "encrypted", "digest", "parallel"];

/** A message of a few parts. */
export function randomMimeMessage(random: Random): Uint8Array {
  return latin1Bytes(
    `Subject: x\r\n${random.below(3) === 0 ? "" : "MIME-Version: 1.0\r\n"}${part(random, 0)}`,
  );
}

function part(random: Random, depth: number): string {
  const kind = random.below(depth > 3 ? 4 : 10);
  if (kind >= 6) return group(random, depth);
  if (kind === 5) return `Content-Type: message/rfc822\r\n\r\nSubject: y\r\n${part(random, depth + 1)}`;
  const encoding = random.pick(ENCODINGS);
  const lines = encoding === "" ? "" : `Content-Transfer-Encoding: ${encoding}\r\n`;
  if (kind === 4) return `Content-Type: application/pdf; name=x.pdf\r\n${lines}\r\n${random.pick(TEXTS)}`;
  const isHtml = kind === 0;
  const type = random.below(8) === 0 && !isHtml
    ? ""
    : `Content-Type: text/${isHtml ? "html" : "plain"}${random.pick(CHARSETS)}\r\n`;
  const disposition = random.pick([
    "",
    "",
    "",
    "Content-Disposition: inline\r\n",
    "Content-Disposition: attachment\r\n",
  ]);
  const end = random.below(30) === 0 ? "" : "\r\n";
  return `${type}${lines}${disposition}${end}${random.pick(isHtml ? PAGES : TEXTS)}`;
}

function group(random: Random, depth: number): string {
  const boundary = `${random.pick(["b", "bb", "=_x y"])}${random.below(3) === 0 ? "" : depth}`;
  const parts = Array.from(
    { length: random.below(4) },
    () => `\r\n--${boundary}\r\n${part(random, depth + 1)}`,
  );
  const close = random.below(8) === 0 ? "" : `\r\n--${boundary}--\r\n`;
  const preamble = random.pick(["", "", "preamble", "\r\n"]);
  return `Content-Type: multipart/${random.pick(GROUPS)}; boundary="${boundary}"\r\n\r\n${preamble}${
    parts.join("")
  }${close}`;
}
