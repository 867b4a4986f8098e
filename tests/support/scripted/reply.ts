/**
 * `setreply`: a custom SMTP reply.
 *
 * @module
 */

import { InvalidReplyError, InvalidVerdictError, reject, tempfail, type Verdict } from "../../../mod.ts";
import { toText } from "./bytes.ts";
import type { Mta } from "./mta.ts";

/**
 * The verdict that gives a reply; undefined where it is none that libmilter or Milterkit takes.
 *
 * libmilter hands text on as it is and leaves it to the filter to double `%`, which Milterkit does itself. A lone one
 * gives what the MTA makes of it: Postfix skips it, Sendmail throws the whole reply away.
 *
 * @param args code, enhanced code or `-`, lines
 * @param mta whose ways to follow
 */
export function replyVerdict(args: readonly string[], mta: Mta): Verdict | undefined {
  const [code = "", enhanced = "-", ...lines] = args;
  if (!/^[45]\d\d$/.test(code) || enhanced === "") return undefined;
  const answer = code.startsWith("5") ? reject : tempfail;
  // smfi_setmlreply makes an enhanced code up.
  const madeUp = lines.length > 1 ? `${code[0]}.0.0` : undefined;
  const texts = lines.map((line) => toText(line.replace(/%(.?)/gs, "$1")));
  try {
    const verdict = answer(Number(code), enhanced === "-" ? madeUp : enhanced, ...texts);
    return mta === "sendmail" && lines.some(hasLonePercent) ? answer() : verdict;
  } catch (error) {
    if (error instanceof InvalidReplyError || error instanceof InvalidVerdictError) return undefined;
    throw error;
  }
}

function hasLonePercent(line: string): boolean {
  return line.replaceAll("%%", "").includes("%");
}
