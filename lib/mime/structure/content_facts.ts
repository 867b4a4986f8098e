/**
 * Reads what a header says of its part's content: Content-Type and Content-Transfer-Encoding.
 *
 * @module
 */

import { toBytes } from "../../protocol/text.ts";
import { parseParameters } from "../parameters.ts";
import { LONGEST_BOUNDARY } from "./limits.ts";
import type { PartHeaders } from "./part_headers.ts";
import type { ContentFacts, TransferEncoding } from "./part_info.ts";
import type { MimeProblemCode } from "./problems.ts";

const TOKEN = /^[^\s()<>@,;:\\"/[\]?=]+\/[^\s()<>@,;:\\"/[\]?=]+$/;

/** The fields of which only one may be there, since programs that take another one see other content. */
const SINGLE = ["Content-Type", "Content-Transfer-Encoding", "Content-Disposition"];

const ENCODINGS: Readonly<Record<string, TransferEncoding>> = {
  "": "identity",
  "7bit": "identity",
  "8bit": "identity",
  "binary": "identity",
  "base64": "base64",
  "quoted-printable": "quoted-printable",
  "uuencode": "uuencode",
  "x-uuencode": "uuencode",
  "uue": "uuencode",
  "x-uue": "uuencode",
};

/**
 * Reads what a header says of the content.
 *
 * @param headers the header
 * @param defaultType the type if it says nothing: `message/rfc822` in a multipart/digest, else `text/plain`
 * @param problem is told what is wrong
 */
export function contentFacts(
  headers: PartHeaders,
  defaultType: string,
  problem: (code: MimeProblemCode) => void,
): ContentFacts {
  if (SINGLE.some((name) => headers.all(name).length > 1)) problem("repeated-field");
  return { ...typeOf(headers, defaultType, problem), encoding: encodingOf(headers, problem) };
}

/** The boundary that a Content-Type names, as bytes; undefined if it names none that can be used. */
export function boundaryOf(parameters: ReadonlyMap<string, string>): Uint8Array | undefined {
  // White space at its end cannot be told from white space at the end of a line.
  const boundary = parameters.get("boundary")?.trimEnd() ?? "";
  const bytes = toBytes(boundary);
  return bytes.length > 0 && bytes.length <= LONGEST_BOUNDARY ? bytes : undefined;
}

function typeOf(
  headers: PartHeaders,
  defaultType: string,
  problem: (code: MimeProblemCode) => void,
): Omit<ContentFacts, "encoding"> {
  const field = headers.get("Content-Type");
  if (!field) return { type: defaultType, parameters: new Map() };
  const { value, parameters } = parseParameters(field.valueBytes);
  if (TOKEN.test(value)) return { type: value, parameters };
  problem("bad-type");
  return { type: "text/plain", parameters };
}

function encodingOf(headers: PartHeaders, problem: (code: MimeProblemCode) => void): TransferEncoding {
  const value = headers.get("Content-Transfer-Encoding")?.value ?? "";
  // Programs write comments, semicolons and quotes around the word.
  const [word = ""] = /[^\s;"'(),]+/.exec(value.replace(/^\s*\([^()]*\)/, "")) ?? [];
  const encoding = Object.hasOwn(ENCODINGS, word.toLowerCase()) ? ENCODINGS[word.toLowerCase()] : undefined;
  if (encoding === undefined) problem("unknown-encoding");
  return encoding ?? "identity";
}
