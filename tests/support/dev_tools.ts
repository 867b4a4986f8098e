/** A client of the DevTools protocol: commands and their answers, and events, over one WebSocket. */

/** How long an answer may take, in milliseconds. */
const ANSWER_LIMIT = 30_000;

/** What commands take, and answers and events have. */
export type Values = Readonly<Record<string, unknown>>;

interface Waiting {
  readonly method: string;
  resolve(result: Values): void;
  reject(error: Error): void;
  readonly timer: ReturnType<typeof setTimeout>;
}

/** A connection to a browser. */
export class DevTools {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, Waiting>();
  readonly #listeners = new Map<string, (method: string, values: Values) => void>();
  #last = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.onmessage = ({ data }) => this.#take(JSON.parse(String(data)));
    socket.onclose = () => this.#failAll("the browser is gone");
  }

  /** Connects. */
  static open(url: string): Promise<DevTools> {
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(url);
      socket.onopen = () => resolve(new DevTools(socket));
      socket.onerror = () => reject(new Error(`cannot connect to ${url}`));
    });
  }

  /**
   * Sends a command.
   *
   * @param session the page that it is for; undefined for the browser
   * @returns its answer
   */
  send(method: string, params: Values = {}, session?: string): Promise<Values> {
    const id = ++this.#last;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id);
        reject(new Error(`${method}: no answer in ${ANSWER_LIMIT} ms`));
      }, ANSWER_LIMIT);
      this.#waiting.set(id, { method, resolve, reject, timer });
      this.#socket.send(JSON.stringify({ id, method, params, ...(session ? { sessionId: session } : {}) }));
    });
  }

  /** Has the events of a page told. */
  listen(session: string, told: (method: string, values: Values) => void): void {
    this.#listeners.set(session, told);
  }

  /** Hangs up. */
  close(): void {
    this.#failAll("the connection was closed");
    this.#socket.close();
  }

  #take(message: {
    id?: number;
    method?: string;
    params?: Values;
    result?: Values;
    error?: { message: string };
    sessionId?: string;
  }): void {
    const { id, method, params = {}, result = {}, error, sessionId = "" } = message;
    if (method !== undefined) return this.#listeners.get(sessionId)?.(method, params);
    const waiting = this.#waiting.get(id!);
    if (!waiting) return;
    this.#waiting.delete(id!);
    clearTimeout(waiting.timer);
    if (error) waiting.reject(new Error(`${waiting.method}: ${error.message}`));
    else waiting.resolve(result);
  }

  #failAll(why: string): void {
    for (const { reject, timer, method } of this.#waiting.values()) {
      clearTimeout(timer);
      reject(new Error(`${method}: ${why}`));
    }
    this.#waiting.clear();
  }
}
