/**
 * The domains of a message's authors.
 *
 * @module
 */
import { latin1 } from "./bytes.ts";
import { asciiDomain } from "./domain_name.ts";

/** Characters of a From field that are looked at; a longer one names nobody. */
const MAX_LENGTH = 10_000;

/**
 * The domains of all addresses in the From fields of a message, each once, in lower case ASCII.
 *
 * @param values All that follows the colon of each From field.
 * @returns undefined if there is no field, or an address in one cannot be read: then nobody can say whose
 * message it is.
 */
export function authorDomains(values: readonly Uint8Array[]): readonly string[] | undefined {
  const domains = new Set<string>();
  for (const value of values) {
    if (value.length > MAX_LENGTH) return undefined;
    const bare = withoutNames(latin1(value));
    if (bare === undefined) return undefined;
    for (const mailbox of bare.split(",")) {
      if (mailbox.trim() === "") continue;
      const domain = domainOf(mailbox);
      if (domain === undefined) return undefined;
      domains.add(domain);
    }
  }
  return domains.size > 0 ? [...domains] : undefined;
}

/** The text with comments and quoted strings taken out and groups opened; undefined if one does not end. */
function withoutNames(text: string): string | undefined {
  let bare = "";
  let depth = 0;
  let quoted = false;
  let angle = false;
  for (let i = 0; i < text.length; i++) {
    const char = text[i];
    if (char === "\\" && (quoted || depth > 0)) i++;
    else if (quoted) quoted = char !== '"';
    else if (char === "(") depth++;
    else if (depth > 0) depth -= char === ")" ? 1 : 0;
    else if (char === '"') {
      quoted = true;
      bare += "_"; // a local part in quotes is still one
    } else if (char === "<" || char === ">") {
      if (angle === (char === "<")) return undefined;
      angle = !angle;
      bare += char;
    } else if (char === ":" && !angle) bare = bare.slice(0, bare.lastIndexOf(",") + 1);
    else bare += char === ";" ? "," : char;
  }
  return quoted || depth > 0 || angle ? undefined : bare;
}

/** The domain of `name <local@domain>` or `local@domain`. */
function domainOf(mailbox: string): string | undefined {
  const parts = mailbox.split(/[<>]/);
  if (parts.length !== 1 && parts.length !== 3) return undefined;
  if (parts.length === 3 && (parts[2].trim() !== "" || parts[0].includes("@"))) return undefined;
  const address = (parts.length === 1 ? mailbox : parts[1]).trim();
  const at = address.lastIndexOf("@");
  return at < 1 ? undefined : asciiDomain(address.slice(at + 1).replace(/\s+/g, ""));
}
