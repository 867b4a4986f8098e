/**
 * A keeper has one store, and executes the calls of other processes, which arrive over a unix socket. All calls that
 * have arrived are executed in one step.
 *
 * @module
 */

import { AddressError } from "../../net/address.ts";
import { listen } from "../../net/listen.ts";
import type { Connection, ConnectionHandler, Listener } from "../../net/transport.ts";
import type { StateEntry } from "../backend.ts";
import type { StoreCall } from "../calls.ts";
import type { KeptStore } from "./kept_store.ts";
import {
  answerOf,
  isCall,
  type KeeperAnswer,
  KeeperFormatError,
  type KeeperQuestion,
  type KeeperRequest,
  LineReader,
  PROTOCOL,
  requestOf,
} from "./messages.ts";

/** The maximum number of calls in one step, so that none waits for many others. */
const STEP = 256;
/** The maximum number of entries, and roughly of characters of text, in an answer. */
const PAGE = { entries: 200, characters: 100_000 } as const;

interface Waiting {
  readonly client: Client;
  readonly id: number;
  readonly call: StoreCall;
}

/** A keeper that listens. */
export class Keeper {
  readonly #store: KeptStore;
  readonly #clients = new Set<Client>();
  #queue: Waiting[] = [];
  #isWorking = false;
  #listener: Listener | undefined;
  #onIdle: (() => void) | undefined;

  private constructor(store: KeptStore) {
    this.#store = store;
  }

  /**
   * Listens. Only processes of the same user can connect.
   *
   * @param store the store; it is not closed
   * @param path the path of the socket
   * @throws {AddressError} `cannot-listen`, also if another keeper answers there
   */
  static async listen(store: KeptStore, path: string): Promise<Keeper> {
    const keeper = new Keeper(store);
    const accept = (connection: Connection): ConnectionHandler => keeper.#accept(connection);
    // If a connection could not be accepted, its client tries again.
    keeper.#listener = await listen({ kind: "unix", path }, accept, () => {}, { mode: 0o600 });
    return keeper;
  }

  /** The number of connections. */
  get clients(): number {
    return this.#clients.size;
  }

  /** Resolves when there are no connections. */
  async idle(): Promise<void> {
    if (this.#clients.size > 0) await new Promise<void>((resolve) => this.#onIdle = resolve);
  }

  /** Stops listening, answers what has arrived, and closes all connections. */
  async close(): Promise<void> {
    await this.#listener?.close();
    while (this.#isWorking) await new Promise((resolve) => setTimeout(resolve, 1));
    for (const client of this.#clients) client.end();
  }

  /** Stops at once, without answers. */
  destroy(): void {
    void this.#listener?.close();
    for (const client of this.#clients) client.destroy();
  }

  #accept(connection: Connection): ConnectionHandler {
    const client = new Client(connection, {
      call: (id, call) => this.#add({ client, id, call }),
      ask: (id, question) => void this.#answer(client, id, question),
      closed: () => {
        this.#clients.delete(client);
        if (this.#clients.size === 0) this.#onIdle?.();
      },
    });
    this.#clients.add(client);
    return client;
  }

  #add(waiting: Waiting): void {
    this.#queue.push(waiting);
    if (this.#isWorking) return;
    this.#isWorking = true;
    // Once everything that has arrived was read.
    setImmediate(() => void this.#work());
  }

  async #work(): Promise<void> {
    while (this.#queue.length > 0) {
      const step = this.#queue.splice(0, STEP);
      const outcomes = await this.#store.carryOut(step.map(({ call }) => call));
      for (const [i, { client, id }] of step.entries()) client.say(answerOf(id, outcomes[i]!));
      for (const client of new Set(step.map(({ client }) => client))) client.flush();
    }
    this.#isWorking = false;
  }

  async #answer(client: Client, id: number, question: KeeperQuestion): Promise<void> {
    try {
      client.say([id, 0, await this.#resultOf(client, question)]);
    } catch (error) {
      client.say([id, 2, (error as Error).message]);
    }
    client.flush();
  }

  async #resultOf(client: Client, question: KeeperQuestion): Promise<unknown> {
    switch (question[0]) {
      case "hello":
        if (question[1] === PROTOCOL) return PROTOCOL;
        throw new Error("another version of Milterkit runs there; restart the service");
      case "info":
        return { ...await this.#store.info(), saveProblem: this.#store.saveProblem };
      case "entries":
        client.journey = this.#store.entries(question[1])[Symbol.asyncIterator]();
        return undefined;
      case "more":
        return await someOf(client.journey);
    }
  }
}

async function someOf(journey: AsyncIterator<StateEntry> | undefined): Promise<StateEntry[]> {
  const entries: StateEntry[] = [];
  let characters = 0;
  while (journey && entries.length < PAGE.entries && characters < PAGE.characters) {
    const { done, value } = await journey.next();
    if (done) break;
    entries.push(value);
    characters += value.kind === "text" ? value.text.length : 0;
  }
  return entries;
}

interface ClientEvents {
  call(id: number, call: StoreCall): void;
  ask(id: number, question: KeeperQuestion): void;
  closed(): void;
}

const encoder = new TextEncoder();

/** A connection to a client. */
class Client implements ConnectionHandler {
  /** The position of its iteration over the entries. */
  journey: AsyncIterator<StateEntry> | undefined;
  readonly #connection: Connection;
  readonly #events: ClientEvents;
  readonly #lines = new LineReader();
  #unsent = "";

  constructor(connection: Connection, events: ClientEvents) {
    this.#connection = connection;
    this.#events = events;
  }

  data(bytes: Uint8Array): void {
    try {
      for (const line of this.#lines.read(bytes)) this.#heard(requestOf(line));
    } catch (error) {
      if (!(error instanceof KeeperFormatError)) throw error;
      this.#connection.destroy();
    }
  }

  drain(): void {}

  closed(): void {
    this.#events.closed();
  }

  /** Queues an answer for the next flush. */
  say(answer: KeeperAnswer): void {
    this.#unsent += `${JSON.stringify(answer)}\n`;
  }

  /** Sends the queued answers. */
  flush(): void {
    if (this.#unsent === "") return;
    this.#connection.write(encoder.encode(this.#unsent));
    this.#unsent = "";
  }

  end(): void {
    this.flush();
    this.#connection.end();
  }

  destroy(): void {
    this.#connection.destroy();
  }

  #heard(request: KeeperRequest): void {
    const [id, ...rest] = request;
    if (isCall(request)) this.#events.call(id, rest as unknown as StoreCall);
    else this.#events.ask(id, rest as unknown as KeeperQuestion);
  }
}

/** Whether listening failed because another keeper answers there. */
export function isInUse(error: unknown): boolean {
  return error instanceof AddressError && error.systemCode === "EADDRINUSE";
}
