/**
 * Hostile peers. They run in their own process, so that their cost is in no other process's figures.
 *
 *     deno run -A scripts/hostile/peers.ts KIND PORT     (on 127.0.0.1, until killed)
 *
 * @module
 */

import { connect, type Socket } from "node:net";
import process from "node:process";
import { toBytes } from "../../lib/protocol/text.ts";
import { Random } from "../../tests/support/random.ts";

/** Kinds of peers, and what each does. */
export const KINDS = {
  "garbage": "20 connections at a time that send random bytes, and come again",
  "lengths":
    "200 connections that announce packets of up to 4 GiB and send some bytes of them, and come again",
  "dribble": "200 connections that send a session one byte a second",
  "macro flood": "4 connections that send 60 kB of macros, each of another name, again and again",
  "header flood": "4 connections that send header fields of 60 kB without end",
  "recipients": "4 connections that send recipients without end",
  "slow reader": "50 connections that send messages and read no answer",
  "half-open": "200 connections that end their half after the sender and keep the other one open",
  "idle": "2000 connections that say nothing",
  "storm": "connections that are opened and closed at once, 50 at a time",
} as const;

/** The name of a kind. */
export type Kind = keyof typeof KINDS;

const random = new Random(1);
/** How long one that is to come again stays away, in milliseconds. */
const PAUSE = 5;

function packet(letter: string, payload: string | Uint8Array = ""): Uint8Array {
  const content = toBytes(payload);
  const bytes = new Uint8Array(5 + content.length);
  new DataView(bytes.buffer).setUint32(0, content.length + 1);
  bytes[4] = letter.charCodeAt(0);
  bytes.set(content, 5);
  return bytes;
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((size, { length }) => size + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

const OFFER = packet("O", Uint8Array.of(0, 0, 0, 6, 0, 0, 1, 0xff, 0, 0x1f, 0xff, 0xff));
const CONNECT = packet("C", "host\x004\x00\x19192.0.2.9\0");
const BEGIN = joined(OFFER, CONNECT, packet("H", "host\0"), packet("M", "<a@example.org>\0"));

/** A connection that does something, and is made again some time after it ended, if it is to come again. */
function peer(port: number, act: (socket: Socket) => void, comesAgain = true): void {
  const socket = connect({ host: "127.0.0.1", port, allowHalfOpen: true });
  socket.on("error", () => {});
  socket.on("connect", () => act(socket));
  socket.on("close", () => comesAgain && setTimeout(() => peer(port, act), PAUSE));
}

function peers(count: number, port: number, act: (socket: Socket) => void, comesAgain = true): void {
  for (let i = 0; i < count; i++) peer(port, act, comesAgain);
}

/** Writes for ever, as fast as it is taken. */
function flood(socket: Socket, next: () => Uint8Array): void {
  const write = () => {
    // One at a time, so that the other connections have their turns.
    if (!socket.destroyed) socket.write(next(), () => setTimeout(write, 0));
  };
  write();
}

/** Answers are read, and forgotten; the other side's end is answered with ours. */
function reading(socket: Socket): Socket {
  return socket.resume().on("end", () => socket.end());
}

/** What each kind does at a port. */
const PEERS: Record<Kind, (port: number) => void> = {
  garbage: (port) =>
    peers(20, port, (socket) => {
      reading(socket);
      const noise = Uint8Array.from({ length: 2000 }, () => random.below(256));
      socket.write(random.below(2) === 0 ? noise : joined(BEGIN, noise));
      setTimeout(() => socket.destroy(), 500);
    }),
  lengths: (port) =>
    peers(200, port, (socket) => {
      reading(socket);
      const lengths = [0xffffffff, 0x7fffffff, 0x00ffffff, 0x00100000, 0x0000ffff];
      const head = new Uint8Array(5 + 1000);
      new DataView(head.buffer).setUint32(0, random.pick(lengths));
      head[4] = random.pick(["L", "B", "D"]).charCodeAt(0);
      socket.write(joined(BEGIN, head));
      setTimeout(() => socket.destroy(), 2000);
    }),
  dribble: (port) =>
    peers(200, port, (socket) => {
      reading(socket);
      let at = 0;
      const timer = setInterval(() => socket.write(BEGIN.subarray(at, ++at)), 1000);
      socket.on("close", () => clearInterval(timer));
    }),
  "macro flood": (port) => {
    let number = 0;
    peers(4, port, (socket) => {
      reading(socket).write(BEGIN);
      flood(socket, () => packet("D", `R{m${++number}}\0${"x".repeat(60_000)}\0`));
    });
  },
  "header flood": (port) =>
    peers(4, port, (socket) => {
      reading(socket).write(joined(BEGIN, packet("R", "<b@example.org>\0")));
      const field = packet("L", `X-Flood\0${"x".repeat(60_000)}\0`);
      flood(socket, () => field);
    }),
  recipients: (port) => {
    let number = 0;
    peers(4, port, (socket) => {
      reading(socket).write(BEGIN);
      flood(
        socket,
        () => joined(...Array.from({ length: 50 }, () => packet("R", `<${++number}@example.org>\0`))),
      );
    });
  },
  "slow reader": (port) =>
    peers(50, port, (socket) => {
      socket.pause();
      socket.write(joined(OFFER, CONNECT));
      const message = joined(packet("M", "<a@example.org>\0"), packet("R", "<b@example.org>\0"), packet("E"));
      flood(socket, () => joined(...Array.from({ length: 100 }, () => message)));
    }),
  "half-open": (port) =>
    peers(200, port, (socket) => {
      socket.resume();
      socket.end(BEGIN);
    }, false),
  idle: (port) => peers(2000, port, (socket) => void reading(socket), false),
  storm: (port) => peers(50, port, (socket) => socket.destroy()),
};

if (import.meta.main) {
  const [kind, port] = process.argv.slice(2);
  PEERS[kind as Kind](Number(port));
}
