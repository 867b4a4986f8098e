/**
 * Searches all parts of a message, and the archives among them, for what the rules match.
 *
 * @module
 */

import type { MimeMessage } from "../../lib/mime/parse_mime.ts";
import type { Part } from "../../lib/mime/part.ts";
import type { MimeProblemCode } from "../../lib/mime/structure/problems.ts";
import { type ArchiveLimits, Effort } from "./archive/effort.ts";
import { ArchiveLimitError } from "./archive/errors.ts";
import { fileKind, HEAD_OF_ALL_KINDS } from "./archive/kinds.ts";
import { type ArchiveFinding, archiveFormats, listArchive } from "./archive/list.ts";
import { namesOfPath, UNNAMED } from "./names.ts";
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

/** Problems that other programs may handle differently, so that they see other parts, names or content. */
const AMBIGUOUS: ReadonlySet<MimeProblemCode> = new Set([
  "repeated-field",
  "repeated-boundary",
  "header-cr",
  "bare-cr",
  "no-header-end",
  "stray-line",
  "bad-type",
  "no-boundary",
  "no-parts",
  "unknown-encoding",
  "encoded-multipart",
]);

/**
 * Searches for what the rules match. Yields at most one finding per part; content that was not examined because of a
 * limit is reported under the rule `limit`.
 *
 * @param message the message
 * @param search what is looked for
 */
export async function* findingsIn(
  { parts }: MimeMessage,
  { rules, archives }: Search,
): AsyncGenerator<Finding, void, undefined> {
  const budget: ArchiveBudget | undefined = archives && { effort: new Effort(archives), exceeded: undefined };
  for (const part of parts) {
    const problem = part.problems.find(({ code }) => LIMITS.has(code));
    let found: Finding | undefined;
    try {
      found = await findingIn(part, rules, budget);
    } catch (error) {
      if (!(error instanceof ArchiveLimitError)) throw error;
      if (budget) budget.exceeded ??= error;
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

/** What the archives of a message may still cost. */
interface ArchiveBudget {
  readonly effort: Effort;
  /** Why no further archive is listed. */
  exceeded: ArchiveLimitError | undefined;
}

/**
 * @param budget what archives may still cost; undefined: they are not looked into
 * @throws {ArchiveLimitError} if there is an archive, and they cost too much
 */
async function findingIn(
  part: Part,
  rules: Rules,
  budget: ArchiveBudget | undefined,
): Promise<Finding | undefined> {
  const file = nameOf(part);
  const names = part.fileNames;
  const readsContent = part.children.length === 0 && looksAtContent(rules);
  const needsKind = budget !== undefined || rules.executable || rules.types.length > 0;
  const kind = readsContent && needsKind ? fileKind(await part.bytes({ max: HEAD_OF_ALL_KINDS })) : undefined;
  const reason = reasonOfPart(part, kind?.type, rules) ?? await reasonOfSize(part, rules) ??
    reasonOfProblem(part, rules);
  if (reason) return { part, file: reason.name ?? file, ...reason };
  const inText = readsContent ? await findingInText(part, rules) : undefined;
  if (inText) return inText;
  if (!readsContent || budget === undefined) return undefined;
  const formats = archiveFormats(kind, names);
  if (formats.length === 0) return undefined;
  if (budget.exceeded) throw budget.exceeded;
  let limit: Finding | undefined;
  for await (
    const found of listArchive({ source: new PartSource(part), formats, name: part.fileName }, budget.effort)
  ) {
    const reason = reasonInArchive(found, rules);
    if (reason === undefined) continue;
    const inside = { part, file: shown(found.path, file), ...reason };
    if (reason.rule !== "limit") return inside;
    limit ??= inside;
  }
  return limit;
}

/** Why a part itself is a finding: because of its names, its type, or its content. */
function reasonOfPart(part: Part, contentType: string | undefined, rules: Rules): FindingReason | undefined {
  const names = part.fileNames;
  // The type of a group of parts says nothing of a file, but some programs show a group with a name as one.
  const declaredTypes = part.isMultipart && part.children.length > 0 ? [] : [part.type];
  const reason = reasonFor({ names, declaredTypes, contentType }, rules);
  if (reason || names.length > 0 || !isNamelessFile(part)) return reason;
  return reasonFor({ names: [UNNAMED], declaredTypes: [], contentType: undefined }, rules) &&
    { rule: "file-name", text: "has no file name" };
}

/** Parts of PGP/MIME (RFC 3156), which have no name and are no files. */
const PGP_TYPES: ReadonlySet<string> = new Set(["application/pgp-signature", "application/pgp-encrypted"]);

/** Whether programs show a part without a name as a file, for which they make up one. */
function isNamelessFile({ type, isMultipart, disposition }: Part): boolean {
  if (isMultipart || type.startsWith("message/") || PGP_TYPES.has(type)) return false;
  return !type.startsWith("text/") || disposition === "attachment";
}

/** A file that stands in a text, or is the content of a part that uuencode has encoded. */
async function findingInText(part: Part, rules: Rules): Promise<Finding | undefined> {
  const texts = [
    ...(part.encoding === "uuencode" ? [part.raw()] : []),
    ...(part.type.startsWith("text/") ? [part.stream()] : []),
  ];
  for (const text of texts) {
    for await (const name of uuencodedNames(text)) {
      const reason = reasonFor({ names: [name], declaredTypes: [], contentType: undefined }, rules);
      if (reason) return { part, file: shown([name], nameOf(part)), ...reason };
    }
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

function reasonOfProblem({ problems }: Part, { ambiguous }: Rules): FindingReason | undefined {
  const problem = ambiguous ? problems.find(({ code }) => AMBIGUOUS.has(code)) : undefined;
  return problem && { rule: "ambiguous", text: `may be read in another way: ${problem.message}` };
}

/** The name of a part for people. */
function nameOf(part: Part): string {
  return part.fileName ?? part.type;
}

/** `a.exe in inner.zip in files.zip`. */
function shown(path: readonly string[], archive: string): string {
  const names = path.map((name) => namesOfPath(name)[0] ?? "a file without a name");
  return [archive, ...names].reverse().join(" in ");
}
