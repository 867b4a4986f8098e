/** What can be wrong with bytes from the other side; each value is the `code` of a {@linkcode ProtocolError}. */
export type ProtocolErrorCode =
  | "packet-empty"
  | "packet-too-long"
  | "packet-malformed"
  | "packet-unknown"
  | "packet-unexpected"
  | "negotiation-failed";

/** The other side broke the milter protocol; the connection cannot go on. */
export class ProtocolError extends Error {
  override readonly name = "ProtocolError";
  /** What kind of mistake it was. */
  readonly code: ProtocolErrorCode;
  /** The offending value: a length, a command letter, a version. */
  readonly value: string | number;

  /**
   * @param code what kind of mistake it was
   * @param value the offending value
   * @param message one line that says what was wrong
   */
  constructor(code: ProtocolErrorCode, value: string | number, message: string) {
    super(message);
    this.code = code;
    this.value = value;
  }
}

/** A packet's letter as people read it: `L`, or `0x00` where it cannot be printed. */
export function letter(command: number): string {
  return command > 0x20 && command < 0x7f
    ? `'${String.fromCharCode(command)}'`
    : `0x${command.toString(16).padStart(2, "0")}`;
}
