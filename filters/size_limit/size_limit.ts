/**
 * Rejects, holds or marks messages that are too large.
 *
 * @module
 */

import type { MessageContext } from "../../lib/filter/context.ts";
import { type CreatedFilter, defineFilter } from "../../lib/filter/definition.ts";
import type { EndOfMessage } from "../../lib/filter/end_of_message.ts";
import type { Change, VerdictEvent } from "../../lib/filter/filter_terms.ts";
import { declarationsOf } from "../../lib/filter/option_declarations.ts";
import { OptionError, type OptionSpec, type OptionValues } from "../../lib/options/options.ts";
import { discard, reject, tempfail, type Verdict } from "../../lib/filter/verdict.ts";
import type { EnvelopeAddress } from "../../lib/message/envelope.ts";
import type { HeaderField } from "../../lib/message/header.ts";
import { type Excess, excessMark, excessText, type Limits, Measure } from "./measure.ts";

const OPTIONS: readonly OptionSpec[] = [
  {
    name: "max",
    kind: "size",
    min: 1,
    example: "25MB",
    description: "Largest message: header, empty line and body, counted with CRLF line ends",
  },
  {
    name: "max-header-bytes",
    kind: "size",
    min: 1,
    within: "limit-header-size",
    example: "64KiB",
    description: "Largest header: all fields together, counted with CRLF line ends",
  },
  {
    name: "max-headers",
    kind: "integer",
    within: "limit-header-fields",
    metavar: "COUNT",
    min: 1,
    example: "1000",
    description: "Maximum number of header fields",
  },
  {
    name: "max-recipients",
    kind: "integer",
    within: "limit-recipients",
    metavar: "COUNT",
    min: 1,
    example: "100",
    description: "Maximum number of recipients; further ones are temporarily rejected, whatever the action",
  },
  {
    name: "action",
    kind: "enum",
    metavar: "ACTION",
    choices: ["reject", "tempfail", "discard", "quarantine", "mark"],
    default: "reject",
    description: "What happens to a message that exceeds a limit on its size or header",
  },
  {
    name: "mark-header",
    kind: "header-name",
    metavar: "NAME",
    default: "X-Size-Limit",
    description: "The header that the action mark adds",
  },
];

const CONTENT_LIMITS = ["max", "max-header-bytes", "max-headers"];

/** The filter `size-limit`. */
export const sizeLimit = defineFilter({
  name: "size-limit",
  summary: "Limits the size of messages, of their headers, and the number of recipients",
  description:
    `The size of a message is that of its header fields, the empty line and the body, with CRLF line ends, as
the client sent it: without the MTA's own Received field. A message whose size equals the limit passes.

With reject (552 5.3.4) and tempfail (452 4.3.4), a message is rejected as soon as it exceeds a limit: at MAIL if
the client declares a larger SIZE (a malformed one is ignored), after the header, or within the body. The other actions
ignore the declared size: discard acts after the header or within the body, quarantine and mark at the end.

mark adds a field such as "X-Size-Limit: size=30000000 exceeds 25000000" and lets the message pass; several limits are
joined by "; ". A field of that name from the client stays.

Recipients beyond --max-recipients are rejected with 452 4.5.3, as RFC 5321 4.5.3.1.10 specifies; clients then send to
them in another transaction. The message continues for the other recipients.`,
  changes: ["addHeader", "quarantine"],
  verdicts: ["mail", "rcpt", "eoh", "body"],
  messageState: () => new Measure(),
  options: declarationsOf(OPTIONS),
  create: (_, { options }) => createSizeLimit(options),
});

type SizeFilter = CreatedFilter<undefined, Measure>;

function createSizeLimit(options: OptionValues): SizeFilter {
  const limits: Limits = {
    size: options.get("size", "max"),
    headerBytes: options.get("size", "max-header-bytes"),
    headers: options.get("integer", "max-headers"),
  };
  const maxRecipients = options.get("integer", "max-recipients");
  const limitsContent = Object.values(limits).some((limit) => limit !== undefined);
  checkOptions(options, limitsContent, maxRecipients !== undefined);

  const parts: Partial<SizeFilter>[] = [];
  if (maxRecipients !== undefined) parts.push(limitRecipients(maxRecipients));
  if (limitsContent) {
    const action = options.get("enum", "action")!;
    if (action === "mark") parts.push(mark(limits, options.get("header-name", "mark-header")!));
    else if (action === "quarantine") parts.push(quarantine(limits));
    else parts.push(refuse(limits, REFUSALS[action as keyof typeof REFUSALS], action !== "discard"));
  }
  return {
    changes: [],
    ...Object.assign({}, ...parts),
    verdicts: parts.flatMap((part) => part.verdicts ?? []),
  };
}

