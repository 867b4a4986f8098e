// One connection of the load, to filters that read slowly or not at all.
import assert from "node:assert/strict";
import { createServer, type Socket } from "node:net";
import { test } from "node:test";
import { LoadConnection, type LoadOwner } from "../../cli/commands/bench/load_connection.ts";
import { makeSample } from "../../cli/commands/bench/sample.ts";
import { makeScript } from "../../cli/commands/bench/script.ts";
import { parseAddress } from "../../lib/net/address.ts";
import { connect } from "../../lib/net/listen.ts";
import type { Connection } from "../../lib/net/transport.ts";
import { ProtocolFlag } from "../../lib/protocol/constants.ts";
import { PacketSplitter } from "../../lib/protocol/packet_splitter.ts";
import { toBytes } from "../../lib/protocol/text.ts";
import { packet } from "../protocol/support.ts";
import { terms } from "../replay/raw_milter.ts";

const ID = "0A1B2C3D4E5F";
const { NR_HEADER, NR_EOH, NR_BODY } = ProtocolFlag;
const PROTOCOL = NR_HEADER | NR_EOH | NR_BODY;
const SIZE = 48_000_000;

/** What came of one message. */
interface Outcome {
  readonly told: string;
  /** Most bytes that waited here at once. */
  readonly mostQueued: number;
  /** Bytes of the body that the filter got. */
  readonly body: number;
}

/**
 * Sends a message to a filter that does something after each read.
 *
 * @param timeout how long the connection waits, in milliseconds of `now`
 * @param now the time, which the filter moves on
 * @param afterRead what the filter does, told how much of the body it has
 */
async function send(
  timeout: number,
  now: () => number,
  afterRead: (socket: Socket, body: number) => void,
): Promise<Outcome> {
  let body = 0;
  const server = createServer((socket) => {
    socket.on("error", () => {});
    const splitter = new PacketSplitter();
    socket.on("data", (bytes: Uint8Array) => {
      for (const piece of splitter.push(new Uint8Array(bytes))) {
        if ("problem" in piece) continue;
        const letter = String.fromCharCode(piece.command);
        if (letter === "B") body += piece.payload.length;
        if (letter === "O") socket.write(terms(PROTOCOL));
        else if ("CHMRTE".includes(letter)) socket.write(packet("c"));
      }
      afterRead(socket, body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  const sample = makeSample(SIZE, 1, 1, ID);
  let connection!: Connection;
  let mostQueued = 0;
  const told = new Promise<string>((resolve) => {
    const owner: LoadOwner = {
      script: (agreed) => makeScript(agreed, sample, ID),
      queueId: () => toBytes(ID),
      ready: (load) => {
        load.send({ at: now(), counts: true });
      },
      finished: (load, { event, answer }) => {
        resolve(`${answer.verdict} at ${event}`);
        load.quit();
      },
      refused: () => {},
      changed: () => {},
      broke: (_load, kind, what) => resolve(`${kind}: ${what}`),
    };
    void connect(parseAddress(`inet:${port}@127.0.0.1`), (socket) => {
      connection = socket;
      const load = new LoadConnection(socket, owner, now(), timeout, now);
      const timer = setInterval(() => {
        mostQueued = Math.max(mostQueued, socket.queued);
        load.checkTime(now());
      }, 10);
      return {
        data: (bytes) => load.data(bytes),
        drain: () => load.drain(),
        closed: (error) => {
          clearInterval(timer);
          load.closed(error);
        },
      };
    });
  });
  try {
    return { told: await told, mostQueued, body };
  } finally {
    connection.destroy();
    server.close();
  }
}

test(
  "a filter that reads slowly, but reads, has its time from the last piece on",
  { timeout: 60_000 },
  async () => {
    const TIMEOUT = 1500;
    const REST = 700;
    let rested = 0;
    const { told, mostQueued, body } = await send(TIMEOUT, () => rested * REST, (socket, body) => {
      if (body < (rested + 1) * 8_000_000) return;
      rested++;
      socket.pause();
      // Long enough for a look at the time.
      setTimeout(() => socket.resume(), 50);
    });
    assert.equal(told, "continue at eom");
    assert.equal(body, SIZE);
    assert.ok(rested * REST > TIMEOUT, `${rested} rests prove nothing`);
    assert.ok(mostQueued < 2_000_000, `${mostQueued} bytes waited`);
  },
);

test(
  "a filter that stops to read is given up, and not all of the message waits for it",
  { timeout: 60_000 },
  async () => {
    let time = 0;
    let passing: ReturnType<typeof setInterval> | undefined;
    const { told, mostQueued } = await send(500, () => time, (socket, body) => {
      if (body === 0) return;
      socket.pause();
      passing ??= setInterval(() => time += 50, 10);
    });
    clearInterval(passing);
    assert.equal(told, "timeout: Nothing more was read within 500 ms");
    assert.ok(mostQueued < 2_000_000, `${mostQueued} bytes waited`);
  },
);
