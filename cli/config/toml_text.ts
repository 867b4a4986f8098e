/**
 * Writes text as a TOML string.
 *
 * @module
 */

/** Returns a basic string, with control characters escaped. */
export function tomlText(text: string): string {
  const escaped = text.replace(/[\\"]/g, "\\$&")
    // deno-lint-ignore no-control-regex
    .replace(/[\x00-\x1f\x7f]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
  return `"${escaped}"`;
}
