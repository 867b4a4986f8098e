// Authentication-Results fields by chance that follow RFC 8601, with what they say.
import type { AuthProperty, AuthResult } from "../../lib/auth/authentication_results.ts";
import type { AuthResultsField } from "../../lib/auth/parse_auth_results.ts";
import type { Random } from "../support/random.ts";

/** A field, and what it says. */
export interface Sample {
  readonly text: string;
  readonly field: AuthResultsField;
}

/** Whether a field may have everything that the grammar allows, or only what programs write and most of them read. */
export type Style = "anything" | "common";

/** A spelling in a field, and what it stands for. */
type Spelled = readonly [text: string, meaning: string];

const METHODS = ["spf", "DKIM", "dmarc", "Arc", "iprev", "auth", "x-own-2", "none"];
const RESULTS = ["pass", "FAIL", "none", "softfail", "temperror", "hard-2fail"];
const PTYPES = ["smtp", "Header", "policy", "body"];
const PROPERTIES = ["mailfrom", "d", "From", "remote-ip", "x-2"];

const IDS: readonly Spelled[] = ["mx.example.net", "MX", "_mx-1.example", "192.0.2.1"].map((id) => [id, id]);
const ODD_IDS: readonly Spelled[] = [
  ['"mx.example.net"', "mx.example.net"],
  ['"my \\"host\\" (1);"', 'my "host" (1);'],
  ['"a\r\n b"', "a b"],
  ["mx.b\u00fccher.example", "mx.b\u00fccher.example"],
];
const VALUES: readonly Spelled[] = [
  "example.org",
  "joe@example.org",
  "@example.org",
  "192.0.2.1",
  "AbC+d_e",
  "a=b@c.example",
]
  .map((value) => [value, value]);
const ODD_VALUES: readonly Spelled[] = [
  ['"joe"@example.org', "joe@example.org"],
  ['"j\\"o e"@example.org', '"j\\"o e"@example.org'],
  ['""@example.org', '""@example.org'],
  ["joe (c) @example.org", "joe@example.org"],
  ["j/o?e=1@b\u00fccher.example", "j/o?e=1@b\u00fccher.example"],
  ["{a.b}|c~d!e$f%g^h*i'j`k#l&m", "{a.b}|c~d!e$f%g^h*i'j`k#l&m"],
];
const QUOTED: readonly Spelled[] = [
  ['"2001:db8::1"', "2001:db8::1"],
  ['"a; dkim=pass (b"', "a; dkim=pass (b"],
  ['"AbC/+d=="', "AbC/+d=="],
];
const ODD_QUOTED: readonly Spelled[] = [
  ['"\\"\\\\\\a"', '"\\a'],
  ['""', ""],
  ['" a\r\n\tb\n c "', " a\tb c "],
  ['"\u00e9 =?utf-8?q?c?="', "\u00e9 =?utf-8?q?c?="],
];
const COMMENTS: readonly Spelled[] = [["(c)", "c"], ["(2048-bit key; x)", "2048-bit key; x"], [
  "(p=none d=x)",
  "p=none d=x",
]];
const ODD_COMMENTS: readonly Spelled[] = [
  ["()", ""],
  ["(a (b\\) (c)) d)", "a (b) (c)) d"],
  ['(\\(\r\n " \u00e9)', '( " \u00e9'],
];

/** A field of up to five results. */
export function sampleField(random: Random, style: Style): Sample {
  return new Writer(random, style).field();
}

const PIECES = [
  ...[...'();=./\\"@ \t\n1'],
  ...["none", "\r\n ", " reason=x", "a=b", ";spf=pass", " a.b=c", "\u00a0", "\u00e9"],
];

/** A field with up to three mistakes. */
export function spoiled(random: Random, field: string): string {
  let text = field;
  for (let left = 1 + random.below(3); left > 0; left--) {
    const at = random.below(text.length + 1);
    const dropped = random.pick([0, 1, 1, 3]);
    text = text.slice(0, at) + (dropped === 3 ? "" : random.pick(PIECES)) + text.slice(at + dropped);
  }
  return text;
}

class Writer {
  readonly #random: Random;
  readonly #odd: boolean;

  constructor(random: Random, style: Style) {
    this.#random = random;
    this.#odd = style === "anything";
  }

