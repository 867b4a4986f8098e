/**
 * Structures of messages: boundaries, headers and encodings in any order.
 *
 * @module
 */
import { latin1Bytes, latin1Text } from "../../../lib/message/text.ts";
import { MimeReader, type MimeStructure } from "../../../lib/mime/structure/mime_reader.ts";
import { parseMime } from "../../../lib/mime/parse_mime.ts";
import { concatenated } from "../../../lib/mime/transfer/concatenated.ts";
import { encodeBase64 } from "../../../lib/mime/transfer/encode.ts";
import { checkStructure } from "../../mime/structure/support.ts";
import type { Random } from "../../support/random.ts";
import { cuttings } from "../engine/choices.ts";
import { hold, same, type Target } from "../engine/target.ts";
import { messages } from "../recorded.ts";

const LIMITS = { parts: 20, depth: 6, headerBytes: 300, allHeaderBytes: 2000 };

const LINES = [
  "--a",
  "--a--",
  "--ab",
  "--ab--",
  "--b",
  "--b--  ",
  "--a\r--b",
  "",
  "",
  "text",
  "- dash",
  "Content-Type: multipart/mixed; boundary=a",
  'Content-Type: multipart/digest; boundary="ab"',
  "Content-Type: multipart/signed; boundary=b",
  "Content-Type: message/rfc822",
  "Content-Type: text/html; charset=no-such; name*=utf-8''%C3%BC",
  "Content-Type: text",
  "Content-Transfer-Encoding: base64",
  "Content-Transfer-Encoding: quoted-printable",
  "Content-Transfer-Encoding: x-uuencode",
  'Content-Disposition: attachment; filename="a.b"',
  "Subject: =?utf-8?Q?=C3=BC?=",
  " folded",
  "=3D=\r\n =",
  "-----BEGIN PGP MESSAGE-----",
  "begin 644 a\r\n#0V%T\r\nend",
  "x".repeat(400),
  "X: " + "y".repeat(400),
];

export const mime: Target = {
  name: "mime",
  promise: "a message is cut into parts at its delimiters and nowhere else, however it arrives",
  cases: 400,
  words: [...LINES, "\r\n", "\n", "\r", "--", "="],
  seeds: () => [
    ...messages(),
    latin1Bytes(["Content-Type: multipart/mixed; boundary=a", "", "--a", "", "x", "--a--"].join("\r\n")),
  ],
  make: (random) => lines(random, 3),
  async check(bytes) {
    const whole = new MimeReader({ limits: LIMITS });
    whole.push(bytes);
    const structure = whole.end();
    checkStructure(bytes.length, structure);
    for (const pieces of cuttings(bytes)) {
      const reader = new MimeReader({ limits: LIMITS });
      for (const piece of pieces) reader.push(piece);
      same(summary(reader.end()), summary(structure), "the structure is the same however the message is cut");
    }
    hold(structure.parts.length <= LIMITS.parts + LIMITS.depth, "there are not too many parts");
    checkDelimiters(bytes, structure);
    await checkContents(bytes);
  },
};

/** Lines of a message, at times with some of them encoded. */
function lines(random: Random, depth: number): Uint8Array {
  const pieces: Uint8Array[] = [];
  for (let i = random.below(25); i > 0; i--) {
    if (depth > 0 && random.below(15) === 0) {
      const header = "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n";
      pieces.push(latin1Bytes(header), encodeBase64(lines(random, depth - 1)));
    } else pieces.push(latin1Bytes(random.pick(LINES)));
    pieces.push(latin1Bytes(random.below(8) === 0 ? "\n" : "\r\n"));
  }
  return concatenated(pieces);
}

function summary({ parts, problems, size }: MimeStructure): unknown {
  return [
    size,
    problems,
    parts.map(({ headers, decoded, ...part }) => [
      Object.values(part).filter((value) => typeof value !== "object"),
      part.content.type,
      decoded?.size,
      [...headers].map(({ start, end, name, value }) => [start, end, name, value]),
    ]),
  ];
}

/** Delimiters are where they are said to be, and no content has a line that is one. */
function checkDelimiters(bytes: Uint8Array, { parts, problems }: MimeStructure): void {
  const text = latin1Text(bytes);
  for (const part of parts) {
    if (part.container !== undefined) continue;
    const { delimiterStart, headerStart, bodyStart, bodyEnd, closeStart, closeEnd } = part;
    const outer = part.parent === undefined ? undefined : parts[part.parent];
    if (delimiterStart < headerStart) {
      hold(
        text.slice(delimiterStart, headerStart).trimEnd() === `--${latin1Text(outer!.boundary!)}`,
        "a part stands after a delimiter",
      );
    }
    if (closeStart !== undefined) {
      same(
        text.slice(closeStart, closeEnd).trimEnd(),
        `--${latin1Text(part.boundary!)}--`,
        "a line closes a multipart",
      );
    }
    if (
      part.boundary || parts.some(({ parent }) => parent === part.index) ||
      part.content.type.startsWith("application/octet")
    ) continue;
    const open = ancestors(part.index, parts).filter(({ decoded }) => !decoded)
      .flatMap(({ boundary }) => boundary ? [latin1Text(boundary)] : []);
    for (const line of text.slice(bodyStart, bodyEnd).split("\n").map((each) => each.trimEnd())) {
      hold(
        !open.some((boundary) => line === `--${boundary}` || line === `--${boundary}--`),
        "content has no line that is a delimiter",
        () => line,
      );
    }
  }
  hold(problems.every(({ part }) => part < parts.length), "a problem is one of a part");
}

function ancestors(index: number, parts: MimeStructure["parts"]): MimeStructure["parts"][number][] {
  const found = [];
  for (let at = parts[index]!.parent; at !== undefined; at = parts[at]!.parent) found.push(parts[at]!);
  return found;
}

/** Every part can be read, and what is in an encoded message is what its decoded content has there. */
async function checkContents(bytes: Uint8Array): Promise<void> {
  const { parts } = await parseMime(bytes, { limits: LIMITS });
  for (const part of parts) {
    hold((await part.text()).isWellFormed(), "text is text");
    hold(part.fileNames.every((name) => name !== "" && !/[/\\\0]/.test(name)), "a name has no path");
    if (!part.container) continue;
    const { bodyStart, bodyEnd } = part.info;
    const outer = await part.container.bytes();
    const raw = [];
    for await (const piece of part.raw()) raw.push(piece.slice());
    same(
      latin1Text(concatenated(raw)),
      latin1Text(outer.subarray(bodyStart, bodyEnd)),
      "a part of an encoded message is read from its decoded content",
    );
  }
}
