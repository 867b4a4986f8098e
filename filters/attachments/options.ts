/**
 * The options of the filter, and what its actions change.
 *
 * @module
 */

import type { Change } from "../../lib/filter/filter_terms.ts";
import type { OptionDeclarations } from "../../lib/filter/option_declarations.ts";

/** What is done with a message in which something is found. */
const ACTIONS = ["reject", "tempfail", "discard", "quarantine", "mark", "strip"] as const;
/** What is done with a message that was not examined completely. */
export const ON_LIMIT_ACTIONS = ["action", "reject", "tempfail", "quarantine", "mark", "accept"] as const;
/** What is done with a message from which a part cannot be removed. */
const UNSTRIPPABLE_ACTIONS = ["reject", "tempfail", "discard", "quarantine", "mark"] as const;

/** Something that is done with a message. */
export type AttachmentAction = typeof ACTIONS[number];

/** What each action changes. */
export const CHANGES_OF_ACTIONS: Readonly<Record<AttachmentAction, readonly Change[]>> = {
  reject: [],
  tempfail: [],
  discard: [],
  quarantine: ["quarantine"],
  mark: ["addHeader"],
  strip: ["editContent"],
};

/** The options. */
export const ATTACHMENT_OPTIONS = {
  "file-name": {
    kind: "string",
    metavar: "PATTERN",
    repeatable: true,
    example: "*.{exe,scr}",
    description:
      "Files whose whole name matches: * stands for any characters, ? for one, {a,b} for a or b; case does not matter",
  },
  "except-file-name": {
    kind: "string",
    metavar: "PATTERN",
    repeatable: true,
    example: "*.pdf",
    description: "Exceptions from --file-name: with --file-name *, only these files are allowed",
  },
  type: {
    kind: "string",
    metavar: "PATTERN",
    repeatable: true,
    example: "application/x-msdownload",
    description: "Parts of this media type, as declared by the message or recognized by content",
  },
  executable: {
    kind: "flag",
    description: "Programs, scripts, installers, shortcuts and disk images, by name and by content",
  },
  "double-extension": {
    kind: "flag",
    description: "Programs that are named like documents, such as invoice.pdf.exe",
  },
  "max-size": {
    kind: "size",
    metavar: "SIZE",
    min: 1,
    example: "10MB",
    description: "Parts that are larger than this when decoded",
  },
  "encrypted-archive": {
    kind: "flag",
    description: "Archives with encrypted content, which cannot be examined without the password",
  },
  "unreadable-archive": {
    kind: "flag",
    description: "Archives that cannot be listed: damaged, or of an unsupported format",
  },
  ambiguous: {
    kind: "flag",
    description:
      "Parts in which mail programs may see other files, for example because they have two boundaries or encodings",
  },
  "archive-depth": {
    kind: "integer",
    metavar: "COUNT",
    max: 10,
    default: "3",
    description: "How many levels of nested archives are listed; 0: archives are not examined",
  },
  "archive-files": {
    kind: "integer",
    metavar: "COUNT",
    min: 1,
    max: 1_000_000,
    default: "10000",
    description: "Maximum number of files in all archives of a message",
  },
  "archive-bytes": {
    kind: "size",
    metavar: "SIZE",
    min: 1_000_000,
    max: 10_000_000_000,
    default: "250MB",
    description: "Maximum number of bytes to read and unpack in order to list all archives of a message",
  },
  "on-limit": {
    kind: "enum",
    metavar: "ACTION",
    choices: ON_LIMIT_ACTIONS,
    default: "action",
    description:
      "What happens to a message that exceeds a limit of archives or parts, so that it is not fully examined; action: the same as if something was found",
  },
  action: {
    kind: "enum",
    metavar: "ACTION",
    choices: ACTIONS,
    default: "reject",
    description: "What happens to a message in which something is found",
  },
  "mark-header": {
    kind: "header-name",
    metavar: "NAME",
    default: "X-Attachments-Found",
    description: "The header that the action mark adds",
  },
  keep: {
    kind: "string",
    metavar: "FOLDER",
    example: "/var/lib/milterkit/stripped",
    description:
      "The folder in which strip saves the complete original message, readable only by the service's user",
  },
  "keep-nothing": {
    kind: "flag",
    description: "Let strip remove attachments without saving the original",
  },
  note: {
    kind: "file",
    metavar: "FILE",
    example: "/etc/milterkit/stripped.txt",
    description: "A text in UTF-8 that replaces each part that strip removes",
  },
  "on-unstrippable": {
    kind: "enum",
    metavar: "ACTION",
    choices: UNSTRIPPABLE_ACTIONS,
    default: "reject",
    description:
      "What happens to a message from which strip cannot remove a part because it is signed or encrypted",
  },
} as const satisfies OptionDeclarations;
