/**
 * Formats sizes in bytes as people write them.
 *
 * @module
 */

const UNITS: readonly (readonly [name: string, bytes: number])[] = [
  ["GiB", 1024 ** 3],
  ["GB", 1000 ** 3],
  ["MiB", 1024 ** 2],
  ["MB", 1000 ** 2],
  ["KiB", 1024],
  ["kB", 1000],
];

/**
 * Formats a limit and the size that exceeds it, both in the unit in which the limit was most likely written, or in bytes if
 * the two would otherwise look the same.
 *
 * @param limit bytes
 * @param actual bytes, more than the limit
 * @returns such as `["25 MB", "30.1 MB"]`
 */
export function limitAndActual(limit: number, actual: number): [limit: string, actual: string] {
  const unit = unitOf(limit);
  if (unit) {
    const texts: [string, string] = [inUnit(limit, unit), inUnit(actual, unit)];
    if (texts[0] !== texts[1]) return texts;
  }
  return [inBytes(limit), inBytes(actual)];
}

/** The largest unit in which a number of bytes has at most one decimal. */
function unitOf(bytes: number): readonly [string, number] | undefined {
  return UNITS.find(([, unit]) => bytes >= unit && Number.isInteger(bytes * 10 / unit));
}

function inUnit(bytes: number, [name, unit]: readonly [string, number]): string {
  return `${Number((bytes / unit).toFixed(1))} ${name}`;
}

function inBytes(bytes: number): string {
  return bytes === 1 ? "1 byte" : `${bytes} bytes`;
}
