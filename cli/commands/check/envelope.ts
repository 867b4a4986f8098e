/**
 * The envelope of a checked message: from the command line, otherwise from the message's header.
 *
 * @module
 */

import { isIP } from "node:net";
import type { OptionValues } from "../../../lib/options/options.ts";
import type { ParsedMessage } from "../../../lib/message/parse.ts";
import type { Sender } from "../../../lib/mta/delivery.ts";
import { misspelledMacro } from "../../../lib/filter/macro_names.ts";
import { invalidArgument } from "../../terminal/arguments.ts";
import type { CommandLine } from "../../terminal/command_line.ts";
import { senderAt } from "./session.ts";

/**
 * Reads the SMTP client from `--client` and `--helo`.
 *
 * @throws {UsageError} for a client without an IP address
 */
export function senderOf({ program, options }: CommandLine): Sender {
  const text = options.get("string", "client")!;
  const parts = /^(?:([^[\]]+))?\[([^[\]]+)\]$/.exec(text);
  const address = parts?.[2] ?? text;
  if (isIP(address) === 0) {
    const wanted = "want an address, or NAME[ADDRESS], such as mail.example.com[192.0.2.1]";
    throw invalidArgument(program, "--client", text, wanted);
  }
  return senderAt(parts?.[1], address, options.get("string", "helo"));
}

/**
 * Reads the macros from `--macro`.
 *
 * @throws {UsageError} for one without a value, or with a misspelt name
 */
export function macrosOf({ program, options }: CommandLine): Record<string, string> {
  return Object.fromEntries(options.all("string", "macro").map((text) => macroOf(program, text)));
}

function macroOf(program: string, text: string): [name: string, value: string] {
  const fail = (reason: string): never => {
    throw invalidArgument(program, "--macro", text, reason);
  };
  const [, name, value] = /^(\{[^{}=]+\}|[^{}=]+)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined) return fail("want NAME=VALUE, such as auth_authen=alice");
  const meant = misspelledMacro(name.replace(/[{}]/g, ""));
  return meant === undefined ? [name, value] : fail(`there is no macro ${name}; did you mean ${meant}?`);
}

/** Returns the sender and recipients for a message. They may be in fields that the MTA hides from filters. */
export function envelopeOf(
  options: OptionValues,
  { header, hidden = [] }: ParsedMessage,
): { readonly from: string; readonly to: readonly string[] } {
  const field = (name: string) => [...hidden, ...header].find((field) => field.is(name))?.value;
  const given = options.all("string", "rcpt");
  const from = options.get("string", "from") ?? addressesIn(field("Return-Path") ?? field("From"))[0];
  const to = given.length > 0 ? given : addressesIn(field("Delivered-To") ?? field("To"));
  return { from: from ?? "", to: to.length > 0 ? to : ["recipient@example.org"] };
}

/**
 * Checks the addresses of `--from` and `--rcpt`.
 *
 * @throws {UsageError} if one holds several addresses, or a name beside the address
 */
export function checkEnvelope({ program, options }: CommandLine): void {
  for (const option of ["from", "rcpt"] as const) {
    for (const text of options.all("string", option)) checkAddress(program, option, text);
  }
}

function checkAddress(program: string, option: "from" | "rcpt", text: string): void {
  const fail = (reason: string): never => {
    throw invalidArgument(program, `--${option}`, text, reason);
  };
  if (option === "rcpt" && text === "<>") fail("a recipient always has an address");
  const bare = text.replace(/^<(.*)>$/s, "$1").replace(/^"(?:\\.|[^"\\])*"/s, "");
  if (/[\s,;<>]/.test(bare)) {
    fail(option === "rcpt" ? "give each address on its own" : "want one address, such as joe@example.org");
  }
}

/** How much of a header value is parsed, in characters. */
const MAX_VALUE = 10_000;

/** A quoted string, an address in angle brackets, text, or a special character. */
const TOKENS = /"(?:\\.|[^"\\])*"|<[^<>]*>|[^",;:<>()\\]+|\\?./gs;

/**
 * Finds the addresses in a list of mailboxes (RFC 5322, 3.4). If a mailbox has angle brackets, its address is in them:
 * the text before is a name, whatever it looks like.
 */
function addressesIn(value: string | undefined): string[] {
  if (value === undefined) return [];
  const addresses: string[] = [];
  let bare = "";
  let inBrackets: string | undefined;
  let comments = 0;
  const end = () => {
    const address = (inBrackets ?? bare).trim();
    if (/^(?:"(?:\\.|[^"\\])*"|[^@\s"]+)@[^@\s]+$/s.test(address)) addresses.push(address);
    bare = "";
    inBrackets = undefined;
  };
  for (const [token] of value.slice(0, MAX_VALUE).matchAll(TOKENS)) {
    if (token === "(") comments++;
    else if (token === ")") comments = Math.max(0, comments - 1);
    else if (comments > 0) continue;
    else if (/^[,;:]$/.test(token)) end();
    else if (token.startsWith("<") && token.length > 1) inBrackets = token.slice(1, -1);
    else bare += token;
  }
  end();
  return addresses;
}
