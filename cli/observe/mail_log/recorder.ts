/**
 * Collects the messages and lines of the log of this process for the mail log of the service.
 *
 * @module
 */

import process from "node:process";
import type { ServerEvent } from "../../../lib/server/server_events.ts";
import { type HeardLine, hearLines } from "../../log/heard_lines.ts";
import type { GroupShare, KeptRecord } from "./bounded_log.ts";
import { type CompactEntry, encodeRecord } from "./compact_entry.ts";
import type { LogLine, RefusedRecipient } from "./entry.ts";
import type { MailLogReport } from "./mail_log.ts";
import {
  connectionEntry,
  cutText,
  type EntryPlace,
  type MadeEntry,
  messageEntry,
  type NamedFailure,
  refuses,
} from "./make_entry.ts";
import type { Refusal } from "../mail_counts.ts";
import { startOf } from "../status/figures.ts";
import { refusalGroup } from "./refusal_groups.ts";

/** The most messages and lines in one report, which comes every second: the way to the parent must stay free. */
const MOST_MESSAGES = 2000;
const MOST_LINES = 500;
/** The most lines and failures to remember for a message that has not ended. */
const MOST_ABOUT = 50;
/** The most groups of refusals that one message is in. */
const MOST_GROUPS = 10;
/** The most characters of a line of the log to keep. */
const LONGEST_LINE = 1000;

/** What is known about the message, or the next one, of a connection. */
interface About {
  readonly lines: string[];
  readonly failures: NamedFailure[];
}

/** Collects what a process has to report. */
export class MailLogRecorder {
  #messages: KeptRecord[] = [];
  #lines: KeptRecord[] = [];
  #missed = 0;
  readonly #about = new Map<string, About>();
  /** The connections that have not ended: a filter can still fail, or log, on one that has. */
  readonly #open = new Set<string>();
  /** What the event is about that is being logged just now. */
  #current: About | undefined;
  readonly #worker: number | undefined;
  readonly #now: () => number;
  readonly #name: string;
  #count = 0;
  readonly #stop: () => void;

  /**
   * Starts to listen to the log of this process.
   *
   * @param worker the number of this worker; undefined if this process is not a worker
   * @param now returns the time, in milliseconds since 1970
   */
  constructor(worker?: number, now: () => number = Date.now) {
    this.#worker = worker;
    this.#now = now;
    // Ids of other processes, and those from before a restart, must not name something else.
    this.#name = now().toString(36) + process.pid.toString(36);
    this.#stop = hearLines((line) => this.#heard(line));
  }

  /**
   * Records an event of a server.
   *
   * @param event the event, without what the log leaves out
   * @param log logs the event: what the log says meanwhile is about the same message
   * @param listener which of the servers of this process it is: each numbers its own connections
   */
  record(event: ServerEvent, log: () => void = () => {}, listener = 0): void {
    switch (event.type) {
      case "message":
        this.#keep(event, listener, (place) => messageEntry(place, event.report));
        return log();
      case "refused":
        if (!event.report.dryRun) {
          this.#keep(event, listener, (place) => connectionEntry(place, event.report));
        }
        return log();
      case "connected":
        this.#open.add(keyOf(event, listener));
        return log();
      case "disconnected": {
        const key = keyOf(event, listener);
        this.#open.delete(key);
        this.#about.delete(key);
        return log();
      }
    }
    if (!("connection" in event) || event.connection === undefined) return log();
    const key = keyOf(event as { connection: number }, listener);
    // No message will come to take what is remembered, and nothing else would ever forget it.
    if (!this.#open.has(key)) return log();
    const about = this.#current = this.#aboutOf(key);
    try {
      log();
    } finally {
      this.#current = undefined;
    }
    if (event.type !== "filter-error" || about.failures.length === MOST_ABOUT) return;
    const { filter, event: at, error, onError } = event;
    const line = about.lines.at(-1);
    const text = cutText(error instanceof Error ? error.message : String(error));
    about.failures.push({ filter, event: at, error: text, onError, ...(line === undefined ? {} : { line }) });
  }

