/**
 * How much may come of one MTA, and of a message.
 *
 * @module
 */

import type { ServerLimits } from "../../lib/server/server_events.ts";
import { optional, type ServeOption } from "./serve_option.ts";

/** An option that sets a limit. */
export interface LimitOption extends ServeOption<number | undefined> {
  /** What the log says where it is reached. */
  readonly reached: string;
}

/** By the names of the library's limits. */
export const LIMIT_OPTIONS: Readonly<Record<keyof ServerLimits, LimitOption>> = {
  connections: limit({
    name: "limit-connections",
    kind: "integer",
    default: "10000",
    description: "Most connections at a time; a further one is closed at once",
    reached: "closed, there are too many connections",
  }),
  connectionsPerClient: limit({
    name: "limit-connections-per-client",
    kind: "integer",
    within: "limit-connections",
    description: "The same of one IP address; an MTA opens one for each SMTP session",
    example: "500",
    reached: "closed, there are too many connections from there",
  }),
  headerFields: limit({
    name: "limit-header-fields",
    kind: "integer",
    default: "10000",
    description: "Most header fields of a message; one that has more is rejected",
    reached: "too many header fields",
  }),
  headerBytes: limit({
    name: "limit-header-size",
    kind: "size",
    default: "2MiB",
    description: "Most bytes of a message's header, and of its recipients; one that has more is rejected",
    reached: "header or recipients too large",
  }),
  recipients: limit({
    name: "limit-recipients",
    kind: "integer",
    default: "10000",
    description: "Most recipients of a message; further ones are put off, for another transaction",
    reached: "too many recipients",
  }),
};

/** What metrics call a limit: its option without `limit-`. */
export function limitLabel({ name }: LimitOption): string {
  return name.replace(/^limit-/, "");
}

function limit(
  { reached, ...declared }: {
    readonly name: string;
    readonly kind: "integer" | "size";
    readonly default?: string;
    readonly within?: string;
    readonly example?: string;
    readonly description: string;
    readonly reached: string;
  },
): LimitOption {
  const metavar = declared.kind === "size" ? "SIZE" : "COUNT";
  return {
    ...optional({ ...declared, metavar, min: 1, scope: "listener", takesEffect: "reload" }),
    reached,
  };
}
