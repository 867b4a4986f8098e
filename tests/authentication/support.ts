// The filters that check mail, in a chain, and what becomes of messages there.
import { Chain } from "../../lib/chain/chain.ts";
import type { ChainConnection } from "../../lib/chain/chain_connection.ts";
import type { ChainOptions } from "../../lib/chain/chain_options.ts";
import { parseRecordsFile } from "../../lib/dns/records_file.ts";
import type { Resolver } from "../../lib/dns/resolver.ts";
import type { FilterDefinition } from "../../lib/filter/definition.ts";
import type { Filter } from "../../lib/filter/filter.ts";
import type { MessageReport } from "../../lib/filter/report.ts";
import type { KitParts } from "../../lib/kit/kit.ts";
import type { MadeFilter } from "../../lib/kit/make.ts";
import { EnvelopeAddress } from "../../lib/message/envelope.ts";
import { HeaderField } from "../../lib/message/header.ts";
import { applyHeaderActions, type Entry, HEADER_MODELS } from "../../lib/message/header_model.ts";
import type { MtaKind } from "../../lib/message/mta.ts";
import { bytes } from "../auth/dkim/support.ts";
import { type Given, madeFilter } from "../support/made_filter.ts";
import { verdictText } from "../support/verdict_text.ts";

/** Under which results are written. */
export const ID = "mx.example.test";

/** The name of the field. */
export const FIELD = "Authentication-Results";

/** A filter with these options, and these records in place of DNS. */
export function filterOf(
  definition: FilterDefinition,
  given: Given = [],
  records: string | Resolver = "",
  parts: KitParts = {},
): Promise<MadeFilter> {
  const resolver = typeof records === "string" ? parseRecordsFile(records) : records;
  return madeFilter(definition, given, { resolver, authservId: ID, ...parts });
}

/** A message, and who brings it. */
export interface TestMail {
  from?: string;
  to?: readonly string[];
  header?: readonly (readonly [name: string, value: string])[];
  body?: string;
  /** Empty for a client without an address. */
  client?: string;
  helo?: string | undefined;
  macros?: Readonly<Record<string, string>>;
}

/** What became of a message. */
export interface Outcome {
  /** In words, `continue` for none. */
  verdict: string;
  /** The answers to recipients that were not accepted. */
  refused: Record<string, string>;
  /** The values of Authentication-Results of the message as it is delivered, from the top, folds taken out. */
  results: string[];
  /** Its whole header, as it is delivered. */
  header: string[];
  quarantine: string | undefined;
  /** What filters failed at. */
  failures: string[];
  report: MessageReport | undefined;
}

/** Answers without which nothing more of a message can come. */
const ENDS = ["reject", "tempfail", "discard"];

/** An SMTP session with a chain. */
export class Session {
  readonly mta: MtaKind;
  readonly connection: ChainConnection;
  readonly failures: string[] = [];
  #macros: Readonly<Record<string, string>> = {};
  #report: MessageReport | undefined;

  // deno-lint-ignore no-explicit-any -- whatever their states are
  constructor(filters: readonly Filter<any, any>[], options: ChainOptions = {}) {
    this.mta = options.mta === "sendmail" ? "sendmail" : "postfix";
    this.connection = new Chain(filters, { ...options, mta: this.mta }).connection({
      macro: (name) => this.#macros[name],
      onFilterError: (filter, event, error, onError) =>
        this.failures.push(`${filter} at ${event}: ${(error as Error).message} (${onError})`),
      onMessage: (report) => this.#report = report,
    });
  }

  /** The connection, up to HELO. */
  async open({ client = "192.0.2.1", helo = "mail.example.org" }: TestMail = {}): Promise<this> {
    await this.connection.negotiate({ version: 6, actions: 0x1ff, protocol: 0x1fffff });
    const family = client === "" ? "unix" : client.includes(":") ? "inet6" : "inet";
    await this.connection.connect({ hostname: "client.example", family, address: client, port: 25 });
    await this.connection.helo(helo);
    return this;
  }

  /** A message, from MAIL on. */
  async send(mail: TestMail = {}): Promise<Outcome> {
    const { from = "joe@example.org", to = ["b@example.test"], macros = {}, body = "Hello\r\n" } = mail;
    const { header = [["From", "Joe <joe@example.org>"], ["Subject", "x"]] } = mail;
    const { connection, mta } = this;
    this.#macros = macros;
    this.#report = undefined;
    const seen = this.failures.length;
    const refused: Record<string, string> = {};
    const fields = header.map(([name, value]) => HeaderField.of(bytes(name), bytes(value)));
    const model = HEADER_MODELS[mta];
    const entries: Entry[] = model.start(fields);
    const outcome = (verdict: string, quarantine?: string): Outcome => {
      const left = entries.flatMap(({ field }) => field === undefined ? [] : [field]);
      return {
        verdict,
        refused,
        results: left.filter((field) => field.is(FIELD)).map(({ value }) => unfolded(value)),
        header: left.map(({ name, value }) => `${name}: ${unfolded(value)}`),
        quarantine,
        failures: this.failures.slice(seen),
        report: this.#report,
      };
    };
    const sender = await connection.mail(EnvelopeAddress.of(bytes(`<${from}>`), []));
    if (ENDS.includes(sender.kind)) return outcome(verdictText(sender));
    let accepted = 0;
    for (const recipient of to) {
      const answer = await connection.rcpt(EnvelopeAddress.of(bytes(`<${recipient}>`), []));
      if (ENDS.includes(answer.kind)) refused[recipient] = verdictText(answer);
      else accepted++;
    }
    if (accepted === 0) {
      await connection.abort();
      return outcome(at0(refused));
    }
    const answers = [() => connection.data()];
    for (const field of fields) answers.push(() => connection.header(field, 100));
    answers.push(() => connection.eoh(), () => connection.body(bytes(body)));
    for (const ask of answers) {
      const answer = await ask();
      if (ENDS.includes(answer.kind)) return outcome(verdictText(answer));
    }
    const end = await connection.eom();
    if (!ENDS.includes(end.verdict.kind)) applyHeaderActions(model, entries, end.header);
    return outcome(verdictText(end.verdict), end.quarantine);
  }
}

/** Sends one message through filters. */
export async function send(
  // deno-lint-ignore no-explicit-any -- whatever their states are
  filters: Filter<any, any> | readonly Filter<any, any>[],
  mail: TestMail = {},
  options: ChainOptions = {},
): Promise<Outcome> {
  // deno-lint-ignore no-explicit-any -- as above
  const session = await new Session([filters].flat() as Filter<any, any>[], options).open(mail);
  try {
    return await session.send(mail);
  } finally {
    await session.connection.close();
  }
}

function unfolded(value: string): string {
  return value.replace(/\n[ \t]*/g, " ");
}

function at0(refused: Record<string, string>): string {
  return Object.values(refused)[0] ?? "continue";
}
