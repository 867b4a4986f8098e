/**
 * The text that replaces a part.
 *
 * @module
 */

import { OptionError } from "../../lib/options/options.ts";
import { readTextFile } from "../../lib/options/text_file.ts";

/** What a note can say. */
export interface NoteValues {
  /** The name of the part for people. */
  readonly name: string;
  /** Its media type. */
  readonly type: string;
  /** How large it is, for people. */
  readonly size: string;
  /** Why it was removed: `invoice.exe in files.zip is a program by its name (.exe)`. */
  readonly reason: string;
  /** The name of the file with the original; empty if that is not kept. */
  readonly id: string;
}

const NAMES: readonly (keyof NoteValues)[] = ["name", "type", "size", "reason", "id"];

const USUAL = `The attachment "{name}" ({type}, {size}) was removed from this message.

Reason: {reason}.
`;
const KEPT = `
The mail administrator can give you the original message: {id}
`;
/** The maximum length of a value that is filled in; senders choose some values. */
const LONGEST_VALUE = 500;

/** Makes the text that replaces a part. */
export type Note = (values: NoteValues) => string;

/**
 * Reads the template of notes.
 *
 * @param path the file in UTF-8, in which `{name}`, `{type}`, `{size}`, `{reason}` and `{id}` stand for values, and `{{` for a
 * brace; undefined for the usual text
 * @param isKept whether originals are kept
 * @throws {OptionError} if the file cannot be read, or names another value
 */
export function readNote(path: string | undefined, isKept: boolean): Note {
  const template = path === undefined ? USUAL + (isKept ? KEPT : "") : readTemplate(path, isKept);
  return (values) =>
    template.replace(/\{\{|\{([a-z]+)\}/g, (_, name?: keyof NoteValues) => {
      return name === undefined ? "{" : values[name].slice(0, LONGEST_VALUE);
    });
}

function readTemplate(path: string, isKept: boolean): string {
  const fail = (reason: string): never => {
    throw new OptionError("note", path, reason);
  };
  const template = readTextFile("note", path);
  if (template.trim() === "") fail("it is empty");
  for (const [text, name] of template.matchAll(/\{\{|\{([^{}]*)\}?/g)) {
    if (text === "{{") continue;
    if (!text.endsWith("}") || !NAMES.includes(name as keyof NoteValues)) {
      fail(`${text} is none of {${NAMES.join("}, {")}}; write {{ for a brace`);
    }
    if (name === "id" && !isKept) fail("{id} names the kept original, and --keep-nothing keeps none");
  }
  return template;
}
