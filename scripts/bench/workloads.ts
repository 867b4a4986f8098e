/**
 * The workloads that the servers are measured with, and our target limits.
 *
 * @module
 */

/** What the filter does in addition to having every callback; by default it answers every event. */
export interface Variant {
  /** Negotiates "no reply" wherever the MTA offers it. */
  readonly noReplies?: boolean;
  /** One header field is added to each message. */
  readonly addHeader?: boolean;
  /** Every string is read. C libmilter and pymilter decode them all anyway. */
  readonly readStrings?: boolean;
  /** The number of filters in the chain. C libmilter has no chains and is measured with one. */
  readonly filters?: number;
}

/** One kind of mail. */
export interface Workload {
  /** The name in options and raw results. */
  readonly name: string;
  /** The display name. */
  readonly title: string;
  /** The arguments of the load generator. */
  readonly load: readonly string[];
  readonly variant: Variant;
  /** The most CPU per message that the compiled filter may take, C libmilter = 1. */
  readonly limit?: number;
  /** The same for Deno, where it is not {@link DENO_ALLOWANCE} times the limit of the compiled filter. */
  readonly denoLimit?: number;
}

export const WORKLOADS: readonly Workload[] = [
  {
    name: "small",
    title: "small message, every event answered",
    load: loadOf({}),
    variant: {},
    limit: 0.34,
  },
  {
    name: "small-nr",
    title: "small message, no replies",
    load: loadOf({}),
    variant: { noReplies: true },
    limit: 0.14,
  },
  {
    name: "headers-nr",
    title: "60 header fields, no replies, strings not read",
    load: loadOf({ headers: 60 }),
    variant: { noReplies: true },
    limit: 0.08,
  },
  {
    name: "headers-nr-read",
    title: "60 header fields, no replies, every string read",
    load: loadOf({ headers: 60 }),
    variant: { noReplies: true, readStrings: true },
    limit: 0.16,
  },
  {
    name: "body1m",
    title: "1 MB body, every event answered",
    load: loadOf({ body: 1048576 }),
    variant: {},
    limit: 0.75,
    denoLimit: 1.2,
  },
  {
    name: "body1m-nr",
    title: "1 MB body, no replies",
    load: loadOf({ body: 1048576 }),
    variant: { noReplies: true },
    limit: 1.2,
  },
  {
    name: "single",
    title: "one small message per connection",
    load: loadOf({ connections: 64, messages: 1 }),
    variant: {},
    limit: 0.30,
  },
  {
    name: "chain3",
    title: "small message, three filters chained",
    load: loadOf({}),
    variant: { filters: 3 },
    limit: 0.36,
  },
  {
    name: "small-add",
    title: "small message, a header field added",
    load: loadOf({}),
    variant: { addHeader: true },
    limit: 0.45,
  },
];

/** The limits on Deno, as a multiple of those for the compiled filter. */
export const DENO_ALLOWANCE = 1.8;

/** The limits for the compiled filter while it holds so many connections; `moreMb` is resident memory above idle. */
export const HELD_LIMITS = { connections: 1000, moreMb: 4, kbPerConnection: 4 } as const;

interface Load {
  readonly connections?: number;
  /** Messages on each connection. */
  readonly messages?: number;
  readonly headers?: number;
  /** Bytes. */
  readonly body?: number;
}

/** The arguments of the load generator for a kind of load. */
export function loadOf({ connections = 16, messages = 10, headers = 10, body = 4096 }: Load): string[] {
  return ["-c", connections, "-m", messages, "-H", headers, "-b", body].map(String);
}
