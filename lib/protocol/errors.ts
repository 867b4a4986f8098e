/**
 * The ways in which the other side can violate the protocol; each value is the `code` of a {@linkcode ProtocolError}.
 */
export type ProtocolErrorCode =
  | "packet-empty"
  | "packet-too-long"
  | "packet-malformed"
  | "packet-unknown"
  | "packet-unexpected"
  | "negotiation-failed";

/** The other side violated the milter protocol; the connection cannot continue. */
export class ProtocolError extends Error {
  override readonly name = "ProtocolError";
  /** The kind of error. */
  readonly code: ProtocolErrorCode;
  /** The offending value: a length, a command letter, a version. */
  readonly value: string | number;

  /**
   * @param code the kind of error
   * @param value the offending value
   * @param message one line that says what was wrong
   */
  constructor(code: ProtocolErrorCode, value: string | number, message: string) {
    super(message);
    this.code = code;
    this.value = value;
  }
}

/** A packet's letter for display: `'L'`, or `0x00` if it is not printable. */
export function letter(command: number): string {
  return command > 0x20 && command < 0x7f
    ? `'${String.fromCharCode(command)}'`
    : `0x${command.toString(16).padStart(2, "0")}`;
}
