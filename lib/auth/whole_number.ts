/**
 * Checks limits that callers give.
 *
 * @module
 */

/**
 * The value, if it is a whole number within bounds.
 *
 * @param name the option's name, for the error
 * @throws {RangeError} if it is not
 */
export function wholeNumber(name: string, value: number, min: number, max = Number.MAX_SAFE_INTEGER): number {
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new RangeError(`Cannot use ${value} for ${name}: a whole number from ${min} to ${max} is needed`);
  }
  return value;
}
