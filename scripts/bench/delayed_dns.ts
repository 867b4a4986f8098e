/**
 * A DNS server that answers late, or never: hands each question to another server, and its answer back after a while.
 *
 * @module
 */

import { createSocket, type Socket } from "node:dgram";

/** A running server. */
export interface DelayedDns {
  /** As `--dns-server` takes it. */
  readonly address: string;
  /** The questions since the last call. */
  takeCount(): number;
  stop(): void;
}

/** Bytes of a label that stands in a name which gets no answer. */
const SILENT = "silent";

/**
 * Starts one on a free port of 127.0.0.1, for UDP alone.
 *
 * @param port the other server's, on 127.0.0.1
 * @param milliseconds how long answers take; names with a label `silent` get none
 */
export async function startDelayedDns(port: number, milliseconds: number): Promise<DelayedDns> {
  const server = createSocket("udp4");
  const forwards = new Set<Socket>();
  let count = 0;
  server.on("message", (question, from) => {
    count++;
    if (question.includes(String.fromCharCode(SILENT.length) + SILENT)) return;
    setTimeout(() => {
      const forward = createSocket("udp4");
      forwards.add(forward);
      forward.on("message", (answer) => {
        server.send(answer, from.port, from.address);
        forwards.delete(forward);
        forward.close();
      });
      forward.send(question, port, "127.0.0.1");
    }, milliseconds);
  });
  await new Promise<void>((resolve) => server.bind(0, "127.0.0.1", () => resolve()));
  return {
    address: `127.0.0.1:${server.address().port}`,
    takeCount() {
      const taken = count;
      count = 0;
      return taken;
    },
    stop() {
      for (const forward of forwards) forward.close();
      server.close();
    },
  };
}
