/**
 * What the options of the filter say.
 *
 * @module
 */

import { OptionError, type OptionValues } from "../../lib/options/options.ts";
import type { ArchiveLimits } from "./archive/effort.ts";
import { type Pattern, readPattern } from "./patterns.ts";
import type { Rules } from "./rules.ts";
import type { AttachmentAction, ON_LIMIT_ACTIONS } from "./options.ts";

/** What the options say. */
export interface AttachmentSettings {
  /** What is looked for. */
  readonly rules: Rules;
  /** What archives may cost; undefined if they are not looked into. */
  readonly archives: ArchiveLimits | undefined;
  /** What is done if something is found. */
  readonly action: AttachmentAction;
  /** What is done if a limit kept part of the message from being examined. */
  readonly onLimit: AttachmentAction | "accept";
  /** The header of marks. */
  readonly markHeader: string;
  /** How parts are removed; undefined if none are. */
  readonly strip: StripSettings | undefined;
}

/** How parts are removed. */
export interface StripSettings {
  /** The folder for originals; undefined if they are not kept. */
  readonly keep: string | undefined;
  /** The file with the text that replaces a part; undefined for the default text. */
  readonly note: string | undefined;
  /** What is done if a part cannot be removed. */
  readonly otherwise: Exclude<AttachmentAction, "strip">;
}

/** The options of which at least one must be given. */
const LOOKED_FOR = [
  "file-name",
  "type",
  "executable",
  "double-extension",
  "max-size",
  "encrypted-archive",
  "unreadable-archive",
  "ambiguous",
] as const;

/** Those of them that do not need the content. */
const LOOKED_FOR_OUTSIDE: readonly string[] = ["max-size", "ambiguous"];

/** Options that matter only with strip. */
const STRIP_OPTIONS = ["keep", "keep-nothing", "note", "on-unstrippable"] as const;

/**
 * Reads the options.
 *
 * @throws {OptionError} for options that are invalid, or could never take effect together
 */
export function attachmentSettings(options: OptionValues): AttachmentSettings {
  const flag = (name: string) => options.get("flag", name) ?? false;
  refuseContradictions(options);
  const action = options.get("enum", "action") as AttachmentAction;
  const onLimit = options.get("enum", "on-limit") as typeof ON_LIMIT_ACTIONS[number];
  const maxSize = options.get("size", "max-size");
  const depth = options.get("integer", "archive-depth")!;
  return {
    rules: {
      names: patterns(options, "file-name", namePattern),
      exceptNames: patterns(options, "except-file-name", namePattern),
      types: patterns(options, "type", typePattern),
      executable: flag("executable"),
      doubleExtension: flag("double-extension"),
      maxSize: maxSize === undefined ? undefined : { bytes: maxSize, text: options.text("max-size")! },
      encryptedArchive: flag("encrypted-archive"),
      unreadableArchive: flag("unreadable-archive"),
      ambiguous: flag("ambiguous"),
    },
    archives: depth === 0 ? undefined : {
      depth,
      files: options.get("integer", "archive-files")!,
      bytes: options.get("size", "archive-bytes")!,
    },
    action,
    onLimit: onLimit === "action" ? action : onLimit,
    markHeader: options.get("header-name", "mark-header")!,
    strip: action !== "strip" ? undefined : {
      keep: options.get("string", "keep"),
      note: options.get("file", "note"),
      otherwise: options.get("enum", "on-unstrippable") as StripSettings["otherwise"],
    },
  };
}

type Fail = (reason: string) => never;

function patterns(
  options: OptionValues,
  name: string,
  check: (text: string, fail: Fail) => void,
): readonly Pattern[] {
  return options.all("string", name).map((text) => {
    const fail: Fail = (reason) => {
      throw new OptionError(name, text, reason);
    };
    check(text, fail);
    return readPattern(text, fail);
  });
}

function namePattern(text: string, fail: Fail): void {
  if (/[/\\]/.test(text)) {
    fail("names are matched without their folders; leave out what is before the last slash");
  }
  if (/^\.?[a-z0-9]{1,5}$/i.test(text)) {
    fail(`a pattern is for the whole name; write *.${text.replace(".", "")}`);
  }
}

function typePattern(text: string, fail: Fail): void {
  if (/^multipart\//i.test(text)) {
    fail("it has parts, which are looked at one by one; want the type of one that has none");
  }
  if (!/^[^/\s;]+\/[^/\s;]+$/.test(text)) {
    fail("want a media type, such as application/x-msdownload or image/*");
  }
}

function refuseContradictions(options: OptionValues): void {
  const given = (name: string) => options.given.find((option) => option.name === name);
  // The text of a flag does not matter, and differs.
  const text = (name: string) => given(name)?.value === true ? "true" : given(name)?.text;
  const isGiven = (name: string) => text(name) !== undefined;
  const refuse = (name: string, reason: string): never => {
    throw new OptionError(name, text(name), reason);
  };
  if (!LOOKED_FOR.some(isGiven)) {
    throw new OptionError("file-name", undefined, `give at least one of ${flags(LOOKED_FOR)}`);
  }
  if (isGiven("except-file-name") && !isGiven("file-name")) {
    refuse("except-file-name", "it works only with --file-name");
  }
  if (options.all("string", "except-file-name").some((pattern) => /^\*+$/.test(pattern))) {
    refuse("except-file-name", "it excludes everything that --file-name matches");
  }
  if (isGiven("double-extension") && isGiven("executable")) {
    refuse("double-extension", "--executable finds these files, too; leave one of the two out");
  }
  refuseUselessLimits(options, isGiven, refuse);
  const action = options.get("enum", "action");
  const usesMark = ["action", "on-limit", "on-unstrippable"].some((name) =>
    options.get("enum", name) === "mark"
  );
  if (isGiven("mark-header") && !usesMark) refuse("mark-header", "it works only with --action mark");
  if (action !== "strip") {
    const name = STRIP_OPTIONS.find(isGiven);
    if (name !== undefined) refuse(name, "it works only with --action strip");
    return;
  }
  if (isGiven("keep") === isGiven("keep-nothing")) {
    if (isGiven("keep")) refuse("keep-nothing", "leave it out, or --keep");
    throw new OptionError(
      "keep",
      undefined,
      "name a folder for the originals, such as --keep /var/lib/milterkit/stripped, or give --keep-nothing",
    );
  }
}

/** Refuses options that need archives to be searched if they are not, and limits without effect. */
function refuseUselessLimits(
  options: OptionValues,
  isGiven: (name: string) => boolean,
  refuse: (name: string, reason: string) => never,
): void {
  if (options.get("integer", "archive-depth") === 0) {
    const needs = ["encrypted-archive", "unreadable-archive", "archive-files", "archive-bytes"].find(isGiven);
    if (needs !== undefined) refuse(needs, "with --archive-depth 0, archives are not examined");
  }
  const looksInside = LOOKED_FOR.some((name) => !LOOKED_FOR_OUTSIDE.includes(name) && isGiven(name));
  if (looksInside) return;
  const useless = ["archive-depth", "archive-files", "archive-bytes"].find(isGiven);
  if (useless !== undefined) refuse(useless, "--max-size and --ambiguous alone do not look into archives");
}

function flags(names: readonly string[]): string {
  return names.map((name) => `--${name}`).join(", ");
}
