/**
 * `milterkit dkim sign`: signs a message.
 *
 * @module
 */

import { readKeyFolder } from "../../../filters/dkim_sign/keys/key_folder.ts";
import { authorDomains } from "../../../lib/auth/author.ts";
import { DkimSigningError } from "../../../lib/auth/dkim/signing_error.ts";
import type { DkimSigningKey } from "../../../lib/auth/dkim/signing_options.ts";
import { signDkim, type SignDkimOptions } from "../../../lib/auth/dkim/sign_dkim.ts";
import { isSameOrBelow } from "../../../lib/auth/domain_name.ts";
import { messageOf, readMessageBytes } from "../../explanation/read_message.ts";
import { invalidArgument, UsageError } from "../../terminal/arguments.ts";
import {
  type CommandHelp,
  type CommandLine,
  type Invocation,
  readCommandLine,
} from "../../terminal/command_line.ts";
import { EXIT_CODES } from "../../terminal/exit_codes.ts";
import { printMessage } from "../../terminal/messages.ts";
import { print } from "../../terminal/standard_output.ts";
import type { CliAction } from "../command.ts";
import { fileOperand } from "./file_operand.ts";
import { namedKey, usable } from "./key_store.ts";
import { KEY_OPTION, KEYS_OPTION, requiredFolder } from "./options.ts";
import { lineWithStrayByte, longLine, signedMessage } from "./signed_message.ts";

const HELP: CommandHelp = {
  description:
    "Signs a message and writes it to standard output, with the signatures on top and otherwise byte for byte as it is. " +
    "FILE is one message, and - is standard input. The keys are those of the domain in From, as the filter dkim-sign would " +
    "take them: an RSA and an Ed25519 key both sign. A key given by --key signs whatever is in From.",
  examples: [
    [
      "Sign, and look whether receivers can verify it:",
      "milterkit dkim sign --keys /etc/milterkit/dkim message.eml | milterkit dkim verify -",
    ],
    [
      "With one key of OpenDKIM:",
      "milterkit dkim sign --key example.org:mail:/etc/dkimkeys/mail.private message.eml",
    ],
  ],
};

/** Signs a message. */
export const SIGN_ACTION: CliAction = {
  name: "sign",
  operands: "--keys FOLDER FILE",
  help: HELP,
  options: [
    KEYS_OPTION,
    KEY_OPTION,
    {
      name: "subdomains",
      kind: "flag",
      description: "If From's domain has no key, take that of a domain above it",
    },
    {
      name: "canonicalization",
      kind: "enum",
      metavar: "HEADER/BODY",
      choices: ["relaxed/relaxed", "relaxed/simple", "simple/relaxed", "simple/simple"],
      default: "relaxed/relaxed",
      description: "What may change on the way: relaxed permits white space to",
    },
    {
      name: "headers",
      kind: "string",
      metavar: "NAMES",
      description:
        "Header fields to sign if they are there, separated by colons or commas; by default what people see",
      example: "From:To:Subject:Date",
    },
    {
      name: "oversign",
      kind: "string",
      metavar: "NAMES",
      description:
        "Header fields to which nobody may add another, separated by colons or commas; by default From",
    },
    {
      name: "lifetime",
      kind: "duration",
      metavar: "TIME",
      min: 1000,
      description: "Time after which the signature expires (x=); by default it does not",
      example: "14d",
    },
    {
      name: "body-length",
      kind: "flag",
      description: "Permit others to append to the body (l=), which makes the signature easy to misuse",
    },
  ],
  operandKind: "file",
  run,
};

