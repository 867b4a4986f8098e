/**
 * Replies of a Valkey or Redis server.
 *
 * @module
 */

/** A reply: a text, a whole number, nothing, an error, or a list of replies. */
export type RespReply = string | number | null | ErrorReply | readonly RespReply[];

/** An error reply to a command. The connection stays usable. */
export class ErrorReply {
  /** The server's text, such as `WRONGPASS invalid username-password pair or user is disabled.` */
  readonly text: string;

  /** @param text the server's text */
  constructor(text: string) {
    this.text = text;
  }

  /**
   * The word in capitals for the kind of error, such as `OOM`. If a script failed, Redis before version 7 puts it after
   * other text: `ERR Error running script (call to f_…): @user_script: 8: -OOM command not allowed`.
   */
  get kind(): string {
    const [, inner] = /^ERR Error running script .*?: -?([A-Z]+) /.exec(this.text) ?? [];
    return inner ?? /^[A-Z]*/.exec(this.text)![0];
  }
}

/** Bytes that are not a reply. Nothing can be read after them. */
export class RespFormatError extends Error {
  override readonly name = "RespFormatError";
  /** `invalid-reply`: it does not follow the protocol. `reply-too-long`: it is longer than allowed. */
  readonly code: "invalid-reply" | "reply-too-long";
  /** The first invalid bytes, one character each, at most 40. */
  readonly value: string;

  /**
   * @param code what kind of mistake it is
   * @param value the first invalid bytes
   * @param message one line that says what is wrong
   */
  constructor(code: RespFormatError["code"], value: string, message: string) {
    super(message);
    this.code = code;
    this.value = value;
  }
}
