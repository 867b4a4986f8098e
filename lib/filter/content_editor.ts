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
  /** The edits in words, such as `add text at the end`. */
  readonly words: readonly string[];
  /** The changes to the header. */
  readonly fields: readonly FieldChange[];
  /** The new body in pieces, each valid only until the next one is requested; undefined if the body stays. */
  body(): AsyncIterable<Uint8Array> | undefined;
}

/**
 * The content of a message, for the `eom` of a filter that declares `content: "mime"` and `editContent` in its
 * `changes`.
 *
 * An edit changes only the bytes that it must, and nothing that is signed or encrypted: its result says what was
 * changed, what was not, and why. Edits take effect when the callback succeeds; until then, all parts read as before.
 * The MTA receives the changes as a new body (`smfi_replacebody`), written piece by piece, and as header changes
 * (`smfi_chgheader`).
 *
 * Each method throws {@linkcode InvalidChangeError} if `editContent` is not declared, once the callback is over, and
 * after `replaceBody`.
 */
export class ContentEditor extends MessageContent implements ContentEdits {
  readonly words: string[] = [];
  readonly #mayEdit: () => void;
  readonly #edited: () => void;
  #editor: MimeEditor | undefined;
  #last: Promise<unknown> | undefined;
  readonly #unfinished = new Set<Promise<unknown>>();

  /**
   * @param kept the kept body
   * @param headers the header
   * @param mayEdit throws if the filter may not edit
   * @param edited called when an edit changes something
   */
  constructor(kept: KeptContent, headers: Headers, mayEdit: () => void, edited: () => void) {
    super(kept, headers);
    this.#mayEdit = mayEdit;
    this.#edited = edited;
  }

  /**
   * Adds text where people read it: to the text of the message or, if there are alternatives such as plain text and
   * HTML, to each of them; never to attachments or attached messages. A part keeps its charset and encoding if they can
   * represent the text; otherwise that part alone becomes UTF-8.
   *
   * @param addition the text
   * @returns the parts that changed, and those that could not be changed because they are signed, encrypted or
   * unreadable
   * @throws {InvalidAdditionError} as a rejection, if the text, HTML or place is invalid
   */
  addText(addition: TextAddition): Promise<EditResult> {
    const words = `add text at the ${addition.at ?? "end"}`;
    return this.#edit((editor) => editor.addText(addition), words);
  }

  /**
   * Replaces a part, and all parts inside it, with a text or a file. If the part is the message itself, the header
   * fields that describe its content change too.
   *
   * @param part a part of this message
   * @param replacement the new content
   * @returns whether it was replaced, or why not
   * @throws {ForeignPartError} as a rejection, for a part of another message
   * @throws {InvalidReplacementError} as a rejection, for an invalid replacement
   */
  replace(part: Part, replacement: Replacement): Promise<EditResult> {
    return this.#edit((editor) => editor.replace(part, replacement), `replace ${shownPart(part)}`);
  }

  /**
   * Removes a part, and all parts inside it. A part that must have content, such as the message itself, is left with an
   * empty text.
   *
   * @param part a part of this message
   * @returns whether it was removed, or why not
   * @throws {ForeignPartError} as a rejection, for a part of another message
   */
  remove(part: Part): Promise<EditResult> {
    return this.#edit((editor) => editor.remove(part), `remove ${shownPart(part)}`);
  }

  /** Resolves when all edits in progress have ended, with the first of their errors; undefined if there are none. */
  get unfinished(): Promise<unknown> | undefined {
    return this.#unfinished.size > 0 ? Promise.all(this.#unfinished) : undefined;
  }

  get fields(): readonly FieldChange[] {
    return this.#editor?.fields ?? [];
  }

  body(): AsyncIterable<Uint8Array> | undefined {
    const editor = this.#editor;
    return editor && editor.splices.length > 0 ? editor.body(true) : undefined;
  }

  /** Makes one edit after the other. */
  #edit(edit: (editor: MimeEditor) => Promise<EditResult>, words: string): Promise<EditResult> {
    const result = this.#editNext(edit, words);
    this.#last = result.catch(() => {});
    // A separate promise, so that an error that nobody waits for is still reported as unhandled.
    const answer = (async () => await result)();
    this.#unfinished.add(answer);
    void this.#last.then(() => this.#unfinished.delete(answer));
    return answer;
  }

  async #editNext(edit: (editor: MimeEditor) => Promise<EditResult>, words: string): Promise<EditResult> {
    this.#mayEdit();
    await this.#last;
    this.#editor ??= new MimeEditor(await this.mime(), this.source);
    const result = await edit(this.#editor);
    if (result.done) {
      this.words.push(words);
      this.#edited();
    }
    return result;
  }
}

/** The maximum length of a part's name in a log. */
const LONGEST_NAME = 100;

/** A part in a log: its name in quotes, or its type. */
function shownPart({ fileName, type }: Part): string {
  return fileName === undefined ? type : JSON.stringify(fileName.slice(0, LONGEST_NAME));
}