async function run(invocation: Invocation): Promise<number> {
  const line = readCommandLine(SIGN_ACTION, invocation);
  const { program } = line;
  const file = fileOperand(line);
  // Keys and options are checked first: the message may be one that somebody has to type.
  const keys = signingKeys(line);
  const bytes = await readMessageBytes(program, file);
  const { header } = messageOf(program, file, bytes);
  const from = header.filter((field) => field.is("From")).map((field) => field.rawValueBytes);
  const stray = lineWithStrayByte(bytes);
  if (stray !== undefined) {
    throw invalidArgument(
      program,
      "FILE",
      file,
      `line ${stray.line} has ${stray.what}: mail servers change that`,
    );
  }
  const signing = keys(from, file);
  const long = longLine(bytes);
  if (long !== undefined) {
    printMessage(
      `line ${long.line} has ${long.what}: mail servers break such a line, and the signature with it`,
    );
  }
  await print(signedMessage(bytes, sign(program, file, bytes, signing, signingOptions(line))));
  return EXIT_CODES.done;
}

function sign(
  program: string,
  file: string,
  bytes: Uint8Array,
  keys: readonly DkimSigningKey[],
  options: SignDkimOptions,
): ReturnType<typeof signDkim> {
  try {
    return signDkim(bytes, keys, options);
  } catch (error) {
    if (!(error instanceof DkimSigningError)) throw error;
    throw new UsageError(`${program}: ${file}: ${error.message}`, file);
  }
}

/** Returns what finds the keys for the From fields of a message. */
function signingKeys(
  line: CommandLine,
): (from: readonly Uint8Array[], file: string) => readonly DkimSigningKey[] {
  const { program, options } = line;
  const given = options.all("string", KEY_OPTION.name);
  if (given.length > 0) {
    for (const name of [KEYS_OPTION.name, "subdomains"]) {
      if (options.given.some((option) => option.name === name)) {
        throw new UsageError(`${program}: --${name} does not go with --key, which says which key signs`);
      }
    }
    const keys = given.map((text) => namedKey(program, text));
    return (from) => {
      const authors = authorDomains(from);
      const [author] = "domains" in authors ? authors.domains : [];
      const foreign = keys.find(({ domain }) => author !== undefined && !isSameOrBelow(author, domain));
      if (foreign !== undefined) {
        printMessage(
          `From is of ${author}: for DMARC, a signature of ${foreign.domain} says nothing about it`,
        );
      }
      return keys;
    };
  }
  const folder = requiredFolder(line);
  const { keys } = usable(program, () => readKeyFolder(folder));
  return (from, file) => {
    const authors = authorDomains(from);
    if ("problem" in authors) {
      throw invalidArgument(program, "FILE", file, `not signed, as ${authors.problem}`);
    }
    const [author = "", second] = authors.domains;
    if (second !== undefined) {
      const reason = `not signed, as From has several domains: ${authors.domains.join(", ")}`;
      throw invalidArgument(program, "FILE", file, reason);
    }
    for (let domain = author; domain.includes("."); domain = domain.slice(domain.indexOf(".") + 1)) {
      const found = keys.filter((key) => key.domain === domain);
      if (found.length > 0) return found;
      if (!options.get("flag", "subdomains")) break;
    }
    const domains = [...new Set(keys.map(({ domain }) => domain))];
    throw invalidArgument(
      program,
      "FILE",
      file,
      `not signed, as there is no key of ${author} in ${folder}` +
        (domains.some((domain) => isSameOrBelow(author, domain))
          ? "; with --subdomains, one above it would sign"
          : ""),
    );
  };
}

function signingOptions({ options }: CommandLine): SignDkimOptions {
  const lifetime = options.get("duration", "lifetime");
  return {
    canonicalization: options.get("enum", "canonicalization") as SignDkimOptions["canonicalization"],
    headers: namesIn(options.get("string", "headers")),
    oversign: namesIn(options.get("string", "oversign")),
    lifetime: lifetime === undefined ? undefined : Math.ceil(lifetime / 1000),
    bodyLength: options.get("flag", "body-length"),
  };
}

function namesIn(text: string | undefined): readonly string[] | undefined {
  return text?.split(/[:,]/).map((name) => name.trim()).filter((name) => name !== "");
}
