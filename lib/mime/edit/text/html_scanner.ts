/**
 * Scans HTML incrementally for the places where something can be added, and for the text that people see.
 *
 * It follows the tokenizer of the HTML standard (13.2.5) as far as necessary: what looks like a tag within a comment,
 * an attribute value or a style is not one. It takes linear time, and keeps only positions.
 *
 * @module
 */

/** The positions where something can be added, in the units that were scanned: bytes or UTF-16 units. */
export interface HtmlPlaces {
  /** After the tag that begins the body; without one, after the head, the tag of the document, or the doctype. */
  readonly top: number;
  /**
   * Before the tag that ends the body; without one, before the one that ends the document. Without either: at the end, but
   * before a tag, comment or style that never ends.
   */
  readonly end: number;
}

const BANG = 0x21;
const DOUBLE_QUOTE = 0x22;
const SINGLE_QUOTE = 0x27;
const DASH = 0x2d;
const SLASH = 0x2f;
const LESS = 0x3c;
const EQUALS = 0x3d;
const GREATER = 0x3e;
const QUESTION = 0x3f;

const TEXT = 0;
const TAG_OPEN = 1;
const END_TAG_OPEN = 2;
const TAG_NAME = 3;
const IN_TAG = 4;
const BEFORE_VALUE = 5;
const UNQUOTED = 6;
const DOUBLE_QUOTED = 7;
const SINGLE_QUOTED = 8;
const DECLARATION = 9;
const DECLARATION_DASH = 10;
const BOGUS_COMMENT = 11;
const COMMENT_START = 12;
const COMMENT_START_DASH = 13;
const COMMENT = 14;
const RAW_TEXT = 15;

/** The elements whose content is not HTML. */
const RAW_ELEMENTS: ReadonlySet<string> = new Set([
  "iframe",
  "noembed",
  "noframes",
  "script",
  "style",
  "textarea",
  "title",
  "xmp",
]);
/** No name that matters is longer. */
const LONGEST_NAME = 9;

/**
 * Reads HTML in pieces.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { HtmlScanner } from "./html_scanner.ts";
 *
 * const scanner = new HtmlScanner();
 * scanner.push(new TextEncoder().encode("<body>Hello<!-- </body> --></body>"));
 * assert.deepEqual(scanner.places, { top: 6, end: 27 });
 * ```
 */
export class HtmlScanner {
  readonly #onText: ((unit: number) => void) | undefined;
  #at = 0;
  #state = TEXT;
  /** Where the current tag, comment or raw text began. */
  #start = 0;
  #name = "";
  #isEndTag = false;
  /** Whether a name precedes an equals sign in a tag. */
  #named = false;
  /**
   * The number of dashes directly before this position in a comment, up to two; 3: two dashes and an exclamation mark.
   */
  #dashes = 0;
  /** The end tag that ends the raw text, and how much of it was just read. */
  #rawEnd = "";
  #rawMatched = 0;
  #bodyTop: number | undefined;
  /** Where a body without a tag begins: after what may precede it. */
  #otherTop = 0;
  /** Whether anything was seen that belongs to the body. */
  #seen = false;
  #bodyEnd: number | undefined;
  #documentEnd: number | undefined;

  /** @param onText receives each unit between tags; character references are not decoded */
  constructor(onText?: (unit: number) => void) {
    this.#onText = onText;
  }

