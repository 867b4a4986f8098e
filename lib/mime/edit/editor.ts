/**
 * Edits a message: adds text to it, replaces parts, removes parts. All other bytes stay unchanged.
 *
 * An edit never changes signed or encrypted content, and its result says so. Nothing is applied until the new body is
 * read, which is made piece by piece from the old one.
 *
 *     const editor = new MimeEditor(await parseMime(source, { header }), source);
 *     const { done, refused } = await editor.addText({ text: "Example Ltd" });
 *     for await (const piece of editor.body()) …   // the new body
 *     for (const { name, value } of editor.fields) …   // changes of the message's header
 *
 * `fields` is empty if the bytes that were read include the header: then the header is changed there.
 *
 * @module
 */

import type { ByteSource } from "../byte_source.ts";
import type { MimeMessage } from "../parse_mime.ts";
import type { Part } from "../part.ts";
import { addedText } from "./added_text.ts";
import { checkAddition, type TextAddition } from "./text_addition.ts";
import {
  type EditRefusal,
  type EditResult,
  editResult,
  type RefusedEdit,
  refusedEdit,
} from "./edit_result.ts";
import type { FieldChange, LineEnd, PartChange } from "./part_change.ts";
import { removedParts } from "./removal.ts";
import { replacedPart, type Replacement } from "./replacement.ts";
import { sortedSplices, type Splice, spliced } from "./splice.ts";
import { textTargets } from "./text_targets.ts";

/** A part of another message: a bug in the caller. */
export class ForeignPartError extends Error {
  override readonly name = "ForeignPartError";
  /** Always `foreign-part`. */
  readonly code = "foreign-part";
  /** The part. */
  readonly value: Part;

  /** @param value the part */
  constructor(value: Part) {
    super(
      `Cannot edit a part of type ${value.type}: it is of another message, or of this one before it changed`,
    );
    this.value = value;
  }
}

/**
 * The edits of one message. Await each before the next.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { bytesSource } from "../byte_source.ts";
 * import { parseMime } from "../parse_mime.ts";
 * import { MimeEditor } from "./editor.ts";
 *
 * const source = bytesSource(new TextEncoder().encode("Subject: Hi\r\n\r\nHello\r\n"));
 * const editor = new MimeEditor(await parseMime(source), source);
 * await editor.addText({ text: "Example Ltd" });
 * let text = "";
 * for await (const piece of editor.body()) text += new TextDecoder().decode(piece);
 * assert.equal(text, "Subject: Hi\r\n\r\nHello\r\n\r\nExample Ltd\r\n");
 * ```
 */
export class MimeEditor {
  readonly #message: MimeMessage;
  readonly #source: ByteSource;
  readonly #additions = new Map<Part, readonly TextAddition[]>();
  readonly #texts = new Map<Part, PartChange>();
  /** The new content of parts; undefined: they are removed. */
  readonly #replaced = new Map<Part, PartChange | undefined>();
  #lineEnd: LineEnd | undefined;

  /**
   * @param message the message as it was read
   * @param source the bytes that were read
   */
  constructor(message: MimeMessage, source: ByteSource) {
    this.#message = message;
    this.#source = source;
  }

  /** Whether anything changes. */
  get isChanged(): boolean {
    return this.#texts.size > 0 || this.#replaced.size > 0;
  }

  /** The changes to the message's header, in order, if the header was given separately. */
  get fields(): readonly FieldChange[] {
    return this.#changes().flatMap(({ fields }) => fields);
  }

