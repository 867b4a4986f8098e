// A size-limit filter in a chain of its own, and what became of a message there.
import { sizeLimit } from "../../filters/size_limit/size_limit.ts";
import { Chain } from "../../lib/chain/chain.ts";
import type { MadeFilter } from "../../lib/kit/make.ts";
import { verdictText } from "../support/verdict_text.ts";
import { EnvelopeAddress } from "../../lib/message/envelope.ts";
import { HeaderField } from "../../lib/message/header.ts";
import { toBytes } from "../../lib/message/text.ts";
import { type Given, madeFilter } from "../support/made_filter.ts";

export interface Message {
  /** ESMTP arguments of MAIL. */
  args?: readonly string[];
  recipients?: readonly string[];
  /** Values without their leading space. */
  header?: readonly (readonly [name: string, value: string])[];
  /** Sizes of the pieces of the body. */
  body?: readonly number[];
}

export function makeFilter(given: Given): Promise<MadeFilter> {
  return madeFilter(sizeLimit, given);
}

/**
 * What happened, in order: verdicts other than going on as `event: verdict`, refused recipients as
 * `rcpt ADDRESS: verdict`, then the changes.
 */
export async function outcome(given: Given, message: Message = {}): Promise<string[]> {
  const happened: string[] = [];
  const connection = new Chain([await makeFilter(given)]).connection({
    macro: () => undefined,
    onFilterError: (_filter, event, error) => happened.push(`${event} failed: ${error}`),
  });
  /** Notes a verdict; whether the message goes on. */
  const goesOn = (event: string, verdict: Parameters<typeof verdictText>[0]): boolean => {
    if (verdict.kind !== "continue") happened.push(`${event}: ${verdictText(verdict)}`);
    return verdict.kind === "continue";
  };
  if (
    !goesOn(
      "mail",
      await connection.mail(
        EnvelopeAddress.of(toBytes("<a@example.org>"), (message.args ?? []).map(toBytes)),
      ),
    )
  ) {
    return happened;
  }
  for (const recipient of message.recipients ?? ["b@example.net"]) {
    goesOn(`rcpt ${recipient}`, await connection.rcpt(EnvelopeAddress.of(toBytes(`<${recipient}>`), [])));
  }
  for (const [name, value] of message.header ?? []) {
    if (!goesOn("header", await connection.header(HeaderField.of(name, value), name.length + value.length))) {
      return happened;
    }
  }
  if (!goesOn("eoh", await connection.eoh())) return happened;
  for (const size of message.body ?? []) {
    if (!goesOn("body", await connection.body(new Uint8Array(size)))) return happened;
  }
  const end = await connection.eom();
  goesOn("eom", end.verdict);
  if (end.quarantine !== undefined) happened.push(`quarantine: ${end.quarantine}`);
  for (const { type, field } of end.header) happened.push(`${type} ${field.name}: ${field.value}`);
  return happened;
}
