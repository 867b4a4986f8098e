/**
 * Expands `%{...}` in the arguments of actions.
 *
 * @module
 */

import { cString } from "./bytes.ts";
import type { Conversation } from "./conversation.ts";

/** A name up to the first `}`, or the second where the name of a macro has braces of its own. */
const PATTERN = /%\{(macro:\{[^}]*\}(?=\})|[^}]*)\}/g;

/** Where values come from. */
export interface Sources {
  /** The name of the filter. */
  readonly name: string;
  /** What was seen so far. */
  readonly seen: Conversation;
  /** Looks a macro up. */
  readonly macro: (name: string) => string | undefined;
}

/** An argument with its values put in. What is not known gives nothing; any other `%` is literal. */
export function expand(argument: string, sources: Sources): string {
  return argument.replace(PATTERN, (_, name: string) => valueOf(cString(name), sources));
}

function valueOf(expression: string, { name, seen, macro }: Sources): string {
  switch (expression) {
    case "name":
      return name;
    case "msg":
      return String(seen.message);
    case "mail":
      return seen.sender;
    case "nrcpt":
      return String(seen.recipients.length);
    case "rcpts":
      return seen.recipients.join(",");
    case "nhdr":
      return String(seen.headers.length);
    case "hdrs":
      return seen.headers.map((header) => header.name).join(",");
    case "bodylen":
      return String(seen.bodyLength);
    case "bodycrc":
      return seen.bodyCrc.toString(16).padStart(8, "0");
  }
  if (expression.startsWith("hdr:")) return seen.header(expression.slice(4))[0] ?? "";
  if (expression.startsWith("macro:")) return macro(expression.slice(6)) ?? "";
  return "";
}
