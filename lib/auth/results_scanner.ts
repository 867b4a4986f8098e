/**
 * Takes the text of an Authentication-Results field apart into words, quoted strings, white space and comments.
 *
 * @module
 */
import { isKeyword, isTokenCode } from "./results_grammar.ts";

/** The characters of a dot-atom that are not in tokens. */
const [SLASH, EQUALS, QUESTION] = [0x2f, 0x3d, 0x3f];

/** White space and comments between two words. */
export interface Space {
  /** Whether there is any. */
  readonly any: boolean;
  /** The first comment, without its parentheses, backslashes and folding. */
  readonly comment?: string;
}

/** Reads a text from its beginning to its end. What does not follow the grammar gives undefined. */
export class ResultsScanner {
  readonly #text: string;
  #at: number = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** Whether everything is read. */
  get ended(): boolean {
    return this.#at === this.#text.length;
  }

  /** The next character; empty at the end. */
  get next(): string {
    return this.#text.charAt(this.#at);
  }

  /** Reads a character if it is the next one. */
  take(char: string): boolean {
    if (this.next !== char) return false;
    this.#at++;
    return true;
  }

  /** Reads white space and comments (RFC 5322 section 3.2.2, CFWS), of which there may be none. */
  space(): Space | undefined {
    const start = this.#at;
    let comment: string | undefined;
    for (;;) {
      const blank = this.#blank();
      if (blank === undefined) return undefined;
      if (this.next !== "(") break;
      const found = this.#comment();
      if (found === undefined) return undefined;
      comment ??= found;
    }
    const any = this.#at > start;
    return comment === undefined ? { any } : { any, comment };
  }

  /** Reads a method, result, ptype or property, and gives it in lower case. */
  keyword(): string | undefined {
    const word = this.#while((code) => /[A-Za-z0-9-]/.test(String.fromCharCode(code)));
    return isKeyword(word) ? word.toLowerCase() : undefined;
  }

  /** Reads a version. */
  version(): number | undefined {
    const digits = this.#while((code) => code >= 0x30 && code <= 0x39);
    return digits === "" ? undefined : Number(digits);
  }

  /** Reads all characters that may be in a token or in a dot-atom. */
  run(): string {
    return this.#while((code) => isTokenCode(code) || code === SLASH || code === EQUALS || code === QUESTION);
  }

  /** Reads a quoted string, and gives what is in it without backslashes and folding. */
  quoted(): string | undefined {
    if (!this.take('"')) return undefined;
    let content = "";
    while (!this.ended) {
      if (this.take('"')) return content;
      const more = this.#piece();
      if (more === undefined) return undefined;
      content += more;
    }
    return undefined;
  }

  #while(belongs: (code: number) => boolean): string {
    const start = this.#at;
    while (this.#at < this.#text.length && belongs(this.#text.charCodeAt(this.#at))) this.#at++;
    return this.#text.slice(start, this.#at);
  }

  /** Reads white space, and gives it without line ends. Each of them must begin a fold. */
  #blank(): string | undefined {
    const text = this.#while((code) => code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d);
    return /\n(?![ \t])|\r(?!\n)/.test(text) ? undefined : text.replace(/[\r\n]+/g, "");
  }

  /** Reads a part of a quoted string or comment: white space or a character. */
  #piece(): string | undefined {
    return /^[ \t\r\n]$/.test(this.next) ? this.#blank() : this.#character();
  }

  /** Reads a printable character, which a backslash may escape, or an escaped blank. */
  #character(): string | undefined {
    const escaped = this.take("\\");
    const char = this.next;
    if (!/^[\x21-\x7e\xa0-\uffff]$/.test(char) && !(escaped && /^[ \t]$/.test(char))) return undefined;
    this.#at++;
    return char;
  }

  /** Reads a comment. Comments in it keep their parentheses. */
  #comment(): string | undefined {
    let depth = 0;
    let content = "";
    while (!this.ended) {
      if (this.take("(")) {
        if (depth++ > 0) content += "(";
      } else if (this.take(")")) {
        if (--depth === 0) return content;
        content += ")";
      } else {
        const more = this.#piece();
        if (more === undefined) return undefined;
        content += more;
      }
    }
    return undefined;
  }
}
