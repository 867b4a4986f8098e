// A DNS server on the loopback which answers as each test tells it to, over UDP and TCP.
import { createSocket, type Socket } from "node:dgram";
import { type AddressInfo, createServer, type Server, type Socket as Connection } from "node:net";

export function bytes(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, "latin1"));
}

export function concat(...parts: Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

export function u16(value: number): Uint8Array {
  return Uint8Array.of(value >> 8, value & 255);
}

export function u32(value: number): Uint8Array {
  return concat(u16(value >>> 16), u16(value & 0xffff));
}

export function name(text: string): Uint8Array {
  const labels = text === "" ? [] : text.split(".");
  return concat(
    ...labels.map((label) => concat(Uint8Array.of(label.length), bytes(label))),
    Uint8Array.of(0),
  );
}

/** The data of a TXT record. */
export function strings(...parts: string[]): Uint8Array {
  return concat(...parts.map((part) => concat(Uint8Array.of(part.length), bytes(part))));
}

export function soa(minimum: number): Uint8Array {
  return concat(name("ns.example"), name("admin.example"), u32(1), u32(2), u32(3), u32(4), u32(minimum));
}

export interface Record {
  readonly owner: string | Uint8Array;
  readonly type: number;
  readonly ttl: number;
  readonly data: Uint8Array;
}

export function record({ owner, type, ttl, data }: Record): Uint8Array {
  const encoded = typeof owner === "string" ? name(owner) : owner;
  return concat(encoded, u16(type), u16(1), u32(ttl), u16(data.length), data);
}

export function txt(owner: string, ttl: number, ...parts: string[]): Record {
  return { owner, type: 16, ttl, data: strings(...parts) };
}

export interface Reply {
  readonly id: number;
  readonly question: Uint8Array;
  readonly flags?: number;
  readonly rcode?: number;
  readonly answers?: readonly Record[];
  readonly authorities?: readonly Record[];
}

export const TRUNCATED = 0x0200;

export function response(reply: Reply): Uint8Array {
  const { answers = [], authorities = [] } = reply;
  return concat(
    u16(reply.id),
    u16(0x8180 | (reply.flags ?? 0) | (reply.rcode ?? 0)),
    u16(1),
    u16(answers.length),
    u16(authorities.length),
    u16(0),
    reply.question,
    ...answers.map(record),
    ...authorities.map(record),
  );
}

/** The question for the records of a name; TXT and IN unless said otherwise. */
export function question(text: string, type: number = 16, recordClass: number = 1): Uint8Array {
  return concat(name(text), u16(type), u16(recordClass));
}

export interface Query {
  readonly id: number;
  /** As it stands in the query. */
  readonly name: string;
  readonly question: Uint8Array;
  readonly edns: boolean;
  readonly tcp: boolean;
  /** Port of the sender. */
  readonly port: number;
  readonly bytes: Uint8Array;
}

function parseQuery(message: Uint8Array, tcp: boolean, port: number): Query {
  const labels: string[] = [];
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  let at = 12;
  let size = view.getUint8(at);
  while (size !== 0) {
    labels.push(Buffer.from(message.subarray(at + 1, at + 1 + size)).toString("latin1"));
    at += 1 + size;
    size = view.getUint8(at);
  }
  return {
    id: view.getUint16(0),
    name: labels.join("."),
    question: message.slice(12, at + 5),
    edns: message[11] === 1,
    tcp,
    port,
    bytes: message.slice(),
  };
}

/** What to send back: messages in their order; none is silence. */
export type Behaviour = (query: Query) => Uint8Array | readonly Uint8Array[] | undefined;

export class TestServer {
  /** What to do with a query; may be changed at any time. */
  behaviour: Behaviour;
  readonly queries: Query[] = [];
  readonly #udp: Socket;
  readonly #tcp: Server;
  readonly #connections = new Set<Connection>();

  private constructor(behaviour: Behaviour, udp: Socket, tcp: Server) {
    this.behaviour = behaviour;
    this.#udp = udp;
    this.#tcp = tcp;
    udp.on("message", (message, source) => {
      for (const reply of this.#answer(parseQuery(message, false, source.port))) {
        udp.send(reply, source.port, source.address);
      }
    });
    tcp.on("connection", (connection) => {
      this.#connections.add(connection);
      connection.on("error", () => {});
      connection.on("data", (data: Uint8Array) => {
        const query = parseQuery(data.subarray(2), true, connection.remotePort ?? 0);
        for (const reply of this.#answer(query)) {
          const framed = concat(u16(reply.length), reply);
          // In two pieces, the first ending within the length.
          connection.write(framed.subarray(0, 1));
          setTimeout(() => connection.write(framed.subarray(1)), 5);
        }
      });
    });
  }

  static async start(behaviour: Behaviour, host: string = "127.0.0.1"): Promise<TestServer> {
    for (let attempt = 0;; attempt++) {
      const tcp = createServer();
      await new Promise<void>((resolve, reject) => tcp.once("error", reject).listen(0, host, resolve));
      const udp = createSocket(host.includes(":") ? "udp6" : "udp4");
      const { port } = tcp.address() as AddressInfo;
      const bound = await new Promise<boolean>((resolve) => {
        udp.once("error", () => resolve(false));
        udp.bind(port, host, () => resolve(true));
      });
      if (bound) return new TestServer(behaviour, udp, tcp);
      udp.close();
      tcp.close();
      if (attempt > 10) throw new Error("no port is free for both UDP and TCP");
    }
  }

  get port(): number {
    return (this.#tcp.address() as AddressInfo).port;
  }

  get address(): string {
    const { address, port } = this.#tcp.address() as AddressInfo;
    return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
  }

  async stop(): Promise<void> {
    for (const connection of this.#connections) connection.destroy();
    await new Promise<void>((resolve) => this.#udp.close(() => resolve()));
    await new Promise<void>((resolve) => this.#tcp.close(() => resolve()));
  }

  #answer(query: Query): readonly Uint8Array[] {
    this.queries.push(query);
    const replies = this.behaviour(query);
    if (replies === undefined) return [];
    return replies instanceof Uint8Array ? [replies] : replies;
  }
}
