// A header-rewrite filter, and what becomes of a message behind it.
import assert from "node:assert/strict";
import { headerRewrite } from "../../filters/header_rewrite/header_rewrite.ts";
import type { Filter } from "../../lib/filter/filter.ts";
import type { MadeFilter } from "../../lib/kit/make.ts";
import { latin1Bytes, latin1Text, utf8Text } from "../../lib/message/text.ts";
import { deliver, type Delivered } from "../../lib/testing.ts";
import { type Given, madeFilter } from "../support/made_filter.ts";

export interface Message {
  /** `Name: value`, a character a byte. */
  header?: readonly string[];
  sender?: string;
  recipients?: readonly string[];
  client?: { address: string; hostname: string };
  helo?: string;
  macros?: Readonly<Record<string, string>>;
}

export function makeFilter(given: Given): Promise<MadeFilter> {
  return madeFilter(headerRewrite, given);
}

/** The header that a message has behind the filter; a character a byte. */
export async function rewrite(given: Given, message: Message = {}): Promise<string[]> {
  const { fields } = await handedTo([await makeFilter(given)], message);
  return fields.map(({ nameBytes, valueBytes }) => `${latin1Text(nameBytes)}: ${latin1Text(valueBytes)}`);
}

/** What the MTA is asked to do, such as `insertHeader 0 X-A: 1`. */
export async function actionsOf(filters: readonly Filter[], message: Message): Promise<string[]> {
  const { modifications } = await handedTo(filters, message);
  return modifications.map((modification) => {
    assert.ok("name" in modification);
    const index = "index" in modification ? ` ${modification.index}` : "";
    const [name, value] = [modification.name, modification.value].map(utf8Text);
    return `${modification.type}${index} ${name}:${value}`;
  });
}

async function handedTo(filters: readonly Filter[], message: Message): Promise<Delivered> {
  const { header = [], sender = "from@example.org", recipients = ["to@example.net"], macros = {} } = message;
  const delivered = await deliver(filters, {
    client: message.client ?? { address: "192.0.2.1", hostname: "client.example" },
    helo: message.helo ?? "helo.example",
    from: sender,
    to: recipients,
    macros,
    header: header.map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon), latin1Bytes(line.slice(colon + 1).replace(/^ /, ""))] as const;
    }),
  });
  return delivered.assertAccepted();
}