  /** The changes to the bytes that were read, sorted by position. */
  get splices(): readonly Splice[] {
    const removed = [...this.#replaced].flatMap(([part, change]) => change === undefined ? [part] : []);
    return sortedSplices([
      ...this.#changes().flatMap(({ splices }) => splices),
      ...removedParts(removed.filter((part) => !this.#isInside(part)), this.#lineEnd ?? "\r\n"),
    ]);
  }

  /**
   * The bytes with all changes, in pieces.
   *
   * @param isBrief whether each piece is used only until the next one is requested
   */
  body(isBrief = false): AsyncGenerator<Uint8Array, void> {
    return spliced(this.#source, this.splices, isBrief);
  }

  /**
   * Adds text where people read it: to the text of the message or, if there are alternatives such as plain text and
   * HTML, to each of them. In a multipart, it goes to the last text, or to the first one for the top; never into
   * attachments or attached messages. A part keeps its charset and encoding if they can represent the text. If its
   * charset lacks a character, this part alone becomes UTF-8.
   *
   * @param addition the text
   * @throws {InvalidAdditionError} if it is invalid
   * @throws what the source throws
   */
  async addText(addition: TextAddition): Promise<EditResult> {
    checkAddition(addition);
    const { root } = this.#message;
    const targets = textTargets(root, addition.at ?? "end");
    const changed: Part[] = [];
    const refused: RefusedEdit[] = [...targets.refused];
    const lineEnd = await this.#ownLineEnd();
    for (const part of targets.parts) {
      const additions = [...this.#additions.get(part) ?? [], addition];
      const change = this.#isGone(part) ? "changed" : await addedText(part, this.#source, additions, lineEnd);
      if (typeof change === "string") {
        refused.push(refusedEdit(part, change));
        continue;
      }
      this.#additions.set(part, additions);
      this.#texts.set(part, change);
      changed.push(part);
    }
    if (changed.length === 0 && refused.length === 0) refused.push(refusedEdit(root, "no-text"));
    return editResult(changed, refused);
  }

  /**
   * Replaces a part, and all parts inside it, including text that was added to it.
   *
   * @param part a part of this message
   * @param replacement the new content
   * @throws {ForeignPartError} if the part is of another message
   * @throws {InvalidReplacementError} if the replacement is invalid
   */
  async replace(part: Part, replacement: Replacement): Promise<EditResult> {
    const refusal = this.#refusalOf(part);
    if (refusal !== undefined) return editResult([], [refusedEdit(part, refusal)]);
    this.#replaced.set(part, await replacedPart(part, replacement, this.#source, await this.#ownLineEnd()));
    return editResult([part], []);
  }

  /**
   * Removes a part, and all parts inside it. If all parts of a multipart are removed, it keeps an empty text, as does a
   * message, since neither may be without content.
   *
   * @param part a part of this message
   * @throws {ForeignPartError} if the part is of another message
   */
  async remove(part: Part): Promise<EditResult> {
    if (!part.parent?.isMultipart) return await this.replace(part, { text: "" });
    const refusal = this.#refusalOf(part);
    if (refusal !== undefined) return editResult([], [refusedEdit(part, refusal)]);
    await this.#ownLineEnd();
    this.#replaced.set(part, undefined);
    return editResult([part], []);
  }

  #refusalOf(part: Part): EditRefusal | undefined {
    if (this.#message.parts[part.index] !== part) throw new ForeignPartError(part);
    if (this.#isGone(part)) return "changed";
    if (part.container !== undefined) return "inside-encoded";
    // A signed part may be removed as a whole.
    return part.parent?.isEncrypted ? "encrypted" : part.parent?.isSigned ? "signed" : undefined;
  }

  /** Whether an edit has replaced or removed a part, or a part that contains it. */
  #isGone(part: Part): boolean {
    return this.#replaced.has(part) || this.#isInside(part);
  }

  #isInside({ parent }: Part): boolean {
    return parent !== undefined && this.#isGone(parent);
  }

  /** The changes to texts and replaced parts that take effect. */
  #changes(): PartChange[] {
    const texts = [...this.#texts].filter(([part]) => !this.#isGone(part));
    const replaced = [...this.#replaced].filter(([part]) => !this.#isInside(part));
    return [...texts, ...replaced].flatMap(([, change]) => change ?? []);
  }

  /** The line end of the message, taken from its first line. */
  async #ownLineEnd(): Promise<LineEnd> {
    if (this.#lineEnd !== undefined) return this.#lineEnd;
    let last = 0;
    for await (const piece of this.#source.read(0, this.#source.size)) {
      const lf = piece.indexOf(0x0a);
      const before = lf > 0 ? piece[lf - 1] : last;
      if (lf >= 0) return this.#lineEnd = before === 0x0d ? "\r\n" : "\n";
      last = piece.at(-1) ?? 0;
    }
    return this.#lineEnd = "\r\n";
  }
}
