/**
 * Changes one parameter in the value of a header field such as Content-Type, and nothing else.
 *
 * @module
 */

/**
 * Sets a parameter. All other forms of it that programs may prefer are removed: repeated ones, and those of RFC 2231
 * (`charset*`, `charset*0`).
 *
 * @param value the field's value, folded or not
 * @param name the parameter, in lower case
 * @param content its new content, a token
 * @returns the value with the parameter in place of its first form, or at the end
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { withParameter } from "./parameter.ts";
 *
 * assert.equal(
 *   withParameter('text/plain; charset="us-ascii"; format=flowed', "charset", "utf-8"),
 *   "text/plain; charset=utf-8; format=flowed",
 * );
 * ```
 */
export function withParameter(value: string, name: string, content: string): string {
  const [head = "", ...parameters] = segments(value);
  const kept: string[] = [];
  let place: number | undefined;
  let space = " ";
  for (const parameter of parameters) {
    if (nameOf(parameter) !== name) {
      // A semicolon at the end of the value adds no parameter.
      if (parameter.trim() !== "") kept.push(parameter);
      continue;
    }
    if (place !== undefined) continue;
    place = kept.length;
    space = /^\s*/.exec(parameter)![0];
  }
  kept.splice(place ?? kept.length, 0, `${space}${name}=${content}`);
  return [head.trimEnd(), ...kept].join(";");
}

/** The value split at semicolons outside of quotes and comments. */
function segments(value: string): string[] {
  const found: string[] = [];
  let start = 0;
  let depth = 0;
  let quoted = false;
  for (let i = 0; i < value.length; i++) {
    const char = value[i];
    if (char === "\\" && (quoted || depth > 0)) i++;
    else if (char === '"' && depth === 0) quoted = !quoted;
    else if (quoted) continue;
    else if (char === "(") depth++;
    else if (char === ")") depth = Math.max(depth - 1, 0);
    else if (char === ";" && depth === 0) {
      found.push(value.slice(start, i));
      start = i + 1;
    }
  }
  return [...found, value.slice(start)];
}

/** The name of a parameter in lower case, without what RFC 2231 appends to it. */
function nameOf(parameter: string): string {
  return /^\s*([^\s=*]*)/.exec(parameter)![1]!.toLowerCase();
}
