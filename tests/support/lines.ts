/** Splits a byte stream into lines. */
export class LineSplitter {
  #rest: Uint8Array = new Uint8Array(0);

  /** The lines completed by this chunk, each with its LF. */
  *push(chunk: Uint8Array): Generator<Uint8Array> {
    let start = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      const line = chunk.subarray(start, end + 1);
      start = end + 1;
      yield this.#rest.length > 0 ? this.#join(line) : line;
    }
    const tail = chunk.subarray(start);
    // the chunk's memory may be used again by the socket
    this.#rest = this.#rest.length > 0 ? joinBytes([this.#rest, tail]) : tail.slice();
  }

  #join(line: Uint8Array): Uint8Array {
    const whole = joinBytes([this.#rest, line]);
    this.#rest = new Uint8Array(0);
    return whole;
  }
}

/** One array with the bytes of all. */
export function joinBytes(parts: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** The line as text without its line end; each byte is one character, so nothing is lost. */
export function lineText(line: Uint8Array): string {
  let length = line.length;
  while (length > 0 && (line[length - 1] === 10 || line[length - 1] === 13)) length--;
  let text = "";
  for (const byte of line.subarray(0, length)) text += String.fromCharCode(byte);
  return text;
}
