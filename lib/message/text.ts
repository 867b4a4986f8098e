/**
 * Bytes and text, for filters.
 *
 * @module
 */

export { concatenated } from "../protocol/bytes.ts";
export { isUtf8, latin1Bytes, latin1Text, legibleText, toBytes, utf8Text } from "../protocol/text.ts";
