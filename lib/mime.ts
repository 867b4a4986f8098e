/**
 * Reads what people wrote in a message: the text of header fields, parameters and file names, in any charset. Needs no
 * filter and no MTA.
 *
 * @example
 * ```ts
 * import { decodeWords } from "./mime.ts";
 *
 * console.log(decodeWords("=?utf-8?B?WW91IHdvbiB0aGUgbG90dGVyeQ==?=")); // You won the lottery
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
