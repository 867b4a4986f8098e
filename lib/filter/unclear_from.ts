/**
 * Finds the domains that an ambiguous From may belong to.
 *
 * @module
 */

/** The longest From that is examined, in characters, as in `authorDomains`. */
const LONGEST = 10_000;
/** A domain, with the full stop or apostrophe that may follow it. */
const DOMAIN = /^[\p{L}\p{M}\p{N}_-]+(?:\.[\p{L}\p{M}\p{N}_-]+)*\.?'?$/u;
/** The longest domain, in characters. */
const LONGEST_DOMAIN = 253;
/** A comment that ends at the same place for every parser. */
const COMMENT = /\([^()\\"]*\)/g;
/** An encoded word that was not decoded and may contain an `@`. */
const HIDDEN_AT = /=\?[^?]*\?(?:b\?|q\?[^?]*=40)/i;

/**
 * Whether some mail program may read a wanted domain as an author's. This is so if one reading of From names it, with
 * or without white space, comments, quotation marks and backslashes, or if there is an `@` whose domain cannot be read.
 *
 * @param texts the decoded texts of all From fields, for which `authorDomains` reports a problem
 * @param isWanted whether a domain in lower case, without a full stop at its end, is wanted
 */
export function mayBeFrom(texts: readonly string[], isWanted: (domain: string) => boolean): boolean {
  return texts.some((text) => {
    if (HIDDEN_AT.test(text)) return true;
    if (!text.includes("@")) return false;
    const plain = text.replace(COMMENT, "");
    if (text.length > LONGEST || /[()]/.test(plain)) return true;
    return [text, plain].some((reading) => mayNameDomain(reading, isWanted));
  });
}

function mayNameDomain(text: string, isWanted: (domain: string) => boolean): boolean {
  const [, ...behindAts] = text.toLowerCase().replace(/["\\]/g, "").split("@");
  return behindAts.some((behind) => {
    const words = behind.split(/[<>,;:()]/, 1)[0]!.trim().split(/\s+/);
    if (!DOMAIN.test(words[0]!)) return true;
    // Some programs drop white space and continue the domain after it.
    let domain = "";
    for (const word of words) {
      domain += word;
      if (domain.length > LONGEST_DOMAIN + 2) return false;
      if (isWanted(domain.replace(/'$/, "").replace(/\.$/, ""))) return true;
    }
    return false;
  });
}
