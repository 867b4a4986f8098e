// Messages with attachments, as bytes.
import { Buffer } from "node:buffer";
import { toBytes } from "../../lib/message/text.ts";

export interface PartOf {
  /** @default "application/octet-stream" */
  readonly type?: string;
  /** The file name in Content-Disposition. */
  readonly name?: string;
  /** Further header lines. */
  readonly header?: readonly string[];
  readonly content: string | Uint8Array;
  /** Whether the content is encoded in base64. @default true, unless it is text or has parts */
  readonly encoded?: boolean;
}

/** A part of a multipart. */
export function part(
  { type = "application/octet-stream", name, header = [], content, encoded }: PartOf,
): string {
  const isText = /^(?:text|multipart|message)\//.test(type);
  const isEncoded = encoded ?? !isText;
  return [
    `Content-Type: ${type}`,
    ...(name === undefined ? [] : [`Content-Disposition: attachment; filename="${name}"`]),
    ...(isEncoded ? ["Content-Transfer-Encoding: base64"] : []),
    ...header,
    "",
    isEncoded
      ? Buffer.from(toBytes(content)).toString("base64").replace(/.{76}(?=.)/g, "$&\r\n")
      : Buffer.from(toBytes(content)).toString("latin1"),
  ].join("\r\n");
}

/** Parts one after the other, without the header of the multipart. */
export function multipart(parts: readonly string[], boundary = "b"): string {
  return [...parts.map((each) => `--${boundary}\r\n${each}`), `--${boundary}--`, ""].join("\r\n");
}

/** The body of a message of type multipart/mixed: a text, then files. */
export function bodyOf(...files: readonly PartOf[]): string {
  return multipart([part({ type: "text/plain", content: "Hello" }), ...files.map(part)]);
}

/** The type of {@linkcode bodyOf}. */
export const MIXED = "multipart/mixed; boundary=b";

/** A whole message with a text and files. */
export function messageWith(...files: readonly PartOf[]): Uint8Array {
  const header = ["From: ann@example.org", "Subject: Files", "MIME-Version: 1.0", `Content-Type: ${MIXED}`];
  return toBytes([...header, "", bodyOf(...files)].join("\r\n"));
}
