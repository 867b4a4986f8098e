/**
 * The content of a message for a filter that changes it.
 *
 * @module
 */

import type { Headers } from "../message/header_list.ts";
import type { KeptContent } from "../message/kept_content.ts";
import type { TextAddition } from "../mime/edit/text_addition.ts";
import { MimeEditor } from "../mime/edit/editor.ts";
import type { EditResult } from "../mime/edit/edit_result.ts";
import type { FieldChange } from "../mime/edit/part_change.ts";
import type { Replacement } from "../mime/edit/replacement.ts";
import type { Part } from "../mime/part.ts";
import { MessageContent } from "./message_content.ts";

/** The edits of one message, for the chain to apply. */
export interface ContentEdits {
  /** What was done, in words, such as `add text at the end`. */
  readonly words: readonly string[];
  /** What changes in the header. */
  readonly fields: readonly FieldChange[];
  /** The new body, in pieces, each of use only until the next one is asked for; undefined if the body stays. */
  body(): AsyncIterable<Uint8Array> | undefined;
}

/**
 * The content of a message, for the `eom` of a filter that declares `content: "mime"` and `editContent` in its `changes`.
 *
 * An edit leaves every byte of the message as it is that it does not mean, and changes nothing that is signed or encrypted:
 * its result says what was done, and what was not and why. Edits take effect when the callback succeeds; until then, all
 * parts read as before. Body and header are changed by what the MTA offers for that (`smfi_replacebody`,
 * `smfi_chgheader`), and the body is written piece by piece.
 *
 * Each method throws {@linkcode InvalidChangeError} if `editContent` is not declared, once the callback is over, and after
 * `replaceBody`.
 */
export class ContentEditor extends MessageContent implements ContentEdits {
  readonly words: string[] = [];
  readonly #mayEdit: () => void;
  readonly #edited: () => void;
  #editor: MimeEditor | undefined;
  #last: Promise<unknown> | undefined;

  /**
   * @param kept the kept body
   * @param headers the header
   * @param mayEdit throws if the filter may not edit
   * @param edited called when something changes
   */
  constructor(kept: KeptContent, headers: Headers, mayEdit: () => void, edited: () => void) {
    super(kept, headers);
    this.#mayEdit = mayEdit;
    this.#edited = edited;
  }

  /**
   * Adds text where people read it: to the text of the message or, if there are alternatives such as plain text and HTML,
   * to each of them; never to attachments, nor to messages inside. Charset and encoding of a part stay if they can carry the
   * text; otherwise that part alone is written in UTF-8.
   *
   * @param addition the text
   * @returns the parts that changed, and those that should have but are signed, encrypted or unreadable
   */
  addText(addition: TextAddition): Promise<EditResult> {
    const words = `add text at the ${addition.at ?? "end"}`;
    return this.#edit((editor) => editor.addText(addition), words);
  }

  /**
   * Replaces a part, with all parts inside it, by a text or a file. If the part is the message itself, the fields of the
   * header that describe its content change too.
   *
   * @param part a part of this message
   * @param replacement what comes in its place
   * @returns whether it was replaced, or why not
   * @throws {ForeignPartError} as a rejection, for a part of another message
   * @throws {InvalidReplacementError} as a rejection, for a replacement that cannot be written
   */
  replace(part: Part, replacement: Replacement): Promise<EditResult> {
    return this.#edit((editor) => editor.replace(part, replacement), `replace ${shownPart(part)}`);
  }

  /**
   * Removes a part, with all parts inside it. What must not be without content, such as the message itself, is left with an
   * empty text.
   *
   * @param part a part of this message
   * @returns whether it was removed, or why not
   * @throws {ForeignPartError} as a rejection, for a part of another message
   */
  remove(part: Part): Promise<EditResult> {
    return this.#edit((editor) => editor.remove(part), `remove ${shownPart(part)}`);
  }

  /** Settled when the edits so far are planned, also those that the filter does not wait for; undefined if there are none. */
  get planned(): Promise<unknown> | undefined {
    return this.#last;
  }

  get fields(): readonly FieldChange[] {
    return this.#editor?.fields ?? [];
  }

  body(): AsyncIterable<Uint8Array> | undefined {
    const editor = this.#editor;
    return editor && editor.splices.length > 0 ? editor.body(true) : undefined;
  }

  /** Makes one edit after the other. */
  async #edit(edit: (editor: MimeEditor) => Promise<EditResult>, words: string): Promise<EditResult> {
    this.#mayEdit();
    const before = this.#last;
    const result = (async () => {
      await before;
      this.#editor ??= new MimeEditor(await this.mime(), this.source);
      const result = await edit(this.#editor);
      if (result.done) {
        this.words.push(words);
        this.#edited();
      }
      return result;
    })();
    this.#last = result.catch(() => {});
    return await result;
  }
}

/** The longest name of a part in a log. */
const LONGEST_NAME = 100;

/** A part in a log: its name in quotes, or its type. */
function shownPart({ fileName, type }: Part): string {
  return fileName === undefined ? type : JSON.stringify(fileName.slice(0, LONGEST_NAME));
}
