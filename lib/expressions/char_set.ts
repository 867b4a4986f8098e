/**
 * Sets of characters, as an expression's literals, classes and escapes name them.
 *
 * Without the flag u a character is a UTF-16 code unit, with it a code point, as in JavaScript.
 *
 * @module
 */

/** A set of characters. */
export interface CharSet {
  /** Equal for sets that are written the same. */
  readonly key: string;
  /** The only character, if the set has one. */
  readonly only?: number;
  /** Whether the set contains a character. Called once for each distinct character. */
  has(char: number): boolean;
}

/** The flags that affect the meaning of a set. */
export interface SetFlags {
  /** Case does not matter. */
  readonly ignoreCase: boolean;
  /** Characters are code points. */
  readonly unicode: boolean;
  /** A dot also matches line breaks. */
  readonly dotAll: boolean;
}

/** The set of a `.`. */
export function dotSet({ dotAll }: SetFlags): CharSet {
  if (dotAll) return { key: "dotall", has: () => true };
  return { key: "dot", has: (char) => !isLineBreak(char) };
}

/** Whether a character ends a line for `.`, `^` and `$`: LF, CR, U+2028 and U+2029. */
export function isLineBreak(char: number): boolean {
  return char === 10 || char === 13 || char === 0x2028 || char === 0x2029;
}

/**
 * The set of one character and, with the flag i, of its other cases.
 *
 * @param char the character
 * @param flags the expression's flags
 */
export function literalSet(char: number, flags: SetFlags): CharSet {
  const { ignoreCase, unicode } = flags;
  if (!ignoreCase) return onlySet(char);
  if (char >= 0x80) return nativeSet(escaped(char, unicode), flags);
  const lower = char >= 65 && char <= 90 ? char + 32 : char;
  if (lower < 97 || lower > 122) return onlySet(char);
  // By Unicode, the Kelvin sign and the long s are cases of k and s; without the flag u they are not.
  const third = !unicode ? lower : lower === 107 ? 0x212a : lower === 115 ? 0x17f : lower;
  return {
    key: `letter ${lower}`,
    has: (other) => other === lower || other === lower - 32 || other === third,
  };
}

function onlySet(char: number): CharSet {
  return { key: `only ${char}`, only: char, has: (other) => other === char };
}

function escaped(char: number, unicode: boolean): string {
  return unicode ? `\\u{${char.toString(16)}}` : `\\u${char.toString(16).padStart(4, "0")}`;
}

/**
 * The set of a class or an escape, tested by the runtime's own expressions: they know Unicode and its case rules, and
 * testing one character takes negligible time.
 *
 * @param source the class or escape as it is written, such as `[^a-z]`
 * @param flags the expression's flags
 * @throws {SyntaxError} if it is not one
 */
export function nativeSet(source: string, { ignoreCase, unicode }: SetFlags): CharSet {
  const expression = new RegExp(`^${source}$`, `${ignoreCase ? "i" : ""}${unicode ? "u" : ""}`);
  return { key: `native ${source}`, has: (char) => expression.test(String.fromCodePoint(char)) };
}
