// Messages with what the private clamd finds, in places where mail programs find it.
import { Buffer } from "node:buffer";
import { deflateRawSync } from "node:zlib";
import { TEST_PATTERN } from "../../support/clamd.ts";

const HEAD = "From: a@example.org\r\nTo: b@example.test\r\nSubject: Test\r\n";

function base64(content: string | Uint8Array): string {
  return Buffer.from(content).toString("base64").replace(/.{76}/g, "$&\r\n");
}

/** A message with an attachment, and a text before it. */
function withAttachment(
  attachment: string,
  encoding: string,
  type: string = "application/octet-stream",
): string {
  return `${HEAD}MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="=_b"\r\n\r\nA preamble.\r\n--=_b\r\n` +
    `Content-Type: text/plain\r\n\r\nHello\r\n\r\n--=_b\r\nContent-Type: ${type}; name="report.doc"\r\n` +
    `Content-Transfer-Encoding: ${encoding}\r\nContent-Disposition: attachment\r\n\r\n${attachment}\r\n--=_b--\r\n`;
}

const nested = withAttachment(base64(`The pattern: ${TEST_PATTERN}\n`), "base64");

/** A ZIP archive of one file, compressed. */
function zipped(content: string): Uint8Array {
  const data = deflateRawSync(Buffer.from(content));
  const name = Buffer.from("a.txt");
  const crc = crc32(Buffer.from(content));
  const common = Buffer.alloc(26);
  common.writeUInt16LE(20, 0);
  common.writeUInt16LE(8, 4);
  common.writeUInt32LE(crc, 10);
  common.writeUInt32LE(data.length, 14);
  common.writeUInt32LE(content.length, 18);
  common.writeUInt16LE(name.length, 22);
  const local = Buffer.concat([Buffer.from("PK\x03\x04"), common, name, data]);
  const central = Buffer.concat([Buffer.from("PK\x01\x02\x14\0"), common, Buffer.alloc(14), name]);
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06");
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(local.length, 16);
  return Buffer.concat([local, central, end]);
}

function crc32(bytes: Uint8Array): number {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let i = 0; i < 8; i++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return ~crc >>> 0;
}

/** A message without anything to find. */
export const CLEAN_MAIL = withAttachment(base64("Nothing.\n".repeat(100)), "base64");

/** Messages with something to find, by where it is. */
export const FOUND_IN: Readonly<Record<string, string>> = {
  "the text": `${HEAD}\r\nLook: ${TEST_PATTERN}\r\n`,
  "an attachment": withAttachment(`Look: ${TEST_PATTERN}`, "7bit"),
  "an attachment in base64": nested,
  "an attachment in quoted-printable": withAttachment(
    TEST_PATTERN.replace(/[AEIOU]/g, (letter) => `=${letter.charCodeAt(0).toString(16).toUpperCase()}`),
    "quoted-printable",
  ),
  "a body in base64":
    `${HEAD}Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\n${
      base64(`x${TEST_PATTERN}`)
    }\r\n`,
  "a nested message": withAttachment(nested, "7bit", "message/rfc822"),
  "a message nested twice": withAttachment(
    withAttachment(nested, "7bit", "message/rfc822").replaceAll("=_b", "=_c"),
    "7bit",
    "message/rfc822",
  ),
  "an archive": withAttachment(
    base64(zipped(`${"Hello. ".repeat(100)}${TEST_PATTERN}\n`.repeat(3))),
    "base64",
  ),
  "mail whose first field is unknown": `Foo: bar\r\nContent-Transfer-Encoding: base64\r\n\r\n${
    base64(`x${TEST_PATTERN}`)
  }\r\n`,
  "mail whose first field looks like a file of another type":
    `PK\x03\x04: x\r\nContent-Transfer-Encoding: base64\r\n\r\n${base64(`x${TEST_PATTERN}`)}\r\n`,
  "what stands behind a line as in a mailbox": nested.replace(
    "Hello\r\n\r\n",
    "Hello\r\n\r\nFrom x Mon Jan  1 00:00:00 2024\r\nSubject: other\r\n\r\n",
  ),
};
