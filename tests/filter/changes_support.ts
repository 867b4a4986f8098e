// Filters that change messages, and what the MTA is told of it.
import assert from "node:assert/strict";
import type { Change } from "../../lib/filter/filter_terms.ts";
import type { EndOfMessage } from "../../lib/filter/end_of_message.ts";
import { latin1Text, utf8Text } from "../../lib/message/text.ts";
import type { Modification } from "../../lib/protocol/mta_session.ts";
import type { ServeOptions } from "../../lib/server/server_options.ts";
import { type AnyFilter, MESSAGE, served } from "../server/support.ts";

export const ALL: Change[] = [
  "addHeader",
  "insertHeader",
  "changeHeader",
  "deleteHeader",
  "changeFrom",
  "addRcpt",
  "deleteRcpt",
  "replaceBody",
  "quarantine",
];

/** A filter that changes a message as the test says. */
export const changing = (change: (message: EndOfMessage) => void, changes = ALL): AnyFilter => ({
  name: "changing",
  changes,
  eom: (message) => change(message),
});

/** A filter that writes down all content it is shown. */
export function reading(seen: string[], name = "reading"): AnyFilter {
  let body = "";
  return {
    name,
    mail: () => void (body = ""),
    header: ({ name, value }) => void seen.push(`${name}: ${value}`),
    eoh: () => void seen.push(""),
    body: (chunk) => void (body += latin1Text(chunk)),
    eom: (message) => {
      seen.push(body);
      seen.push([...message.headers].map(({ name, value }) => `${name}: ${value}`).join("|"));
    },
  };
}

/** What the MTA is told, in words. */
export function told(modifications: readonly Modification[]): string[] {
  return modifications.map((change) => {
    switch (change.type) {
      case "addHeader":
        return `add ${utf8Text(change.name)}:${utf8Text(change.value)}`;
      case "insertHeader":
      case "changeHeader":
        return `${change.type.slice(0, 6)} ${change.index} ${utf8Text(change.name)}:${
          utf8Text(change.value)
        }`;
      case "replaceBody":
        return `body ${utf8Text(change.chunk)}`;
      case "quarantine":
        return `hold ${change.reason}`;
      default:
        return [change.type, change.address, "args" in change ? change.args : ""].join(" ").trimEnd();
    }
  });
}

export async function changed(
  filters: AnyFilter[],
  message = MESSAGE,
  protocol = 0x1fffff,
  options: Partial<ServeOptions> = {},
): Promise<string[]> {
  let result: string[] = [];
  await served(filters, async ({ open, of }) => {
    const mta = await open({ offer: { protocol } });
    const { event, answer } = await mta.message(message, { from: "a@example.org", to: ["b@example.net"] });
    assert.deepEqual(of("filter-error"), []);
    assert.deepEqual([event, answer.verdict], ["eom", "continue"]);
    result = told(answer.modifications);
  }, options);
  return result;
}
