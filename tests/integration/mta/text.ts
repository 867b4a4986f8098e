/** Messages as text in which each character is one byte. */
import type { ReceivedMessage } from "../../support/next_hop.ts";

export function latin1Bytes(text: string): Uint8Array {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}

export function latin1Text(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

/** A message of header lines and a body, with CRLF line ends. */
export function message(header: string[], body = "hello\r\n"): string {
  return [...header, "", body].join("\r\n");
}

/** The header fields of a message that arrived, each as `Name:value` with its folds, in order. */
export function fieldsOf(received: ReceivedMessage): string[] {
  const [head = ""] = latin1Text(received.data).split("\r\n\r\n", 1);
  return head.split(/\r\n(?![ \t])/);
}

/** The values of the fields of a name, on one line each. */
export function valuesOf(received: ReceivedMessage, name: string): string[] {
  const start = `${name.toLowerCase()}:`;
  return fieldsOf(received).filter((field) => field.toLowerCase().startsWith(start)).map((field) =>
    field.slice(start.length).replace(/\r\n[ \t]+/g, " ").trim()
  );
}

/** The body of a message that arrived. */
export function bodyOf(received: ReceivedMessage): string {
  const text = latin1Text(received.data);
  return text.slice(text.indexOf("\r\n\r\n") + 4);
}
