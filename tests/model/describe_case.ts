/** A case in words. */
import type { Case, CaseChange, CaseFilter, CaseVerdict, Mailbox } from "./case.ts";

/** The case, to be read; seeds, text and numbers as they are needed to play it again by hand. */
export function describeCase({ seed, mta, message, filters, cuts, spoolMemory }: Case): string {
  const { sender, recipients, header, body } = message;
  return [
    `seed ${seed}, behind ${mta}, spool of ${spoolMemory} bytes`,
    `message from ${mailbox(sender)} to ${recipients.map(mailbox).join(", ")}`,
    ...header.map(({ name, raw }) => `  ${name}:${quoted(raw)}`),
    `  body ${quoted(body)}${cuts.length > 0 ? `, cut at ${cuts.join(", ")}` : ""}`,
    ...filters.flatMap((
      filter,
      i,
    ) => [`filter ${i + 1}: ${terms(filter)}`, ...filter.changes.map(described)]),
  ].join("\n");
}

function terms(filter: CaseFilter): string {
  const { events, pace, verdict } = filter;
  const flags =
    (["listsEvents", "keepsHandles", "leadingSpace", "actsOutside", "dryRun", "declaresAll"] as const)
      .filter((flag) => filter[flag]);
  return [
    events.join(" ") || "no events",
    pace,
    ...flags,
    ...(verdict ? [verdictText(verdict)] : []),
  ].join(", ");
}

function verdictText({ kind, event, call, withReply }: CaseVerdict): string {
  return `${kind} at ${event} number ${call}${withReply ? " with a reply" : ""}`;
}

function described(change: CaseChange): string {
  const { type, ...what } = change;
  return `  ${type} ${Object.entries(what).map(([key, value]) => `${key}=${quoted(value)}`).join(" ")}`;
}

function mailbox({ address, args }: Mailbox): string {
  return `<${address}>${args === undefined ? "" : ` ${args}`}`;
}

function quoted(value: string | number | undefined): string {
  if (typeof value !== "string") return String(value);
  return JSON.stringify(
    value.length > 200 ? `${value.slice(0, 100)} [${value.length - 200} more] ${value.slice(-100)}` : value,
  );
}
