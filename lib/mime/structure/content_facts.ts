/**
 * Reads what a header says about its part's content: Content-Type and Content-Transfer-Encoding.
 *
 * @module
 */

import { toBytes } from "../../protocol/text.ts";
import { parseParameters } from "../parameters.ts";
import { LONGEST_BOUNDARY } from "./limits.ts";
import type { PartHeaders } from "./part_headers.ts";
import type { ContentFacts, TransferEncoding } from "./part_info.ts";
import type { MimeProblemCode } from "./problems.ts";

const LF = 0x0a;
const CR = 0x0d;
const TOKEN = /^[^\s()<>@,;:\\"/[\]?=]+\/[^\s()<>@,;:\\"/[\]?=]+$/;

/** The fields that may occur only once, since programs that use another occurrence see other content. */
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
 * Reads what a header says about the content.
 *
 * @param headers the header
 * @param defaultType the type if it says nothing: `message/rfc822` in a multipart/digest, else `text/plain`
 * @param problem called with each problem
 */
export function contentFacts(
  headers: PartHeaders,
  defaultType: string,
  problem: (code: MimeProblemCode) => void,
): ContentFacts {
  if (SINGLE.some((name) => headers.all(name).length > 1)) problem("repeated-field");
  if (Array.from(headers).some(({ valueBytes }) => hasBareCr(valueBytes))) problem("header-cr");
  return { ...typeOf(headers, defaultType, problem), encoding: encodingOf(headers, problem) };
}

/** The boundary that a Content-Type specifies, as bytes; undefined if there is no usable one. */
export function boundaryOf(parameters: ReadonlyMap<string, string>): Uint8Array | undefined {
  // Trailing white space cannot be distinguished from white space at the end of a line.
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
  const { value, parameters, duplicates } = parseParameters(field.valueBytes);
  const others = duplicates.filter(({ name }) => name === "boundary");
  if (others.some((other) => other.value !== parameters.get("boundary"))) problem("repeated-boundary");
  if (TOKEN.test(value)) return { type: value, parameters };
  problem("bad-type");
  return { type: "text/plain", parameters };
}

/** Whether there is a CR that does not belong to the line end of a folded field. */
function hasBareCr(bytes: Uint8Array): boolean {
  let at = bytes.indexOf(CR);
  while (at >= 0 && bytes[at + 1] === LF) at = bytes.indexOf(CR, at + 1);
  return at >= 0;
}

function encodingOf(headers: PartHeaders, problem: (code: MimeProblemCode) => void): TransferEncoding {
  const value = headers.get("Content-Transfer-Encoding")?.value ?? "";
  // Programs write comments, semicolons and quotes around the word.
  const [word = ""] = /[^\s;"'(),]+/.exec(value.replace(/^\s*\([^()]*\)/, "")) ?? [];
  const encoding = Object.hasOwn(ENCODINGS, word.toLowerCase()) ? ENCODINGS[word.toLowerCase()] : undefined;
  if (encoding === undefined) problem("unknown-encoding");
  return encoding ?? "identity";
}
