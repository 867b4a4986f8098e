/**
 * The explanation that a domain gives for a fail (RFC 7208 section 6.2).
 *
 * @module
 */
import { type CheckContext, expanderFor, type HostOutcome } from "./check_host.ts";
import { parseMacroString } from "./macro_string.ts";
import { queryName } from "../dns_names.ts";
import { SpfProblem } from "./results.ts";

/** Twice what one line of an SMTP reply could hold. */
const MAX_LENGTH = 1000;

/**
 * The explanation of the record that said fail: printable ASCII on one line, at most 1000 characters. Undefined if it has
 * none, if it cannot be looked up, or if it is not what the RFC allows.
 */
export async function explanationOf(
  { exp, domain }: HostOutcome,
  context: CheckContext,
): Promise<string | undefined> {
  if (exp === undefined) return undefined;
  try {
    const name = queryName((await expanderFor(domain, context, exp)).name(exp));
    if (name === undefined) return undefined;
    const answer = await context.lookups.ask("TXT", name);
    if (answer.status !== "found" || answer.records.length !== 1) return undefined;
    const text = parseMacroString(answer.records[0] ?? "", true);
    if (text === undefined) return undefined;
    const expanded = (await expanderFor(domain, context, text)).text(text, MAX_LENGTH);
    // SpfSender and HELO may have any byte.
    return expanded.replace(/[^ -~]/g, "?");
  } catch (error) {
    if (error instanceof SpfProblem) return undefined; // time is up: the result stands without it
    throw error;
  }
}
