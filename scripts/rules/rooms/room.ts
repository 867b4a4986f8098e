/**
 * A room: a group of files with one purpose, and what they may import.
 *
 * @module
 */

/** A room. */
export interface Room {
  /** Its files: those below this folder, or exactly this file. */
  readonly room: string;
  /** What it is for. */
  readonly about: string;
  /** What they may import from, in addition to their own room. */
  readonly from: readonly string[];
  /** Whether they may import the runtime's modules (`node:`). */
  readonly node: boolean;
  /** Whether it is part of the executable, which may also import the library, the filters and packages. */
  readonly executable?: boolean;
}
