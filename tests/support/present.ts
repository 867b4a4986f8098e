/** Requires values that a test depends on: an error names what is missing. */

/**
 * The value, which must be there.
 *
 * @param value may be missing as far as the types know
 * @param what names it in the error, such as `the port in the log`
 * @throws {Error} if it is undefined or null
 */
export function present<T>(value: T, what: string): NonNullable<T> {
  if (value === undefined || value === null) throw new Error(`missing: ${what}`);
  return value;
}

/**
 * The element at this index of a list, a string or bytes.
 *
 * @param list must be long enough
 * @param index from 0, or from -1 for the last one
 * @throws {RangeError} if the list is shorter
 */
export function at<T>(list: ArrayLike<T>, index: number): T {
  const found = list[index < 0 ? list.length + index : index];
  if (found === undefined) throw new RangeError(`no element ${index} in a list of ${list.length}`);
  return found;
}

/**
 * What a group of a regular expression matched.
 *
 * @param text is searched for the first match
 * @param pattern must match
 * @param group the group's number, or its name
 * @throws {Error} if the text does not match, or if the group took no part
 */
export function captured(text: string, pattern: RegExp, group: number | string = 1): string {
  const match = present(pattern.exec(text), `${pattern} in ${JSON.stringify(text)}`);
  const found = typeof group === "number" ? match[group] : match.groups?.[group];
  return present(found, `group ${group} of ${pattern} in ${JSON.stringify(text)}`);
}