function checkOptions(options: OptionValues, limitsContent: boolean, limitsRecipients: boolean): void {
  const given = (name: string) =>
    options.given.find((option) => option.name === name)?.value as string | undefined;
  if (!limitsContent && !limitsRecipients) {
    throw new OptionError(
      "max",
      undefined,
      `give at least one of ${flags([...CONTENT_LIMITS, "max-recipients"])}`,
    );
  }
  const [max, headerBytes] = [options.get("size", "max"), options.get("size", "max-header-bytes")];
  // A mark names every limit that was exceeded.
  const marks = options.get("enum", "action") === "mark";
  if (max !== undefined && headerBytes !== undefined && headerBytes >= max && !marks) {
    const text = options.text("max-header-bytes");
    throw new OptionError(
      "max-header-bytes",
      text,
      `it must be below --max ${options.text("max")}, which counts the header too`,
    );
  }
  const action = given("action");
  if (action !== undefined && !limitsContent) {
    throw new OptionError("action", action, `it works only with one of ${flags(CONTENT_LIMITS)}`);
  }
  const header = given("mark-header");
  if (header === undefined) return;
  if (action !== "mark") throw new OptionError("mark-header", header, "it works only with --action mark");
}

function flags(names: readonly string[]): string {
  return names.map((name) => `--${name}`).join(", ");
}

function limitRecipients(max: number): Partial<SizeFilter> {
  return {
    verdicts: ["rcpt"],
    rcpt(_recipient, context) {
      // They include the current one.
      if (context.recipients.length <= max) return;
      return tempfail(452, "4.5.3", `Too many recipients, limit is ${max}`);
    },
  };
}

/** Makes the verdict that ends a message; the text says why. */
type Refusal = (text: string) => Verdict;

const REFUSALS = {
  reject: (text) => reject(552, "5.3.4", text),
  tempfail: (text) => tempfail(452, "4.3.4", text),
  discard: () => discard(),
} satisfies Record<string, Refusal>;

/**
 * @param trustsDeclaration whether to act on the size that a client declares. Not for discard: nobody would learn that a
 * message was lost to a wrong estimate.
 */
function refuse(limits: Limits, refusal: Refusal, trustsDeclaration: boolean): Partial<SizeFilter> {
  const answer = (excess: Excess | undefined, manner?: string): Verdict | void => {
    if (excess) return refusal(excessText(excess, manner));
  };
  const verdicts: VerdictEvent[] = ["eoh"];
  const callbacks: Partial<SizeFilter> = {
    header: countHeader,
    // A reply to each field would be expensive, so the header is checked when it is complete.
    eoh: ({ messageState }) => answer(messageState.excesses(limits)[0]),
  };
  const { size } = limits;
  if (size === undefined) return { ...callbacks, verdicts };
  verdicts.push("body");
  if (trustsDeclaration) verdicts.push("mail");
  return {
    ...callbacks,
    verdicts,
    ...(trustsDeclaration && { mail: (sender) => answer(declaredExcess(sender, size), "declared") }),
    body(chunk, context) {
      countBody(chunk, context);
      const actual = context.messageState.size;
      if (actual > size) return answer({ what: "size", actual, limit: size }, "so far");
    },
  };
}

/** A SIZE argument that exceeds the limit (RFC 1870: 1 to 20 digits). */
function declaredExcess(sender: EnvelopeAddress, limit: number): Excess | undefined {
  const text = sender.arg("SIZE");
  if (text === undefined || !/^\d{1,20}$/.test(text)) return undefined;
  const actual = Number(text);
  return actual > limit ? { what: "size", actual, limit } : undefined;
}

function mark(limits: Limits, name: string): Partial<SizeFilter> {
  return atEnd(limits, "addHeader", (message, excesses) => {
    message.addHeader(name, excesses.map(excessMark).join("; "));
  });
}

function quarantine(limits: Limits): Partial<SizeFilter> {
  return atEnd(limits, "quarantine", (message, [excess]) => message.quarantine(excessText(excess)));
}

/** Counts the whole message, and changes it at the end if it is too large. */
function atEnd(
  limits: Limits,
  change: Change,
  act: (message: EndOfMessage, excesses: readonly [Excess, ...Excess[]]) => void,
): Partial<SizeFilter> {
  return {
    changes: [change],
    readsHeader: false,
    header: countHeader,
    ...(limits.size !== undefined && { body: countBody }),
    eom(message, { messageState }) {
      const [first, ...others] = messageState.excesses(limits);
      if (first !== undefined) act(message, [first, ...others]);
    },
  };
}

function countHeader(field: HeaderField, context: MessageContext<undefined, Measure>): void {
  context.messageState.addHeader(field);
}

function countBody(chunk: Uint8Array, context: MessageContext<undefined, Measure>): void {
  context.messageState.bodyBytes += chunk.length;
}
