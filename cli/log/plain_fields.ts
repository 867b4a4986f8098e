/**
 * Turns what a filter logs into plain values. Its types allow nothing else, but a filter in JavaScript may log anything.
 *
 * @module
 */

/** Fields of a line with values that JSON can hold. */
export type PlainFields = Readonly<Record<string, string | number | boolean | null>>;

/** Returns the fields without those that are undefined. An error given instead of fields becomes its message and stack. */
export function plainFields(fields: unknown): PlainFields {
  if (fields instanceof Error) {
    return { error: plainText(fields.message), stack: plainText(fields.stack ?? "") };
  }
  if (typeof fields !== "object" || fields === null) {
    return fields === undefined ? {} : { value: plainValue(fields) };
  }
  return Object.fromEntries(
    Object.keys(fields).map((name) => [name, valueOf(fields as Record<string, unknown>, name)] as const)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name, plainValue(value)]),
  );
}

/** Returns a value as text. */
export function plainText(value: unknown): string {
  if (typeof value === "string") return value;
  try {
    return String(value);
  } catch {
    return "(a value without a text)";
  }
}

/** Quotes a text unless it is one word. */
export function word(text: string): string {
  return /^[^\s"=\\]+$/.test(text) ? text : JSON.stringify(text);
}

/**
 * Puts an address between `<` and `>`. What would end it, or the word that it is, appears as `\x3e`: the address is a
 * stranger's text, and must not look like further fields of the line.
 */
export function bracketed(address: string): string {
  return `<${address.replace(/[\s<>\\]/g, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, "0")}`)}>`;
}

function valueOf(fields: Record<string, unknown>, name: string): unknown {
  try {
    return fields[name];
  } catch (error) {
    return error;
  }
}

function plainValue(value: unknown): PlainFields[string] {
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "number":
      return Number.isFinite(value) ? value : String(value);
    case "object":
      if (value === null) return null;
      return value instanceof Error ? plainText(value.message) : jsonOf(value);
    default:
      return plainText(value);
  }
}

function jsonOf(value: object): string {
  try {
    return plainText(JSON.stringify(value));
  } catch {
    return plainText(value);
  }
}
