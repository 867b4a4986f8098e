/**
 * Looks for what the rules want in all parts of a message, and in the archives among them.
 *
 * @module
 */

import type { MimeMessage } from "../../lib/mime/parse_mime.ts";
import type { Part } from "../../lib/mime/part.ts";
import type { MimeProblemCode } from "../../lib/mime/structure/problems.ts";
import { type ArchiveLimits, Effort } from "./archive/effort.ts";
import { ArchiveLimitError } from "./archive/errors.ts";
import { fileKind, HEAD_OF_ALL_KINDS } from "./archive/kinds.ts";
import { type ArchiveFinding, archiveFormat, listArchive } from "./archive/list.ts";
import { namesOfPath } from "./names.ts";
import { PartSource } from "./part_source.ts";
import { type FindingReason, reasonFor, type Rules } from "./rules.ts";
import { uuencodedNames } from "./uuencoded.ts";

/** Something that was found in a part. */
export interface Finding extends FindingReason {
  /** The part. */
  readonly part: Part;
  /** What was found for people: `invoice.exe`, `invoice.exe in files.zip`. */
  readonly file: string;
}

/** What is looked for, and where. */
export interface Search {
  /** What is looked for. */
  readonly rules: Rules;
  /** What archives may cost; undefined: they are not looked into. */
  readonly archives: ArchiveLimits | undefined;
}

/** Problems that say that something of a message was not read. */
const LIMITS: ReadonlySet<MimeProblemCode> = new Set(["too-many-parts", "too-deep", "header-too-long"]);

/**
 * Looks for what the rules want. Yields at most one thing that was found in a part, and then nothing else of that part;
 * what a limit has kept from being looked at comes as the rule `limit`.
 *
 * @param message the message
 * @param search what is looked for
 */
export async function* findingsIn(
  { parts }: MimeMessage,
  { rules, archives }: Search,
): AsyncGenerator<Finding, void, undefined> {
  const effort = archives && new Effort(archives);
  let isExhausted = false;
  for (const part of parts) {
    if (part.isMultipart && part.children.length > 0) continue;
    const problem = part.problems.find(({ code }) => LIMITS.has(code));
    let found: Finding | undefined;
    try {
      found = await findingIn(part, rules, isExhausted ? undefined : effort);
    } catch (error) {
      if (!(error instanceof ArchiveLimitError)) throw error;
      isExhausted = true;
      found = { part, file: nameOf(part), rule: "limit", text: `was not searched: ${error.value}` };
    }
    if (problem && (found === undefined || found.rule === "limit")) {
      found = {
        part,
        file: nameOf(part),
        rule: "limit",
        text: `was not read as a whole: ${problem.message}`,
      };
    }
    if (found) yield found;
  }
}

/** @param effort what archives may still cost; undefined: they are not looked into */
async function findingIn(
  part: Part,
  rules: Rules,
  effort: Effort | undefined,
): Promise<Finding | undefined> {
  const file = nameOf(part);
  const names = part.fileNames;
  const readsContent = part.children.length === 0 && looksAtContent(rules);
  const needsKind = effort !== undefined || rules.executable || rules.types.length > 0;
  const kind = readsContent && needsKind ? fileKind(await part.bytes({ max: HEAD_OF_ALL_KINDS })) : undefined;
  const facts = { names, declaredTypes: [part.type], contentType: kind?.type };
  const reason = reasonFor(facts, rules) ?? await reasonOfSize(part, rules);
  if (reason) return { part, file, ...reason };
  const inText = readsContent && part.type.startsWith("text/") ? await findingInText(part, rules) : undefined;
  if (inText) return inText;
  if (!readsContent || effort === undefined) return undefined;
  const format = names.map((name) => archiveFormat(kind, name)).find(Boolean) ??
    archiveFormat(kind, undefined);
  if (format === undefined) return undefined;
  let limit: Finding | undefined;
  for await (
    const found of listArchive({ source: new PartSource(part), format, name: part.fileName }, effort)
  ) {
    const reason = reasonInArchive(found, rules);
    if (reason === undefined) continue;
    const inside = { part, file: shown(found.path, file), ...reason };
    if (reason.rule !== "limit") return inside;
    limit ??= inside;
  }
  return limit;
}

/** A file that stands in the text itself. */
async function findingInText(part: Part, rules: Rules): Promise<Finding | undefined> {
  for (const name of await uuencodedNames(part.stream())) {
    const reason = reasonFor({ names: [name], declaredTypes: [], contentType: undefined }, rules);
    if (reason) return { part, file: shown([name], nameOf(part)), ...reason };
  }
  return undefined;
}

/** Whether a rule needs more than the sizes of parts. */
function looksAtContent(rules: Rules): boolean {
  return rules.names.length > 0 || rules.types.length > 0 || rules.executable || rules.doubleExtension ||
    rules.encryptedArchive || rules.unreadableArchive;
}

function reasonInArchive(found: ArchiveFinding, rules: Rules): FindingReason | undefined {
  switch (found.type) {
    case "file": {
      const names = namesOfPath(found.path.at(-1) ?? "");
      return reasonFor({ names, declaredTypes: [], contentType: found.kind?.type }, rules);
    }
    case "encrypted":
      return rules.encryptedArchive ? { rule: "encrypted-archive", text: found.reason } : undefined;
    case "unreadable":
      return rules.unreadableArchive
        ? { rule: "unreadable-archive", text: `cannot be searched: it ${found.reason}` }
        : undefined;
    case "limit":
      return { rule: "limit", text: `was not searched: it ${found.reason}` };
  }
}

async function reasonOfSize(part: Part, { maxSize }: Rules): Promise<FindingReason | undefined> {
  // Decoding makes no content larger.
  if (maxSize === undefined || part.children.length > 0 || part.size <= maxSize.bytes) return undefined;
  let size = 0;
  for await (const bytes of part.stream()) {
    size += bytes.length;
    if (size > maxSize.bytes) return { rule: "max-size", text: `is larger than ${maxSize.text}` };
  }
  return undefined;
}

/** What people call a part. */
function nameOf(part: Part): string {
  return part.fileName ?? part.type;
}

/** `a.exe in inner.zip in files.zip`. */
function shown(path: readonly string[], archive: string): string {
  const names = path.map((name) => namesOfPath(name)[0] ?? "a file without a name");
  return [archive, ...names].reverse().join(" in ");
}
