/**
 * Formats a line that a filter writes to the log.
 *
 * @module
 */

import type { ServerEvent } from "../../lib/server/server_events.ts";
import { type PlainFields, plainFields, plainText, word } from "./plain_fields.ts";

/** A line of a filter. */
type FilterLine = ServerEvent & { readonly type: "filter-log" };

/** Formats it as text: what it is about, the filter, its text and its fields. */
export function filterLine({ connection, queueId, filter, text, fields }: FilterLine): string {
  const about = queueId !== undefined
    ? `${queueId}: `
    : connection === undefined
    ? ""
    : `connection ${connection}: `;
  return `${about}filter ${filter}: ${[plainText(text), ...fieldTexts(plainFields(fields))].join(" ")}`;
}

/** Returns its properties for JSON; the filter's own fields stay together, so that none replaces one of ours. */
export function filterProperties({ type, connection, queueId, filter, fields }: FilterLine): Record<
  string,
  unknown
> {
  const plain = plainFields(fields);
  return {
    type,
    connection,
    queueId,
    filter,
    ...(Object.keys(plain).length === 0 ? {} : { fields: plain }),
  };
}

/** Formats fields as `key=value`. A stack trace has a place of its own at the end of the line. */
function fieldTexts(fields: PlainFields): string[] {
  return Object.entries(fields).filter(([name, value]) => name !== "stack" || typeof value !== "string")
    .map(([name, value]) => `${word(name)}=${typeof value === "string" ? word(value) : value}`);
}
