/**
 * Reports on a message or a domain for programs.
 *
 * @module
 */

import { terminalSafeJson } from "../../terminal/terminal_safe_json.ts";
import type { Explanation } from "./explanation.ts";

/**
 * Reports in a line of JSON, including the newline. Keys whose value is not known are left out.
 *
 * @param name the message's name, or the domain
 * @param explanation what was found out
 */
export function explanationJson(name: string, { verdict, ...rest }: Explanation): string {
  return terminalSafeJson({ name, outcome: verdict.outcome, verdict: verdict.text, ...rest }) + "\n";
}
