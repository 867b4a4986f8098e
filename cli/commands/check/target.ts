/**
 * What gets the messages of a command line, and how they are handed in.
 *
 * @module
 */

import type { CommandLine } from "../../terminal/command_line.ts";
import type { Target } from "./check_message.ts";
import { envelopeOf, macrosOf, senderOf } from "./envelope.ts";
import { receivedSession } from "./session.ts";
import type { Checker } from "./checker.ts";

/**
 * Has a checker get messages from the client, and with the envelope, that a command line describes.
 *
 * @throws {UsageError} for a client without an address, or a wrong macro
 */
export function checkTarget(line: CommandLine, checker: Checker): Target {
  const { options } = line;
  const sender = senderOf(line);
  const macros = macrosOf(line);
  const isReceived = options.get("flag", "as-received") ?? false;
  return {
    ...checker,
    session: (message) => {
      const given = { sender, macros, message };
      return isReceived ? receivedSession(given) : given;
    },
    envelope: (message) => envelopeOf(options, message),
  };
}
