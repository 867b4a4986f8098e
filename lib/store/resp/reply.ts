/**
 * Replies of a Valkey or Redis server.
 *
 * @module
 */

/** A reply: a text, a whole number, nothing, an error, or a list of replies. */
export type RespReply = string | number | null | ErrorReply | readonly RespReply[];

/** An error that a server replies to a command. The connection goes on. */
export class ErrorReply {
  /** What the server says, as `WRONGPASS invalid username-password pair or user is disabled.` */
  readonly text: string;

  /** @param text what the server says */
  constructor(text: string) {
    this.text = text;
  }

  /**
   * The word in capitals that says what kind of error it is, such as `OOM`. Where a script failed, Redis before version 7
   * puts it behind words of its own: `ERR Error running script (call to f_…): @user_script: 8: -OOM command not allowed`.
   */
  get kind(): string {
    const [, inner] = /^ERR Error running script .*?: -?([A-Z]+) /.exec(this.text) ?? [];
    return inner ?? /^[A-Z]*/.exec(this.text)![0];
  }
}

/** Bytes that are no reply. Nothing can be read after them. */
export class RespFormatError extends Error {
  override readonly name = "RespFormatError";
  /** `invalid-reply`: it is not of this protocol. `reply-too-long`: it is longer than agreed. */
  readonly code: "invalid-reply" | "reply-too-long";
  /** The first bytes of what is wrong, a character each, 40 at most. */
  readonly value: string;

  /**
   * @param code what kind of mistake it is
   * @param value the first bytes of what is wrong
   * @param message one line that says what is wrong
   */
  constructor(code: RespFormatError["code"], value: string, message: string) {
    super(message);
    this.code = code;
    this.value = value;
  }
}
