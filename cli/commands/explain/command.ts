/**
 * `milterkit explain`: says why a message or a sender passes or fails SPF, DKIM and DMARC.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import process from "node:process";
import { asciiDomain } from "../../../lib/auth/domain_name.ts";
import { formatIp, parseIp } from "../../../lib/dns/ip_address.ts";
import { invalidArgument, UsageError } from "../../terminal/arguments.ts";
import { terminalColours, wantsColours } from "../../terminal/colours.ts";
import { type CommandLine, type Invocation, readCommandLine } from "../../terminal/command_line.ts";
import { print } from "../../terminal/standard_output.ts";
import { StatusLine } from "../../terminal/status_line.ts";
import type { CliCommand } from "../command.ts";
import { type GivenEnvelope, knownEnvelope } from "./envelope.ts";
import { explain, type Subject } from "./explanation.ts";
import { explanationJson } from "./json_report.ts";
import { Lines } from "../../explanation/lines.ts";
import { Answers } from "../../explanation/lookup.ts";
import { resolverOf } from "../../explanation/lookup_options.ts";
import { EXPLAIN_HELP, EXPLAIN_OPTIONS } from "./options.ts";
import { readMessage } from "../../explanation/read_message.ts";
import { explanationText } from "./text_report.ts";
import { exitCodeFor } from "./verdict.ts";

/** Explains how the checks of a message or a sender come out. */
export const explainCommand: CliCommand = {
  help: EXPLAIN_HELP,
  options: EXPLAIN_OPTIONS,
  operandKind: "file",
  run,
};

async function run(invocation: Invocation): Promise<number> {
  const line = readCommandLine(explainCommand, invocation);
  const { program, options } = line;
  const given = givenEnvelope(line);
  const target = targetOf(line);
  const resolver = resolverOf(program, options);
  const progress = new StatusLine();
  try {
    const subject = await subjectOf(program, target, given);
    let count = 0;
    const answers = new Answers(resolver, (type, name) => {
      progress.write(`lookup ${++count}: ${type} ${name}`.slice(0, 79));
    });
    const explanation = await explain(subject, answers, Math.floor(Date.now() / 1000));
    progress.clear();
    const name = target.domain ?? (target.file === "-" ? "(standard input)" : target.file);
    if (options.get("flag", "json")) {
      await print(explanationJson(name, explanation));
    } else {
      const lines = new Lines(terminalColours(wantsColours(process.stdout)), Boolean(process.stdout.isTTY));
      explanationText(name, explanation, lines);
      await print(lines.text);
    }
    return exitCodeFor(explanation.verdict);
  } finally {
    progress.clear();
    resolver.close();
  }
}

/** What is explained: a message, or a domain. */
type Target = { readonly file: string; readonly domain?: undefined } | { readonly domain: string };

function targetOf({ program, options, operands }: CommandLine): Target {
  const [file, second] = operands;
  if (second !== undefined) throw new UsageError(`${program}: want one FILE, not ${operands.length}`, second);
  const text = options.get("string", "domain");
  if (text === undefined) {
    if (file !== undefined) return { file };
    throw new UsageError(
      `${program}: nothing to explain: give a FILE, - for standard input, or --domain DOMAIN`,
    );
  }
  if (file !== undefined) throw new UsageError(`${program}: give a FILE or --domain, not both`, file);
  for (const name of ["from", "mta-id"]) {
    if (options.get("string", name) === undefined) continue;
    throw new UsageError(`${program}: --${name} is about a message; leave it out with --domain`);
  }
  const domain = asciiDomain(Buffer.from(text, "utf8").toString("latin1").replace(/\.$/, ""));
  if (domain === undefined || !domain.includes(".")) {
    throw invalidArgument(program, "--domain", text, "want a domain, such as example.com");
  }
  return { domain };
}

function givenEnvelope({ program, options }: CommandLine): GivenEnvelope {
  const client = options.get("string", "client");
  const bytes = client === undefined ? undefined : parseIp(client);
  if (client !== undefined && bytes === undefined) {
    throw invalidArgument(
      program,
      "--client",
      client,
      "want an IP address, such as 192.0.2.1 or 2001:db8::1",
    );
  }
  const from = options.get("string", "from");
  if (from !== undefined && /[\s,;]|^[^<].*[<>]/.test(from.replace(/"(?:\\.|[^"\\])*"/s, ""))) {
    throw invalidArgument(
      program,
      "--from",
      from,
      "want one address, such as joe@example.com, or <> for none",
    );
  }
  return {
    client: bytes && formatIp(bytes),
    helo: options.get("string", "helo"),
    from,
    mtaId: options.get("string", "mta-id"),
  };
}

async function subjectOf(program: string, target: Target, given: GivenEnvelope): Promise<Subject> {
  const receiver = given.mtaId;
  if (target.domain !== undefined) {
    const envelope = knownEnvelope({ ...given, from: `postmaster@${target.domain}` }, []);
    return { domain: target.domain, envelope, receiver };
  }
  const message = await readMessage(program, target.file);
  return { message, envelope: knownEnvelope(given, message.header), receiver };
}
