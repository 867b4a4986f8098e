/**
 * Finds the parameters in the value of a field, without decoding them.
 *
 * @module
 */

/** A parameter as in the field. */
export interface RawParameter {
  /** Its name, in lower case, with the asterisks of RFC 2231. */
  readonly name: string;
  /** Its value, without quotation marks and backslashes. */
  readonly text: string;
  /**
   * The same with its backslashes, if some are unnecessary: some programs write the backslashes of a path unescaped.
   */
  readonly verbatim?: string;
}

const BLANKS = /[ \t\r\n]*/y;
/** An unnecessary backslash: before neither a quotation mark nor another backslash. */
const LONE_BACKSLASH = /(?<!\\)(?:\\\\)*\\[^"\\]/;
const NAME = /[^=;( \t\r\n]*/y;
/** The continuation of an unquoted value. */
const PLAIN = /[^;"( \t\r\n]+/y;
/** Another parameter, where the semicolon before it is missing. */
const NEXT_PARAMETER = /[a-z][a-z0-9-]{0,60}(?:\*[0-9]{0,9}\*?)?=/iy;

/**
 * Scans the text of a field, of one character per byte, once: call {@linkcode value} first, then {@linkcode parameter}
 * until it returns undefined. Takes linear time.
 */
export class ParameterScanner {
  readonly #text: string;
  #at = 0;
  /** Whether an unclosed comment was found, so that no comment after it is closed either. */
  #noMoreComments = false;

  /** @param text everything after the colon */
  constructor(text: string) {
    this.#text = text;
  }

  /** What is before the first semicolon, without comments. */
  value(): string {
    let value = "";
    while (this.#at < this.#text.length && this.#char !== ";") {
      if (this.#char === '"') value += this.#quoted();
      else if (this.#comment()) continue;
      else {
        const blanks = this.#match(BLANKS);
        if (blanks !== "" && this.#startsParameter()) break;
        value += blanks === "" ? this.#text.charAt(this.#at++) : blanks;
      }
    }
    return value;
  }

  /** The next parameter; undefined at the end. */
  parameter(): RawParameter | undefined {
    while (this.#at < this.#text.length) {
      this.#blanksAndComments();
      if (this.#char === ";") {
        this.#at++;
        continue;
      }
      const name = this.#match(NAME).toLowerCase();
      this.#blanksAndComments();
      if (this.#char === "=") {
        this.#at++;
        const start = this.#at;
        const text = this.#parameterValue();
        const raw = this.#text.slice(start, this.#at);
        const verbatim = LONE_BACKSLASH.test(raw) ? raw.trim().replace(/^"|"$/g, "") : undefined;
        if (name !== "") return { name, text, ...(verbatim === undefined ? {} : { verbatim }) };
      } else if (name === "" && this.#char !== ";") this.#at++;
    }
    return undefined;
  }

  #parameterValue(): string {
    this.#blanksAndComments();
    let value = "";
    while (this.#at < this.#text.length && this.#char !== ";") {
      if (this.#char === '"') {
        value += this.#quoted();
        continue;
      }
      const plain = this.#match(PLAIN);
      value += plain;
      if (plain !== "") continue;
      const start = this.#at;
      if (this.#match(BLANKS) === "") {
        // A parenthesis directly after other characters, as in "report(1).pdf".
        value += this.#text.charAt(this.#at++);
        continue;
      }
      this.#blanksAndComments();
      if (this.#at >= this.#text.length || this.#char === ";" || this.#startsParameter()) break;
      // Spaces belong to an unquoted value, and so does "(1)" in "report (1).pdf".
      value += this.#text.slice(start, this.#at);
    }
    return value;
  }

  get #char(): string {
    return this.#text.charAt(this.#at);
  }

  #startsParameter(): boolean {
    NEXT_PARAMETER.lastIndex = this.#at;
    return NEXT_PARAMETER.test(this.#text);
  }

  /** Takes what matches from here on. */
  #match(expression: RegExp): string {
    expression.lastIndex = this.#at;
    const [match = ""] = expression.exec(this.#text) ?? [];
    this.#at += match.length;
    return match;
  }

  #blanksAndComments(): void {
    do this.#match(BLANKS); while (this.#comment());
  }

  /** Takes a comment, if there is one here; comments can be nested. */
  #comment(): boolean {
    if (this.#char !== "(" || this.#noMoreComments) return false;
    let depth = 0;
    for (let at = this.#at; at < this.#text.length; at++) {
      const char = this.#text.charAt(at);
      if (char === "\\") at++;
      else if (char === "(") depth++;
      else if (char === ")" && --depth === 0) {
        this.#at = at + 1;
        return true;
      }
    }
    this.#noMoreComments = true;
    return false;
  }

  /** Takes a quoted string; up to the end if it is not closed. */
  #quoted(): string {
    let value = "";
    let at = this.#at + 1;
    for (; at < this.#text.length && this.#text[at] !== '"'; at++) {
      if (this.#text[at] === "\\" && at + 1 < this.#text.length) at++;
      value += this.#text.charAt(at);
    }
    this.#at = at + 1;
    return value;
  }
}
