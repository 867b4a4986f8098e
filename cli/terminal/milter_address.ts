/**
 * Reads addresses on a command line.
 *
 * @module
 */

import { type Address, AddressError, isAnyPort, parseAddress } from "../../lib/net/address.ts";
import { invalidArgument, missingArgument } from "./arguments.ts";

/**
 * Reads the address of a milter to connect to.
 *
 * @param program what error messages begin with, such as `milterkit check`
 * @param text the address; undefined if none was given
 * @param option the option or operand that it belongs to, for error messages
 * @throws {UsageError} if there is none, or it is not an address to connect to
 */
export function milterAddress(program: string, text: string | undefined, option = "--milter"): Address {
  return addressOf(program, text, option, ["unix", "inet", "inet6"]);
}

/** Reads the address to listen on; otherwise like {@linkcode milterAddress}. */
export function listenAddress(program: string, text: string | undefined, option = "--listen"): Address {
  return addressOf(program, text, option, ["unix", "inet", "inet6", "fd"]);
}

function addressOf(
  program: string,
  text: string | undefined,
  option: string,
  kinds: readonly Address["kind"][],
): Address {
  if (text === undefined) {
    const example = option.startsWith("--") ? `${option} inet:8825@localhost` : "inet:8825@localhost";
    throw missingArgument(program, option, `give it, for example ${example}`);
  }
  const fail = (reason: string): never => {
    throw invalidArgument(program, option, text, reason);
  };
  try {
    const address = parseAddress(text);
    if (!kinds.includes(address.kind)) return fail(`want one of ${kinds.join(":, ")}:`);
    return isAnyPort(text) && !kinds.includes("fd") ? fail("nothing listens on port 0") : address;
  } catch (error) {
    if (error instanceof AddressError) return fail(error.reason);
    throw error;
  }
}
