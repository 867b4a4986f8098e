/**
 * The filter of the soak test: keeps state for every connection and message, counts what it creates and releases, and
 * fails at the event and in the way that a message's sender names.
 *
 * The program under test loads it as a user's own filter. A client whose host name is {@linkcode ASKING} gets the
 * counts as the text of a refusal.
 *
 * @module
 */

import { defineFilter, reject } from "milterkit";

/** The host name of a client that asks for the counts. */
const ASKING = "counts.invalid";
/** How long a callback may take, in milliseconds, and how long one that hangs does. */
const TIMEOUT = 40;
const HANG = 120;

const counts = { connections: 0, closed: 0, messages: 0, ended: 0, aborted: 0, collected: 0 };
/** Counts objects that the garbage collector reclaimed: callback counts alone would not show what is still held. */
const registry = new FinalizationRegistry<undefined>(() => counts.collected++);

interface State {
  /** The sender, `ok` or such as `throw-header` before its `@`. */
  trouble: string;
  /** What gives a leak a size that shows. */
  seen: string[];
}

function perhaps(event: string, { trouble }: State): Promise<void> | undefined {
  if (!trouble.endsWith(`-${event}`)) return undefined;
  const way = trouble.slice(0, trouble.indexOf("-"));
  if (way === "throw") throw new Error(`asked to fail at ${event}`);
  if (way === "reject") return Promise.reject(new Error(`asked to fail at ${event}`));
  if (way === "rubbish") return "rubbish" as never;
  if (way === "hang") return new Promise((resolve) => setTimeout(resolve, HANG));
  return Promise.resolve();
}

function currentCounts(): string {
  (globalThis as { Bun?: { gc(full: boolean): void } }).Bun?.gc(true);
  const { heapUsed } = process.memoryUsage();
  return JSON.stringify({ ...counts, heapUsed });
}

export default defineFilter({
  name: "counting",
  changes: ["addHeader"],
  // Not everywhere: events without a reply come in batches, and a failure waits for the next event with a reply.
  verdicts: ["connect", "mail", "rcpt", "eom"],
  timeout: TIMEOUT,
  connectionState() {
    counts.connections++;
    return { helos: 0 };
  },
  messageState(): State {
    counts.messages++;
    const state: State = { trouble: "", seen: [] };
    registry.register(state, undefined);
    return state;
  },
  connect: ({ hostname }) => hostname === ASKING ? reject(550, "5.7.1", currentCounts()) : undefined,
  helo(_name, { connectionState }) {
    connectionState.helos++;
  },
  mail(sender, { messageState }) {
    messageState.trouble = sender.address.replace(/@.*/, "");
    return perhaps("mail", messageState);
  },
  rcpt(recipient, { messageState }) {
    messageState.seen.push(recipient.address);
    return perhaps("rcpt", messageState);
  },
  data: ({ messageState }) => perhaps("data", messageState),
  header(field, { messageState }) {
    messageState.seen.push(field.value);
    return perhaps("header", messageState);
  },
  eoh: ({ messageState }) => perhaps("eoh", messageState),
  body(chunk, { messageState }) {
    messageState.seen.push(String(chunk.length));
    return perhaps("body", messageState);
  },
  eom(message, { messageState }) {
    const later = perhaps("eom", messageState);
    // The filter's own time-out does not apply at end of message: a hanging callback answers late.
    if (later instanceof Promise) return later.then(() => void counts.ended++);
    if (later !== undefined) return later;
    message.addHeader("X-Seen", String(messageState.seen.length));
    counts.ended++;
  },
  abort({ messageState }) {
    counts.aborted++;
    messageState.seen.length = 0;
  },
  close() {
    counts.closed++;
  },
});
