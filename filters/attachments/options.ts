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
      "Files with such a name: * stands for any characters, ? for one, {a,b} for a or b; the case of letters does not matter",
  },
  "except-file-name": {
    kind: "string",
    metavar: "PATTERN",
    repeatable: true,
    example: "*.pdf",
    description: "Leave out files with such a name: with --file-name *, all others are found",
  },
  type: {
    kind: "string",
    metavar: "PATTERN",
    repeatable: true,
    example: "application/x-msdownload",
    description: "Parts of such a media type, by what the message says or by what the content shows",
  },
  executable: {
    kind: "flag",
    description: "Programs, scripts, installers, links and disk images, by their names and by their content",
  },
  "double-extension": {
    kind: "flag",
    description: "Programs whose names look like those of documents, such as invoice.pdf.exe",
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
    description: "Archives with encrypted content, which nobody can look at without the password",
  },
  "unreadable-archive": {
    kind: "flag",
    description: "Archives that cannot be listed: damaged, or of a kind that is not read",
  },
  ambiguous: {
    kind: "flag",
    description:
      "Parts that mail programs may read in another way, so that they see other files: with two boundaries or encodings, say",
  },
  "archive-depth": {
    kind: "integer",
    metavar: "COUNT",
    max: 10,
    default: "3",
    description: "How many archives inside one another are listed; 0: archives are not looked into",
  },
  "archive-files": {
    kind: "integer",
    metavar: "COUNT",
    min: 1,
    max: 1_000_000,
    default: "10000",
    description: "Most files in all archives of a message",
  },
  "archive-bytes": {
    kind: "size",
    metavar: "SIZE",
    min: 1_000_000,
    max: 10_000_000_000,
    default: "250MB",
    description: "Most bytes to read and unpack in order to list all archives of a message",
  },
  "on-limit": {
    kind: "enum",
    metavar: "ACTION",
    choices: ON_LIMIT_ACTIONS,
    default: "action",
    description:
      "What happens to a message that exceeds a limit of archives or parts, so that not all is looked at; action: the same as if something was found",
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
    description: "The folder in which strip keeps the whole original message, readable for its own user only",
  },
  "keep-nothing": {
    kind: "flag",
    description: "Let strip remove attachments for good",
  },
  note: {
    kind: "file",
    metavar: "FILE",
    example: "/etc/milterkit/stripped.txt",
    description: "The text that takes the place of a part that strip removes, in UTF-8",
  },
  "on-unstrippable": {
    kind: "enum",
    metavar: "ACTION",
    choices: UNSTRIPPABLE_ACTIONS,
    default: "reject",
    description:
      "What happens to a message from which strip cannot remove something, because that is signed or encrypted",
  },
} as const satisfies OptionDeclarations;