  /** Returns what there is to report since the last call. */
  take(): MailLogReport | undefined {
    this.#limit(MOST_MESSAGES);
    const report = { messages: this.#messages, lines: this.#lines.slice(-MOST_LINES), missed: this.#missed };
    if (report.messages.length + report.lines.length + report.missed === 0) return undefined;
    this.#messages = [];
    this.#lines = [];
    this.#missed = 0;
    return report;
  }

  /** Stops listening. */
  close(): void {
    this.#stop();
  }

  #keep(
    event: { readonly connection: number },
    listener: number,
    make: (place: EntryPlace) => MadeEntry,
  ): void {
    const key = this.#about.size === 0 ? undefined : keyOf(event, listener);
    const { lines, failures } = (key !== undefined && this.#about.get(key)) || NOTHING;
    if (key !== undefined) this.#about.delete(key);
    const place = { id: this.#newId(), at: this.#now(), lines, failures };
    const { entry, refused } = make(place);
    const groups = groupsOf(entry, refused);
    const rare = groups !== undefined || failures.length > 0 || entry.held !== undefined;
    const { id, at } = place;
    const text = encodeRecord(entry);
    this.#messages.push(groups ? { id, at, text, rare, groups } : { id, at, text, rare });
    if (this.#messages.length >= 2 * MOST_MESSAGES) this.#limit(MOST_MESSAGES);
  }

  /** Drops the oldest messages. */
  #limit(most: number): void {
    this.#missed += this.#messages.splice(0, this.#messages.length - most).length;
  }

  #aboutOf(key: string): About {
    const known = this.#about.get(key);
    if (known) return known;
    const about = { lines: [], failures: [] };
    this.#about.set(key, about);
    return about;
  }

  #heard({ at, level, text, type, queueId, filter }: HeardLine): void {
    const id = this.#newId();
    const line: LogLine = {
      id,
      at: new Date(at).toISOString(),
      level,
      text: startOf(text, LONGEST_LINE),
      ...(type === undefined ? {} : { type }),
      ...(queueId === undefined ? {} : { queueId }),
      ...(filter === undefined ? {} : { filter }),
      ...(this.#worker === undefined ? {} : { worker: this.#worker }),
    };
    this.#lines.push({ id, at, text: encodeRecord(line), rare: level !== "info" });
    if (this.#lines.length >= 2 * MOST_LINES) this.#lines.splice(0, MOST_LINES);
    const about = this.#current?.lines;
    if (about && about.length < MOST_ABOUT) about.push(id);
  }

  #newId(): string {
    return `${this.#name}-${(this.#count++).toString(36)}`;
  }
}

const NOTHING: About = { lines: [], failures: [] };

function keyOf({ connection }: { readonly connection: number }, listener: number): string {
  return `${listener}.${connection}`;
}

/** The refusals of an entry, by their group. */
function groupsOf(
  { of = "message", outcome, filter, event, reply, recipients = [] }: CompactEntry,
  refused: readonly RefusedRecipient[],
): Record<string, GroupShare> | undefined {
  if (refused.length === 0 && !refuses(outcome)) return undefined;
  const groups: Record<string, GroupShare> = {};
  const add = (refusal: Pick<Refusal, "outcome" | "of" | "filter" | "event" | "reply">) => {
    const { key, reply } = refusalGroup(refusal);
    const known = groups[key];
    if (!known && Object.keys(groups).length === MOST_GROUPS) return;
    groups[key] = { count: (known?.count ?? 0) + 1, ...(reply === undefined ? {} : { reply }) };
  };
  for (const { outcome, filter, reply } of refused) {
    add({ outcome, of: "recipient", filter, event: "rcpt", reply });
  }
  // If all recipients of a message were refused, each of them is already listed.
  const isNew = event !== "rcpt" || recipients.length > 0;
  if (refuses(outcome) && isNew) add({ outcome, of, filter, event, reply });
  return Object.keys(groups).length === 0 ? undefined : groups;
}
