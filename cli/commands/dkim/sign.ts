/**
 * `milterkit dkim sign`: signs a message in a file, as the filter `dkim-sign` would.
 *
 * @module
 */

import { authorOf } from "../../../filters/dkim_sign/author.ts";
import { KeyRing } from "../../../filters/dkim_sign/key_ring.ts";
import { SIGN_OPTIONS } from "../../../filters/dkim_sign/options.ts";
import { keysWithoutSignature } from "../../../filters/dkim_sign/own_signatures.ts";
import { isUnsigned } from "../../../filters/dkim_sign/reasons.ts";
import { type SignSettings, signSettings } from "../../../filters/dkim_sign/settings_of_options.ts";
import type { DkimSignature } from "../../../lib/auth/dkim/signer.ts";
import { DkimSigningError } from "../../../lib/auth/dkim/signing_error.ts";
import type { DkimSigningKey } from "../../../lib/auth/dkim/signing_options.ts";
import { signDkim } from "../../../lib/auth/dkim/sign_dkim.ts";
import { isSameOrBelow } from "../../../lib/auth/domain_name.ts";
import { optionSpecs } from "../../../lib/filter/option_declarations.ts";
import type { HeaderField } from "../../../lib/message/header.ts";
import { messageOf, readMessageBytes } from "../../explanation/read_message.ts";
import { invalidArgument } from "../../terminal/arguments.ts";
import { type CommandHelp, type Invocation, readCommandLine } from "../../terminal/command_line.ts";
import { EXIT_CODES } from "../../terminal/exit_codes.ts";
import { printMessage } from "../../terminal/messages.ts";
import { print } from "../../terminal/standard_output.ts";
import type { CliAction } from "../command.ts";
import { fileOperand } from "./file_operand.ts";
import { usable } from "./key_store.ts";
import { lineWithStrayByte, longLine, signedMessage } from "./signed_message.ts";

const HELP: CommandHelp = {
  description:
    "Signs a message and writes it to standard output, with the signatures on top and otherwise unchanged. " +
    "FILE is one message, and - is standard input. Chooses keys as the filter dkim-sign does, by the domain in From, but " +
    "does not check whether the sender may get a signature.\n\n" +
    "Exit code: 0 signed, 2 not signed: the command line, a key or the message does not permit it.",
  examples: [
    [
      "Sign, and see whether receivers can verify it:",
      "milterkit dkim sign --keys /etc/milterkit/keys message.eml | milterkit dkim verify -",
    ],
    [
      "With a key of OpenDKIM:",
      "milterkit dkim sign --key example.org:mail:/etc/dkimkeys/mail.private message.eml",
    ],
  ],
};

/** Options of the filter that are about clients, recipients and the MTA, which a file does not have. */
const WITHOUT_A_FILE = new Set([
  "sign-client",
  "sign-macro",
  "match-sender",
  "not-to",
  "on-missing-key",
  "line-limit",
]);

/** Signs a message. */
export const SIGN_ACTION: CliAction = {
  name: "sign",
  operands: "--keys FOLDER FILE",
  help: HELP,
  options: optionSpecs(SIGN_OPTIONS).filter(({ name }) => !WITHOUT_A_FILE.has(name)),
  operandKind: "file",
  run,
};

async function run(invocation: Invocation): Promise<number> {
  const line = readCommandLine(SIGN_ACTION, invocation);
  const { program, options } = line;
  const file = fileOperand(line);
  // Keys and options are checked first: the message may be one that somebody has to type.
  const settings = usable(program, () => signSettings(options));
  const { keys, warnings } = usable(program, () => settings.sources.read());
  const ring = usable(program, () => new KeyRing(keys, settings.choice));
  for (const warning of [...settings.warnings, ...warnings]) printMessage(warning);
  const bytes = await readMessageBytes(program, file);
  const { header } = messageOf(program, file, bytes);
  const fail = (reason: string) => invalidArgument(program, "FILE", file, `not signed: ${reason}`);
  const stray = lineWithStrayByte(bytes);
  if (stray !== undefined) throw fail(`line ${stray.line} has ${stray.what}, and mail servers change that`);
  const chosen = keysFor(header, settings, ring);
  if (typeof chosen === "string") throw fail(chosen);
  let signatures: readonly DkimSignature[];
  try {
    signatures = signDkim(bytes, chosen, settings.signing.signing);
  } catch (error) {
    if (!(error instanceof DkimSigningError)) throw error;
    throw fail(error.message.replace(/^Cannot sign: /, ""));
  }
  const long = longLine(bytes);
  if (long !== undefined) {
    printMessage(
      `line ${long.line} has ${long.what}: mail servers break such a line, and the signature with it`,
    );
  }
  await print(signedMessage(bytes, signatures));
  return EXIT_CODES.done;
}

/** The keys for a message, or why there are none. */
function keysFor(
  header: readonly HeaderField[],
  { signing, choice }: SignSettings,
  ring: KeyRing,
): readonly DkimSigningKey[] | string {
  const values = (name: string) =>
    header.filter((field) => field.is(name)).map((field) => field.rawValueBytes);
  const author = authorOf(new Map(signing.authorFields.map((name) => [name, values(name)])));
  if (isUnsigned(author)) return author.text;
  const keys = ring.keysFor(author);
  if (isUnsigned(keys)) return keys.text;
  if (keys.length === 0) {
    const isBelow = [...ring.domains].some((domain) => isSameOrBelow(author.domain, domain));
    const hint = isBelow && choice.rules.length === 0
      ? "; with --subdomains, one of a domain above it signs"
      : "";
    return `there is no key for ${author.domain}${hint}`;
  }
  const missing = keysWithoutSignature(keys, values("DKIM-Signature"));
  return isUnsigned(missing) ? missing.text : missing;
}
