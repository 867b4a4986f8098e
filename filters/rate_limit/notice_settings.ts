/**
 * The settings of notices, from the options of a filter.
 *
 * @module
 */

import { accessSync, constants, statSync } from "node:fs";
import { isAbsolute } from "node:path";
import { OptionError, type OptionValues } from "../../lib/options/options.ts";
import { systemErrorText } from "../../lib/system_errors.ts";
import { failAs, givenIn } from "./given_options.ts";

/** Where notices go. */
export interface NoticeSettings {
  /** The program to run, and its arguments. */
  readonly command: readonly [program: string, ...args: string[]] | undefined;
  /** The mail to send. */
  readonly mail:
    | { readonly to: readonly string[]; readonly from: string; readonly server: string }
    | undefined;
  /** The minimum time between two notices about a key, in milliseconds. */
  readonly every: number;
}

/**
 * Reads the settings of notices.
 *
 * @throws {OptionError} for a program that cannot be run, an invalid address, or an option without its counterpart
 */
export function noticeSettings(options: OptionValues): NoticeSettings {
  const given = givenIn(options);
  const program = options.get("string", "notify-command");
  const to = options.all("string", "notify-mail");
  if (program !== undefined) checkProgram(program);
  for (
    const [name, partner, has] of [
      ["notify-arg", "notify-command", program !== undefined],
      ["notify-from", "notify-mail", to.length > 0],
      ["notify-server", "notify-mail", to.length > 0],
    ] as const
  ) {
    const text = given(name);
    if (text !== undefined && !has) throw new OptionError(name, text, `it works only with --${partner}`);
  }
  for (const address of to) checkAddress("notify-mail", address);
  const from = options.get("string", "notify-from");
  if (from !== undefined) checkAddress("notify-from", from);
  return {
    command: program === undefined ? undefined : [program, ...options.all("string", "notify-arg")],
    mail: to.length === 0
      ? undefined
      : { to, from: from ?? "", server: options.get("connect-address", "notify-server")! },
    every: options.get("duration", "notify-every")!,
  };
}

function checkProgram(path: string): void {
  const fail = failAs("notify-command", path);
  if (!isAbsolute(path)) {
    fail(
      /\s/.test(path)
        ? "want the path of a program, beginning with /; its arguments go into --notify-arg"
        : "want the path of a program, beginning with /",
    );
  }
  try {
    if (!statSync(path).isFile()) fail("it is not a program");
    accessSync(path, constants.X_OK);
  } catch (error) {
    if (error instanceof OptionError) throw error;
    const { code } = error as { readonly code?: string };
    if (code === "ENOENT" && /\s/.test(path)) {
      fail("there is no such program; if it has arguments, each goes into a --notify-arg");
    }
    fail(systemErrorText(error, { EACCES: "it is not executable for this user" }));
  }
}

/** Checks an address that goes into SMTP as it is. It may be a local name, such as root. */
function checkAddress(option: string, address: string): void {
  const fail = failAs(option, address);
  if (/^[^<>]*<[^<>]+>$/.test(address)) fail(`write ${address.replace(/^.*<|>$/g, "")}`);
  if (/[,;]/.test(address)) fail("these are several values; give each one separately");
  if (!/^[!-~]{1,254}$/.test(address) || /[<>()"\\]|^@|@$|@.*@/.test(address)) {
    fail("want a mail address, such as postmaster@example.org");
  }
}
