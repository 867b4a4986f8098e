/**
 * Where the keeper of a file listens: next to the file, so that every program that knows the file finds it.
 *
 * @module
 */

/** Returns the path of the socket of a file's keeper. */
export function keeperPath(file: string): string {
  return `${file}.socket`;
}
