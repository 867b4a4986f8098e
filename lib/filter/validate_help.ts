/**
 * Checks what help and lists show about a filter.
 *
 * @module
 */

/**
 * Checks summary, description and examples of a filter.
 *
 * @param given the filter
 * @param fail called with the offending value and what is wrong with it; must throw
 */
export function validateHelp(
  { summary, description, examples }: Readonly<Record<string, unknown>>,
  fail: (value: unknown, reason: string) => never,
): void {
  for (const [key, value] of Object.entries({ summary, description })) {
    if (value !== undefined && !isText(value)) fail(value, `${key} must be a text that is not empty`);
  }
  const isPair = (pair: unknown) => Array.isArray(pair) && pair.length === 2 && pair.every(isText);
  if (examples !== undefined && !(Array.isArray(examples) && examples.every(isPair))) {
    fail(examples, "examples must be a list of pairs: what the command line does, and the command line");
  }
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}
