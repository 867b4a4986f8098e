// dkim-check in a chain of its own, and what became of a message there.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dkimCheck } from "../../filters/dkim_check/dkim_check.ts";
import { Chain } from "../../lib/chain/chain.ts";
import type { Client } from "../../lib/filter/context.ts";
import type { Filter } from "../../lib/filter/filter.ts";
import type { MadeFilter } from "../../lib/kit/make.ts";
import { verdictText } from "../support/verdict_text.ts";
import { EnvelopeAddress } from "../../lib/message/envelope.ts";
import { HeaderField } from "../../lib/message/header.ts";
import { bytes, type Message } from "../auth/dkim/support.ts";
import { type Given, madeFilter } from "../support/made_filter.ts";

/** Under which results are written in the tests. */
export const ID = "mx.example.test";

/** The filter of these options; without a resolver, keys come from these records. */
export async function makeFilter(given: Given, records: string = ""): Promise<MadeFilter> {
  const folder = mkdtempSync(join(tmpdir(), "milterkit-dkim-"));
  try {
    const file = join(folder, "records");
    writeFileSync(file, records);
    const all: Given = [["authserv-id", ID], ["dns-records", file], ...given];
    return await madeFilter(dkimCheck, all);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What became of a message. */
export interface Outcome {
  /** The verdict in words, `continue` for none. */
  verdict: string;
  /** The values of Authentication-Results that were inserted on top, folds taken out. */
  results: string[];
  /** The fields that were deleted. */
  deleted: string[];
  quarantine: string | undefined;
  /** What the library was told of failures. */
  failures: string[];
  /** The body pieces that were asked for before the filter had enough. */
  pieces: number;
}

export interface Circumstances {
  address?: string;
  macros?: Record<string, string>;
  /** Size of the pieces of the body. */
  chunk?: number;
}

export async function outcomeOf(
  filter: Filter,
  message: Message,
  { address = "192.0.2.1", macros = {}, chunk = 65_535 }: Circumstances = {},
): Promise<Outcome> {
  const outcome: Outcome = {
    verdict: "continue",
    results: [],
    deleted: [],
    quarantine: undefined,
    failures: [],
    pieces: 0,
  };
  const connection = new Chain([filter]).connection({
    macro: (name) => macros[name],
    onFilterError: (_filter, event, error, onError) =>
      outcome.failures.push(`${event}: ${(error as Error).message} (${onError})`),
  });
  await connection.negotiate({ version: 6, actions: 0x1ff, protocol: 0x1fffff });
  const client: Client = {
    hostname: "client.example",
    family: address.includes(":") ? "inet6" : "inet",
    address,
    port: 25,
  };
  await connection.connect(client);
  await connection.mail(EnvelopeAddress.of(bytes("<sender@example.org>"), []));
  await connection.rcpt(EnvelopeAddress.of(bytes("<b@example.test>"), []));
  for (const [name, value] of message.headers) {
    await connection.header(
      HeaderField.of(bytes(name), bytes(value.replace(/^ /, ""))),
      name.length + value.length,
    );
  }
  await connection.eoh();
  const body = bytes(message.body);
  for (let at = 0; at < body.length; at += chunk) {
    outcome.pieces++;
    const { kind } = await connection.body(body.subarray(at, at + chunk));
    if (kind === "skip") break;
  }
  const end = await connection.eom();
  outcome.verdict = verdictText(end.verdict);
  outcome.quarantine = end.quarantine;
  for (const action of end.header) {
    const line = `${action.field.name}: ${action.field.value}`;
    if (action.type === "deleteHeader") outcome.deleted.push(line);
    else outcome.results.push(action.field.value.replace(/\n[ \t]*/g, " "));
  }
  return outcome;
}
