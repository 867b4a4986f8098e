/**
 * The rules for the files of a message.
 *
 * @module
 */

import type { Pattern } from "./patterns.ts";
import { hasDoubleExtension, isProgramType, programExtension } from "./programs.ts";

/** What is looked for. */
export interface Rules {
  /** Names that are findings. */
  readonly names: readonly Pattern[];
  /** Names that are not, although they match `names`. */
  readonly exceptNames: readonly Pattern[];
  /** Media types that are findings. */
  readonly types: readonly Pattern[];
  /** Whether programs are findings. */
  readonly executable: boolean;
  /** Whether programs named like documents are findings. */
  readonly doubleExtension: boolean;
  /** The maximum number of bytes of a part when decoded, also as it was given. */
  readonly maxSize: { readonly bytes: number; readonly text: string } | undefined;
  /** Whether archives with encrypted content are findings. */
  readonly encryptedArchive: boolean;
  /** Whether archives that cannot be listed are findings. */
  readonly unreadableArchive: boolean;
  /** Whether parts that other programs may read differently are findings. */
  readonly ambiguous: boolean;
}

/** The names of rules, as in metrics. */
export type RuleName =
  | "file-name"
  | "type"
  | "executable"
  | "double-extension"
  | "max-size"
  | "encrypted-archive"
  | "unreadable-archive"
  | "ambiguous"
  | "limit";

/** Why something is a finding. */
export interface FindingReason {
  /** The rule. */
  readonly rule: RuleName;
  /** The reason in words that follow the name of a file, such as `is a program by its name (.exe)`. */
  readonly text: string;
  /** Which of several names is the reason; undefined if the reason is not a name. */
  readonly name?: string;
}

/** What is known of a file. */
export interface FileFacts {
  /** All its names, without folders; programs differ in which of several they use. */
  readonly names: readonly string[];
  /** The types that the message declares, in lower case; none in an archive. */
  readonly declaredTypes: readonly string[];
  /** The type that its content shows. */
  readonly contentType: string | undefined;
}

/** Why a file is a finding; undefined if it is not. */
export function reasonFor(
  { names, declaredTypes, contentType }: FileFacts,
  rules: Rules,
): FindingReason | undefined {
  for (const name of names) {
    const reason = reasonOfName(name, rules);
    if (reason) return { ...reason, name };
  }
  if (contentType !== undefined && rules.executable && isProgramType(contentType)) {
    return { rule: "executable", text: `is a program by its content (${contentType})` };
  }
  const types = contentType === undefined ? declaredTypes : [...declaredTypes, contentType];
  const type = types.find((each) => rules.types.some((pattern) => pattern.matches(each)));
  return type === undefined ? undefined : { rule: "type", text: `is of the type ${type}` };
}

function reasonOfName(name: string, rules: Rules): FindingReason | undefined {
  const extension = programExtension(name);
  // The most dangerous first: it is the reason that people should read.
  if (extension !== undefined && (rules.executable || rules.doubleExtension) && hasDoubleExtension(name)) {
    return {
      rule: rules.doubleExtension ? "double-extension" : "executable",
      text: `is a program with the name of a document (.${extension})`,
    };
  }
  if (extension !== undefined && rules.executable) {
    return { rule: "executable", text: `is a program by its name (.${extension})` };
  }
  const pattern = rules.names.find((each) => each.matches(name));
  if (pattern === undefined || rules.exceptNames.some((each) => each.matches(name))) return undefined;
  return { rule: "file-name", text: `has a name like ${pattern.text}` };
}
