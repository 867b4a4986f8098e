/**
 * What a conversion has to say about the files that it reads.
 *
 * @module
 */

/** A line of a file. */
export interface SourceLine {
  /** The path of the file, as it was given. */
  readonly file: string;
  /** The line, from 1. */
  readonly line: number;
}

/** Something to say about a line. */
export interface Remark {
  /** The line. */
  readonly place: SourceLine;
  /** What to say. */
  readonly text: string;
}

/** Collects what is to be said: problems, with which nothing is converted, and notes for the reader of what was. */
export class Report {
  readonly #problems: Remark[] = [];
  readonly #notes: Remark[] = [];

  /** The problems, in the order of the files. */
  get problems(): readonly Remark[] {
    return sorted(this.#problems);
  }

  /** The notes, in the order of the files. */
  get notes(): readonly Remark[] {
    return sorted(this.#notes);
  }

  /**
   * Reports something that decides what happens to mail, and cannot be converted.
   *
   * @param place where it is
   * @param text what is wrong, and what to do
   */
  problem(place: SourceLine, text: string): void {
    add(this.#problems, { place, text });
  }

  /**
   * Reports what the reader of the converted file must know.
   *
   * @param place where it is
   * @param text what is different, and what to do if it matters
   */
  note(place: SourceLine, text: string): void {
    add(this.#notes, { place, text });
  }
}

/** Two filters may read the same list: what is wrong with it is said once. */
function add(remarks: Remark[], remark: Remark): void {
  const key = ({ place, text }: Remark) => `${placeText(place)} ${text}`;
  if (!remarks.some((each) => key(each) === key(remark))) remarks.push(remark);
}

/** Returns `opendkim.conf:7`. */
export function placeText({ file, line }: SourceLine): string {
  return `${file}:${line}`;
}

/** Each file's remarks by line; files in the order in which they first occur. */
function sorted(remarks: readonly Remark[]): readonly Remark[] {
  const files = [...new Set(remarks.map(({ place }) => place.file))];
  return remarks.toSorted(({ place: a }, { place: b }) =>
    files.indexOf(a.file) - files.indexOf(b.file) || a.line - b.line
  );
}
