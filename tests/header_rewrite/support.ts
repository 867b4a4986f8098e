// A header-rewrite filter in a chain of its own, and an MTA that does what the chain asks of it as Postfix does.
import { headerRewrite } from "../../filters/header_rewrite/header_rewrite.ts";
import { Chain } from "../../lib/filter/chain.ts";
import type { Filter } from "../../lib/filter/filter.ts";
import { OptionValues } from "../../lib/filter/options.ts";
import { EnvelopeAddress } from "../../lib/message/envelope.ts";
import { HeaderField } from "../../lib/message/header.ts";
import type { HeaderAction } from "../../lib/message/header_model.ts";
import { latin1Bytes, latin1Text, toBytes } from "../../lib/message/text.ts";

export type Given = readonly (readonly [name: string, text: string])[];

export interface Message {
  /** `Name: value`, a character a byte. */
  header?: readonly string[];
  sender?: string;
  recipients?: readonly string[];
  client?: { address: string; hostname: string };
  helo?: string;
  macros?: Readonly<Record<string, string>>;
}

export function makeFilter(given: Given): Filter {
  return headerRewrite.create(new OptionValues(headerRewrite.options, given));
}

/** The header that a message has behind the filter, its MTA's own Received included; a character a byte. */
export async function rewrite(given: Given, message: Message = {}): Promise<string[]> {
  return deliver(message.header ?? [], await actionsOf([makeFilter(given)], message));
}

/** What the MTA is asked to do. */
export async function actionsOf(
  filters: readonly Filter[],
  message: Message,
): Promise<readonly HeaderAction[]> {
  const { header = [], sender = "from@example.org", recipients = ["to@example.net"], macros = {} } = message;
  const failures: unknown[] = [];
  const connection = new Chain(filters).connection({
    macro: (name) => macros[name],
    onFilterError: (_filter, _event, error) => failures.push(error),
  });
  const { address, hostname } = message.client ?? { address: "192.0.2.1", hostname: "client.example" };
  await connection.connect({ family: address.includes(":") ? "inet6" : "inet", address, hostname, port: 25 });
  await connection.helo(message.helo ?? "helo.example");
  await connection.mail(path(sender));
  for (const recipient of recipients) await connection.rcpt(path(recipient));
  for (const line of header) {
    const [name, value] = parts(line);
    await connection.header(HeaderField.of(latin1Bytes(name), latin1Bytes(value)));
  }
  await connection.eoh();
  const { header: actions } = await connection.eom();
  if (failures.length > 0) throw failures[0];
  return actions;
}

function path(address: string): EnvelopeAddress {
  return EnvelopeAddress.of(toBytes(`<${address}>`), []);
}

function parts(line: string): [name: string, value: string] {
  const colon = line.indexOf(":");
  return [line.slice(0, colon), line.slice(colon + 1).replace(/^ /, "")];
}

/** Postfix: numbers count anew after each deletion, an insert's index counts its own Received. */
function deliver(header: readonly string[], actions: readonly HeaderAction[]): string[] {
  const lines = ["Received: by mta", ...header];
  for (const action of actions) {
    const name = latin1Text(action.field.nameBytes);
    const line = `${name}: ${latin1Text(action.field.valueBytes)}`;
    if (action.type === "addHeader") lines.push(line);
    else if (action.type === "insertHeader") lines.splice(action.index, 0, line);
    else {
      const same = lines.flatMap((other, i) => i > 0 && sameName(other, name) ? [i] : []);
      const at = same[action.index - 1];
      if (at === undefined) throw new Error(`${action.type} ${name} ${action.index}: there is no such field`);
      lines.splice(at, 1, ...(action.type === "changeHeader" ? [line] : []));
    }
  }
  return lines;
}

function sameName(line: string, name: string): boolean {
  return line.slice(0, line.indexOf(":")).toLowerCase() === name.toLowerCase();
}
