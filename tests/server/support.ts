import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MtaClient, type MtaClientOptions } from "../../lib/mta/client.ts";
import type { Filter } from "../../lib/filter/filter.ts";
import type { VerdictEvent } from "../../lib/filter/filter_terms.ts";
import type { MessageReport } from "../../lib/filter/report.ts";
import { toBytes } from "../../lib/message/text.ts";
import { serve, type Server } from "../../lib/server/server.ts";
import type { ServeOptions } from "../../lib/server/server_options.ts";
import type { ServerEvent } from "../../lib/server/server_events.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { at, present } from "../support/present.ts";

// deno-lint-ignore no-explicit-any -- filters of any state
export type AnyFilter = Filter<any, any>;

/** A server in a test, and what it told. */
export interface Served {
  readonly server: Server;
  /** Where it listens: the first of its addresses. */
  readonly address: string;
  readonly events: ServerEvent[];
  /** Opens a connection and says CONNECT and HELO, unless `bare`. */
  open(options?: MtaClientOptions & { bare?: boolean }): Promise<MtaClient>;
  /** Events of one type. */
  of<T extends ServerEvent["type"]>(type: T): Extract<ServerEvent, { type: T }>[];
  /** The first event of one type, which must have been told. */
  first<T extends ServerEvent["type"]>(type: T): Extract<ServerEvent, { type: T }>;
  reports(): MessageReport[];
  /** What was told of the first message. */
  firstReport(): MessageReport;
}

export const CLIENT = {
  hostname: "client.example",
  family: "inet",
  port: 4711,
  address: "192.0.2.1",
} as const;

/**
 * Serves filters while a test uses them; everything is let go of afterwards. Over a unix socket, unless the test says
 * otherwise: over TCP, DATA is always answered.
 */
export async function served(
  filters: readonly AnyFilter[],
  use: (served: Served) => Promise<void>,
  options: Partial<ServeOptions> = {},
): Promise<void> {
  const events: ServerEvent[] = [];
  const folder = mkdtempSync(join(tmpdir(), "milterkit-served-"));
  const server = await serve({
    listen: `unix:${join(folder, "milter.sock")}`,
    filters,
    ...options,
    onEvent: (event) => events.push(event),
  });
  const address = at(server.addresses, 0);
  const clients: MtaClient[] = [];
  const of = <T extends ServerEvent["type"]>(type: T) =>
    events.filter((event): event is Extract<ServerEvent, { type: T }> => event.type === type);
  const first = <T extends ServerEvent["type"]>(type: T) => present(of(type)[0], `an event ${type}`);
  try {
    await use({
      server,
      address,
      events,
      of,
      first,
      firstReport: () => first("message").report,
      reports: () => of("message").map(({ report }) => report),
      async open({ bare, ...settings } = {}) {
        const client = await MtaClient.open(address, settings);
        clients.push(client);
        if (!bare) {
          await client.connect(CLIENT);
          await client.helo("client.example");
        }
        return client;
      },
    });
  } finally {
    for (const client of clients) client.destroy();
    if (options.clock instanceof ManualClock) options.clock.letGo();
    await server.abort();
    rmSync(folder, { recursive: true });
  }
}

/** Waits until something is so. The time is only there for tests that fail. */
export async function until(
  condition: () => unknown,
  what: string = String(condition),
  every = 2,
): Promise<void> {
  const end = performance.now() + 60_000;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`did not happen: ${what}`);
    await sleep(every);
  }
}

/** Lets the process do everything else that is at hand, many times over. */
export async function turns(count: number = 50): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setTimeout(resolve));
}

/** Waits until a number stays as it is, turn after turn, and is not 0. */
export async function atRest(number: () => number): Promise<void> {
  for (let same = 0, before = 0; same < 50;) {
    await turns(1);
    const value = number();
    same = value > 0 && value === before ? same + 1 : 0;
    before = value;
  }
}

/** What is the same for a while: a runtime closes some of what it opened in its own time. */
export async function settled(look: () => number[]): Promise<number[]> {
  for (let last = look(), times = 0;; times++) {
    await sleep(50);
    const now = look();
    if (now.join() !== last.join()) [last, times] = [now, 0];
    if (times === 5) return now;
  }
}

export const sleep = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

/** A promise that a test settles. */
export interface Gate<T = void> {
  readonly opened: Promise<T>;
  open(value: T): void;
  fail(error: unknown): void;
}

export function gate<T = void>(): Gate<T> {
  let open!: (value: T) => void;
  let fail!: (error: unknown) => void;
  const opened = new Promise<T>((resolve, reject) => {
    open = resolve;
    fail = reject;
  });
  return { opened, open, fail };
}

export const ALL_EVENTS: readonly VerdictEvent[] = [
  "connect",
  "helo",
  "mail",
  "rcpt",
  "data",
  "header",
  "eoh",
  "body",
  "eom",
  "unknown",
];

type Reactions = { [event in VerdictEvent | "abort" | "close"]?: (...args: never[]) => unknown };

/** A filter that has every callback, writes down that it was called, and then does what the test says. */
export function probe(
  name: string,
  log: string[],
  reactions: Reactions = {},
  settings: Partial<AnyFilter> = {},
): AnyFilter {
  const filter: Record<string, unknown> = { name };
  for (const event of [...ALL_EVENTS, "abort", "close"] as const) {
    filter[event] = (...args: never[]) => {
      log.push(`${event}:${name}`);
      return reactions[event]?.(...args);
    };
  }
  return { ...filter, ...settings } as AnyFilter;
}

/** What probes wrote, those of one event together: `mail:12 rcpt:12`. */
export function grouped(log: readonly string[]): string {
  const groups: [event: string, names: string][] = [];
  for (const entry of log) {
    const [event = "", name = ""] = entry.split(":");
    const last = groups.at(-1);
    if (last && last[0] === event && !last[1].includes(name)) last[1] += name;
    else groups.push([event, name]);
  }
  return groups.map((group) => group.join(":")).join(" ");
}

export const MESSAGE: Uint8Array = toBytes("Subject: hi\r\nX-A: 1\r\n\r\nbody\r\n");

/** A folder that goes with the test. */
export async function inFolder(use: (folder: string) => void | Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "milterkit-"));
  try {
    await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Once only, and only when it is asked for the n-th time. */
export function once<T>(value: () => T, at = 1): () => T | undefined {
  let calls = 0;
  return () => ++calls === at ? value() : undefined;
}
