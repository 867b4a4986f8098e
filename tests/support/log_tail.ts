/** Reads what was appended to files since the last read, so that a long log is read only once. */
import { closeSync, existsSync, fstatSync, openSync, readSync } from "node:fs";

interface Followed {
  readonly path: string;
  readonly decoder: TextDecoder;
  offset: number;
}

/** Follows log files. */
export class LogTail {
  readonly #files: readonly Followed[];

  /** @param paths the files, which need not exist yet */
  constructor(...paths: string[]) {
    this.#files = paths.map((path) => ({ path, decoder: new TextDecoder(), offset: 0 }));
  }

  /** All that was appended since the last call, file by file. */
  read(): string {
    return this.#files.map(readOn).join("");
  }
}

function readOn(file: Followed): string {
  if (!existsSync(file.path)) return "";
  const descriptor = openSync(file.path, "r");
  try {
    const bytes = new Uint8Array(fstatSync(descriptor).size - file.offset);
    const length = bytes.length === 0 ? 0 : readSync(descriptor, bytes, 0, bytes.length, file.offset);
    file.offset += length;
    return file.decoder.decode(bytes.subarray(0, length), { stream: true });
  } finally {
    closeSync(descriptor);
  }
}