  field(): Sample {
    const [idText, id] = this.#spelled(IDS, ODD_IDS);
    let text = this.#space() + idText;
    if (this.#random.below(4) === 0) text += `${this.#gap()}1${this.#space()}`;
    const count = this.#random.below(6);
    if (count === 0) {
      return { text: `${text};${this.#space()}none${this.#space()}`, field: { id, results: [] } };
    }
    const results: AuthResult[] = [];
    for (let i = 0; i < count; i++) {
      const { text: more, result } = this.#result(i === 0);
      text += `;${this.#space()}${more}`;
      if (result !== undefined) results.push(result);
    }
    return { text, field: { id, results } };
  }

  #result(first: boolean): { text: string; result?: AuthResult } {
    const random = this.#random;
    // Other readers take a `none` here for the one that says that there are no results.
    const methodText = random.pick(this.#odd || !first ? METHODS : METHODS.slice(0, -1));
    const method = this.#odd || methodText !== "none" ? methodText : "spf";
    const resultText = random.pick(RESULTS);
    let text = method;
    const version = random.below(8) === 0 ? random.pick(this.#odd ? ["1", "01", "2"] : ["1"]) : undefined;
    if (version !== undefined) text += `${this.#space()}/${this.#space()}${version}`;
    text += `${this.#space()}=${this.#space()}${resultText}`;
    let comment: string | undefined;
    if (random.below(3) === 0) {
      const [spelling, meaning] = this.#spelled(COMMENTS, ODD_COMMENTS);
      text += (this.#odd ? this.#white() : " ") + spelling;
      comment = meaning;
    }
    let reason: string | undefined;
    if (random.below(4) === 0) {
      const [spelling, meaning] = this.#reason();
      text += `${this.#bareGap()}Reason${this.#space()}=${this.#space()}${spelling}`;
      reason = meaning;
    }
    const properties: AuthProperty[] = [];
    for (let left = random.below(4); left > 0; left--) {
      const [spelling, meaning] = this.#value(left === 1);
      const [ptype, property] = [random.pick(PTYPES), random.pick(PROPERTIES)];
      const gap = properties.length > 0 && this.#odd && text.endsWith('"') ? this.#space() : this.#bareGap();
      text +=
        `${gap}${ptype}${this.#space()}.${this.#space()}${property}${this.#space()}=${this.#space()}${spelling}`;
      properties.push({ ptype: ptype.toLowerCase(), property: property.toLowerCase(), value: meaning });
    }
    text += properties.length > 0 || reason !== undefined ? this.#space() : this.#white();
    if (version === "2") return { text };
    return {
      text,
      result: {
        method: method.toLowerCase(),
        result: resultText.toLowerCase(),
        ...(comment === undefined ? {} : { comment }),
        ...(reason === undefined ? {} : { reason }),
        ...(properties.length === 0 ? {} : { properties }),
      },
    };
  }

  #reason(): Spelled {
    return this.#random.below(3) === 0 ? ["unknown", "unknown"] : this.#spelled(QUOTED, ODD_QUOTED);
  }

  /** Some readers know a quoted value only where it is the last one. */
  #value(last: boolean): Spelled {
    if ((last || this.#odd) && this.#random.below(3) === 0) return this.#spelled(QUOTED, ODD_QUOTED);
    return this.#spelled(VALUES, ODD_VALUES);
  }

  #spelled(common: readonly Spelled[], odd: readonly Spelled[]): Spelled {
    return this.#random.pick(this.#odd && this.#random.below(2) === 0 ? odd : common);
  }

  /** White space that need not be. */
  #white(): string {
    return this.#random.pick(["", "", " ", "\t", "\r\n\t", "\n  ", " \r\n "]);
  }

  /** White space and comments that need not be. Others do not know comments and folds everywhere. */
  #space(): string {
    if (!this.#odd) return this.#random.pick(["", "", "", " "]);
    if (this.#random.below(4) > 0) return this.#white();
    return this.#white() + this.#spelled(COMMENTS, ODD_COMMENTS)[0] + this.#white();
  }

  /** At least one blank or comment. */
  #gap(): string {
    return this.#space() || this.#bareGap();
  }

  /** At least one blank, and no comment. */
  #bareGap(): string {
    return this.#random.pick(this.#odd ? [" ", "\t", "\r\n\t", "\n ", "\n \n "] : [" ", "\r\n\t"]);
  }
}