  /** Where something can be added to what was scanned so far. */
  get places(): HtmlPlaces {
    const end = this.#bodyEnd ?? this.#documentEnd ?? (this.#state === TEXT ? this.#at : this.#start);
    return { top: Math.min(this.#bodyTop ?? this.#otherTop, end), end };
  }

  /** Scans a piece: bytes in a charset that includes ASCII, or UTF-16 units. */
  push(units: Uint8Array | Uint16Array): void {
    for (let i = 0; i < units.length; i++) {
      if (this.#state === TEXT && this.#seen && this.#onText === undefined) {
        // Only the next tag matters.
        const next = units.indexOf(LESS, i);
        const skipped = (next < 0 ? units.length : next) - i;
        this.#at += skipped;
        i += skipped;
        if (next < 0) return;
      }
      this.#unit(units[i]!);
      this.#at++;
    }
  }

  #unit(unit: number): void {
    switch (this.#state) {
      case TEXT:
        if (unit === LESS) this.#begin(TAG_OPEN);
        else this.#seeText(unit);
        break;
      case TAG_OPEN:
        if (isLetter(unit)) this.#beginName(unit, false);
        else if (unit === SLASH) this.#state = END_TAG_OPEN;
        else if (unit === BANG) this.#state = DECLARATION;
        else if (unit === QUESTION) this.#state = BOGUS_COMMENT;
        else this.#noTag(unit);
        break;
      case END_TAG_OPEN:
        if (isLetter(unit)) this.#beginName(unit, true);
        else this.#state = unit === GREATER ? TEXT : BOGUS_COMMENT;
        break;
      case TAG_NAME:
        if (unit === GREATER) this.#endTag();
        else if (isSpace(unit) || unit === SLASH) this.#inTag();
        else if (this.#name.length <= LONGEST_NAME) this.#name += lower(unit);
        break;
      case IN_TAG:
        if (unit === GREATER) this.#endTag();
        else if (unit === EQUALS && this.#named) this.#state = BEFORE_VALUE;
        else if (!isSpace(unit)) this.#named = unit !== SLASH;
        break;
      case BEFORE_VALUE:
        if (unit === GREATER) this.#endTag();
        else if (unit === DOUBLE_QUOTE) this.#state = DOUBLE_QUOTED;
        else if (unit === SINGLE_QUOTE) this.#state = SINGLE_QUOTED;
        else if (!isSpace(unit)) this.#state = UNQUOTED;
        break;
      case UNQUOTED:
        if (unit === GREATER) this.#endTag();
        else if (isSpace(unit)) this.#inTag();
        break;
      case DOUBLE_QUOTED:
        if (unit === DOUBLE_QUOTE) this.#inTag();
        break;
      case SINGLE_QUOTED:
        if (unit === SINGLE_QUOTE) this.#inTag();
        break;
      case RAW_TEXT:
        this.#rawText(unit);
        break;
      default:
        this.#comment(unit);
    }
  }

  /** A unit of a comment or of markup that is parsed like one. */
  #comment(unit: number): void {
    const ends = unit === GREATER;
    switch (this.#state) {
      case DECLARATION:
        this.#state = unit === DASH ? DECLARATION_DASH : ends ? TEXT : BOGUS_COMMENT;
        break;
      case DECLARATION_DASH:
        this.#state = unit === DASH ? COMMENT_START : ends ? TEXT : BOGUS_COMMENT;
        break;
      case BOGUS_COMMENT:
        if (ends) this.#endHeading();
        break;
      case COMMENT_START:
      case COMMENT_START_DASH:
        this.#dashes = unit === DASH ? this.#state - COMMENT_START + 1 : 0;
        if (ends) this.#state = TEXT;
        else this.#state = unit === DASH && this.#state === COMMENT_START ? COMMENT_START_DASH : COMMENT;
        break;
      case COMMENT:
        if (ends && this.#dashes >= 2) this.#state = TEXT;
        else if (unit === DASH) this.#dashes = this.#dashes === 3 ? 1 : Math.min(this.#dashes + 1, 2);
        else this.#dashes = unit === BANG && this.#dashes === 2 ? 3 : 0;
    }
  }

  #rawText(unit: number): void {
    const matched = this.#rawMatched;
    if (matched === this.#rawEnd.length && (isSpace(unit) || unit === SLASH || unit === GREATER)) {
      this.#name = this.#rawEnd.slice(2);
      this.#isEndTag = true;
      if (unit === GREATER) this.#endTag();
      else this.#inTag();
    } else if (matched < this.#rawEnd.length && lower(unit) === this.#rawEnd[matched]) this.#rawMatched++;
    else this.#rawMatched = unit === LESS ? 1 : 0;
  }

  #begin(state: number): void {
    this.#state = state;
    this.#start = this.#at;
  }

  #beginName(unit: number, isEndTag: boolean): void {
    this.#state = TAG_NAME;
    this.#name = lower(unit);
    this.#isEndTag = isEndTag;
  }

  #inTag(): void {
    this.#state = IN_TAG;
    this.#named = false;
  }

  #seeText(unit: number): void {
    this.#seen ||= !isSpace(unit);
    this.#onText?.(unit);
  }

  /** What looked like a tag is text. */
  #noTag(unit: number): void {
    this.#seeText(LESS);
    this.#state = TEXT;
    this.#unit(unit);
  }

  /** At the end of what may come before the body, such as the doctype. */
  #endHeading(): void {
    this.#state = TEXT;
    if (!this.#seen) this.#otherTop = this.#at + 1;
  }

  #endTag(): void {
    const name = this.#name;
    this.#state = TEXT;
    if (this.#isEndTag) {
      if (name === "body") this.#bodyEnd = this.#start;
      else if (name === "html") this.#documentEnd = this.#start;
      else if (name === "head") this.#endHeading();
    } else if (name === "body") this.#bodyTop ??= this.#at + 1;
    else if (name === "html") this.#endHeading();
    else if (RAW_ELEMENTS.has(name)) {
      this.#state = RAW_TEXT;
      this.#rawEnd = `</${name}`;
      this.#rawMatched = 0;
    }
  }
}

function isLetter(unit: number): boolean {
  const letter = unit | 0x20;
  return letter >= 0x61 && letter <= 0x7a;
}

/** A tab, line end, form feed or space. */
function isSpace(unit: number): boolean {
  return unit === 0x20 || unit === 0x09 || unit === 0x0a || unit === 0x0c || unit === 0x0d;
}

function lower(unit: number): string {
  return String.fromCharCode(unit >= 0x41 && unit <= 0x5a ? unit | 0x20 : unit);
}
