/** Sessions that are recorded and replayed inside the test process. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectionDifferences, type Difference } from "../../cli/commands/replay/connection_differences.ts";
import { MilterLink } from "../../cli/commands/replay/milter_link.ts";
import { playConnection, type PlayedConnection } from "../../cli/commands/replay/player.ts";
import { readRecording, type Recording } from "../../cli/commands/replay/recording.ts";
import { formatRecord, type TraceHeader, type TraceRecord } from "../../cli/traces/trace_format.ts";
import { TracedConnection } from "../../cli/commands/trace/traced_connection.ts";
import { MtaClient, type MtaClientOptions } from "../../lib/mta/client.ts";
import { Relay } from "../../lib/mta/relay.ts";
import { parseAddress } from "../../lib/net/address.ts";
import { type AnyFilter, CLIENT, served } from "../server/support.ts";
import { at } from "../support/present.ts";

/** The first line of a trace. */
export const HEADER: TraceHeader = {
  format: "milterkit-trace",
  version: 1,
  started: "2026-01-01T00:00:00.000Z",
  listen: "inet:1@127.0.0.1",
  milter: "inet:2@127.0.0.1",
};

/** Opens a connection to the filter through the trace, and says CONNECT and HELO unless `bare`. */
export type OpenTraced = (options?: MtaClientOptions & { bare?: boolean }) => Promise<MtaClient>;

/** Does something with a file of these lines. */
export async function withTrace<T>(
  lines: readonly (TraceHeader | TraceRecord | string)[],
  use: (path: string) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "milterkit-replay-"));
  try {
    const path = join(folder, "session.trace");
    const texts = lines.map((line) => typeof line === "string" ? line : `${formatRecord(line)}\n`);
    writeFileSync(path, texts.join(""));
    return await use(path);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What is recorded of what the test says to the filter at an address. */
export async function recordAt(
  milter: string,
  talk: (open: OpenTraced) => Promise<void>,
): Promise<TraceRecord[]> {
  const records: TraceRecord[] = [];
  const began = performance.now();
  const relay = await Relay.start({
    listen: parseAddress("inet:0@127.0.0.1"),
    milter: parseAddress(milter),
    failed: (error) => {
      throw error;
    },
    watch: ({ number, peer }) =>
      new TracedConnection(number, peer, () => performance.now() - began, (record) => records.push(record)),
  });
  try {
    await talk(async ({ bare, ...options } = {}) => {
      const client = await MtaClient.open(relay.address, options);
      if (bare) return client;
      client.macros("connect", { j: "mx.example.test" });
      await client.connect(CLIENT);
      await client.helo("client.example");
      return client;
    });
  } finally {
    relay.close();
    // what was said last is still on its way
    const late = setTimeout(() => relay.destroyAll(), 2000);
    await relay.finished;
    clearTimeout(late);
  }
  return records;
}

/** The same with filters of the test's own. */
export async function record(
  filters: readonly AnyFilter[],
  talk: (open: OpenTraced) => Promise<void>,
): Promise<TraceRecord[]> {
  let records: TraceRecord[] = [];
  await served(filters, async ({ server }) => {
    records = await recordAt(at(server.addresses, 0), talk);
  });
  return records;
}

/** What came of a replay. */
export interface Replayed {
  readonly recording: Recording;
  readonly played: readonly PlayedConnection[];
  readonly differences: readonly Difference[];
}

/** Replays records to the filter at an address. */
export function replayAt(
  milter: string,
  records: readonly TraceRecord[],
  { ignore = [], timeout = 5000 }: { ignore?: readonly string[]; timeout?: number } = {},
): Promise<Replayed> {
  return withTrace([HEADER, ...records], async (path) => {
    const recording = await readRecording(path, new Set());
    const played: PlayedConnection[] = [];
    const differences: Difference[] = [];
    for (const connection of recording.connections) {
      const one = await playConnection(connection, await MilterLink.open(parseAddress(milter), timeout));
      played.push(one);
      differences.push(...connectionDifferences(connection, one, new Set(ignore)));
    }
    return { recording, played, differences };
  });
}

/** Replays records to filters of the test's own. */
export async function replay(
  filters: readonly AnyFilter[],
  records: readonly TraceRecord[],
  options?: Parameters<typeof replayAt>[2],
): Promise<Replayed> {
  let replayed: Replayed | undefined;
  await served(filters, async ({ server }) => {
    replayed = await replayAt(at(server.addresses, 0), records, options);
  });
  return replayed!;
}

/** Differences in short: `1.2 rcpt verdict: continue -> reject`. */
export function short({ differences }: Replayed): string[] {
  return differences.map(({ connection, message, event, about, recorded, now, leftOut }) =>
    `${connection}${message === undefined ? "" : `.${message}`} ${event} ${about}: ` +
    `${recorded} -> ${now}${leftOut === undefined ? "" : ` (${leftOut})`}`
  );
}
