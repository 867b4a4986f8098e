/**
 * The error of a notice that could not be sent.
 *
 * @module
 */

/** A notice that did not reach the administrator. */
export class NoticeError extends Error {
  override readonly name = "NoticeError";
  /** How it was to be sent. */
  readonly code: "command" | "mail";
  /** The program, or the address of the mail server. */
  readonly value: string;

  /**
   * @param code how it was to be sent
   * @param value the program, or the address of the mail server
   * @param message one line that says what is wrong
   */
  constructor(code: NoticeError["code"], value: string, message: string) {
    super(message);
    this.code = code;
    this.value = value;
  }
}
