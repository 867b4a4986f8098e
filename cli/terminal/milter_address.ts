/**
 * Addresses on a command line.
 *
 * @module
 */

import { type Address, AddressError, isAnyPort, parseAddress } from "../../lib/net/address.ts";
import { UsageError } from "./arguments.ts";

/**
 * Where a milter is that is to be connected to.
 *
 * @param program what to begin an error with, such as `milterkit check`
 * @param text what was given; undefined where nothing was
 * @param option where it was given
 * @throws {UsageError} where nothing was given, or it is nothing to connect to
 */
export function milterAddress(program: string, text: string | undefined, option = "--milter"): Address {
  return addressOf(program, text, option, ["unix", "inet", "inet6"]);
}

/** Where an MTA is to connect to; otherwise as {@linkcode milterAddress}. */
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
    const example = option.startsWith("--") ? `${option} inet:8891@localhost` : "inet:8891@localhost";
    throw new UsageError(`${program}: ${option} is missing, such as ${example}`);
  }
  try {
    const address = parseAddress(text);
    if (kinds.includes(address.kind) && (kinds.includes("fd") || !isAnyPort(text))) return address;
    if (kinds.includes(address.kind)) {
      throw new UsageError(`${program}: ${option} cannot be ${text}: nobody listens at port 0`, text);
    }
    throw new UsageError(`${program}: ${option} cannot be ${text}: want one of ${kinds.join(":, ")}:`, text);
  } catch (error) {
    throw error instanceof AddressError
      ? new UsageError(`${program}: ${option}: ${error.message}`, text)
      : error;
  }
}
