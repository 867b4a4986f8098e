// A proxy between milterkit and clamd that is as bad as networks are: slow, or gone in the middle.
import { connect, createServer, type Server, type Socket } from "node:net";

/** A running proxy. */
export interface SlowProxy {
  /** Where it listens, as milterkit names it. */
  readonly address: string;
  /** How long it waits before it passes on what comes, each time, in milliseconds. */
  delay: number;
  /** After how many bytes for clamd it closes a connection; undefined: never. */
  cutAfter: number | undefined;
  /** How many connections were cut. */
  readonly cuts: number;
  stop(): Promise<void>;
}

/** Starts one in front of a port of this machine. */
export async function startSlowProxy(target: number): Promise<SlowProxy> {
  const sockets = new Set<Socket>();
  const state = { delay: 0, cutAfter: undefined as number | undefined, cuts: 0 };
  const pass = (from: Socket, to: Socket, note: (bytes: number) => boolean) => {
    from.on("data", (bytes: Uint8Array) => {
      if (note(bytes.length)) return;
      from.pause();
      setTimeout(() => to.write(bytes, () => from.resume()), state.delay);
    });
    from.on("error", () => {}).on("close", () => {
      sockets.delete(from);
      setTimeout(() => to.destroy(), state.delay);
    });
  };
  const server: Server = createServer((client) => {
    const clamd = connect(target, "127.0.0.1");
    sockets.add(client).add(clamd);
    let passed = 0;
    pass(client, clamd, (bytes) => {
      passed += bytes;
      if (state.cutAfter === undefined || passed <= state.cutAfter) return false;
      state.cuts++;
      client.destroy();
      clamd.destroy();
      return true;
    });
    pass(clamd, client, () => false);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  return Object.assign(state, {
    address: `inet:${port}@127.0.0.1`,
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}
