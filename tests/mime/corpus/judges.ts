/** Other programs that read messages as trees of parts. */
import { Buffer } from "node:buffer";
import { fileURLToPath } from "node:url";
import PostalMime from "postal-mime";
import { parseMime } from "../../../lib/mime/parse_mime.ts";
import { run } from "../../support/process.ts";
import type { CorpusMessage } from "./python_messages.ts";

/** A part as a program reads it. */
export interface ReadPart {
  readonly depth: number;
  readonly type: string;
  /** The file name; null if there is none. */
  readonly name: string | null;
  /** The decoded content, a character a byte; null for parts that have parts. */
  readonly content: string | null;
  /** The text, with LF between lines; null for what is no text. */
  readonly text: string | null;
}

/** The programs that read too. */
export const JUDGES = ["python", "postal-mime"] as const;

/** The name of a program. */
export type Judge = typeof JUDGES[number];

/** Every message as a program reads it: its parts in document order. */
export function readBy(judge: Judge, messages: readonly CorpusMessage[]): Promise<ReadPart[][]> {
  return judge === "python"
    ? readByPython(messages)
    : Promise.all(messages.map(({ bytes }) => readByPostalMime(bytes, 0)));
}

/** A message as we read it. */
export async function readByUs({ bytes }: CorpusMessage): Promise<ReadPart[]> {
  const { parts } = await parseMime(bytes);
  return await Promise.all(parts.map(async (part) => {
    const isLeaf = !part.isMultipart && part.children.length === 0;
    return {
      depth: part.depth,
      type: part.type,
      name: part.fileName ?? null,
      content: isLeaf ? Buffer.from(await part.bytes()).toString("latin1") : null,
      text: isLeaf && part.type.startsWith("text/") ? await part.text() : null,
    };
  }));
}

/**
 * What can be compared with a program. postal-mime joins lines with LF whatever was between them, and adds one after the last
 * line of a part: there, line ends are left out.
 */
export function comparable(judge: Judge, part: ReadPart): ReadPart {
  if (judge === "python") return part;
  const { content, text } = part;
  return { ...part, content: content && withoutLineEnds(content), text: text && withoutLineEnds(text) };
}

function withoutLineEnds(text: string): string {
  return text.replaceAll("\r\n", "\n").replace(/(?<!\n)\n+$/, "");
}

async function readByPython(messages: readonly CorpusMessage[]): Promise<ReadPart[][]> {
  const program = fileURLToPath(new URL("./python_email.py", import.meta.url));
  const input = messages.map(({ bytes }) => Buffer.from(bytes).toString("base64") + "\n").join("");
  const { stdout, stderr } = await run(["/usr/bin/python3", program], { input });
  if (stderr !== "") throw new Error(stderr);
  return stdout.trimEnd().split("\n").map((line) =>
    (JSON.parse(line) as ReadPart[]).map((part) => ({
      ...part,
      content: part.content === null ? null : Buffer.from(part.content, "base64").toString("latin1"),
      text: part.text?.replaceAll("\r\n", "\n") ?? null,
    }))
  );
}

/** What postal-mime knows of a part, which it does not publish: its results are a flat list of attachments. */
interface PostalNode {
  readonly childNodes: readonly PostalNode[];
  readonly contentType: { readonly parsed: PostalValue };
  readonly contentDisposition: { readonly parsed: PostalValue };
  readonly content: ArrayBuffer | null;
  getTextContent(): string;
}

interface PostalValue {
  readonly value: string;
  readonly params: Readonly<Record<string, string>>;
}

async function readByPostalMime(bytes: Uint8Array, depth: number): Promise<ReadPart[]> {
  const parser = new PostalMime({ maxRfc822NestingDepth: 0 });
  await parser.parse(bytes.slice());
  return await postalParts((parser as unknown as { readonly root: PostalNode }).root, depth);
}

async function postalParts(node: PostalNode, depth: number): Promise<ReadPart[]> {
  const type = node.contentType.parsed.value;
  const content = node.content === null ? null : Buffer.from(node.content);
  const inside = type === "message/rfc822" && content
    ? await readByPostalMime(new Uint8Array(content), depth + 1)
    : (await Promise.all(node.childNodes.map((child) => postalParts(child, depth + 1)))).flat();
  const isLeaf = inside.length === 0;
  return [{
    depth,
    type,
    name: node.contentDisposition.parsed.params["filename"] ?? node.contentType.parsed.params["name"] ?? null,
    content: isLeaf && content ? content.toString("latin1") : null,
    text: isLeaf && type.startsWith("text/") ? node.getTextContent() : null,
  }, ...inside];
}
