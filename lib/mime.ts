/**
 * Reads the content of a message: the text of header fields, parameters and file names, in any charset, and the parts
 * of the message. Needs no filter and no MTA.
 *
 * @example
 * ```ts
 * import { decodeWords } from "./mime.ts";
 *
 * console.log(decodeWords("=?utf-8?B?WW91IHdvbiB0aGUgbG90dGVyeQ==?=")); // You won the lottery
 * ```
 *
 * @example The files in a message
 * ```ts
 * import { parseMime } from "./mime.ts";
 *
 * const message = new TextEncoder().encode("Content-Type: application/pdf; name=a.pdf\r\n\r\n%PDF"); // or what a file has
 * for (const part of (await parseMime(message)).parts) {
 *   if (part.isAttachment) console.log(part.fileName, part.type, (await part.bytes()).length); // a.pdf application/pdf 4
 * }
 * ```
 *
 * @module
 */

export { type HeaderAddress, parseAddresses } from "./mime/addresses.ts";
export { decodeText } from "./mime/charset.ts";
export { formatAddresses } from "./mime/encode_field.ts";
export { encodeWords } from "./mime/encode_words.ts";
export { decodeWords } from "./mime/encoded_words.ts";
export { fileNameOf } from "./mime/file_name.ts";
export { type Parameter, type ParsedParameters, parseParameters } from "./mime/parameters.ts";
export { type ByteSource, bytesSource } from "./mime/byte_source.ts";
export {
  EDIT_REFUSALS,
  type EditRefusal,
  type EditResult,
  type RefusedEdit,
} from "./mime/edit/edit_result.ts";
export { ForeignPartError, MimeEditor } from "./mime/edit/editor.ts";
export type { FieldChange } from "./mime/edit/part_change.ts";
export { InvalidReplacementError, type Replacement } from "./mime/edit/replacement.ts";
export type { Pieces, Splice } from "./mime/edit/splice.ts";
export { InvalidAdditionError, type TextAddition } from "./mime/edit/text_addition.ts";
export { type MimeMessage, parseMime } from "./mime/parse_mime.ts";
export { InvalidReadError, Part, type ReadOptions } from "./mime/part.ts";
export type { MimeLimits } from "./mime/structure/limits.ts";
export { MimeReader, type MimeReaderOptions, type MimeStructure } from "./mime/structure/mime_reader.ts";
export type { FieldBytes, PartField, PartHeaders } from "./mime/structure/part_headers.ts";
export type { ContentFacts, PartInfo, TransferEncoding } from "./mime/structure/part_info.ts";
export type { MimeProblem, MimeProblemCode } from "./mime/structure/problems.ts";
export { encodeBase64, encodeQuotedPrintable } from "./mime/transfer/encode.ts";
