/** A port whose accept queue is full: connecting neither succeeds nor fails. */
import { spawn } from "node:child_process";
import { findCommand } from "./process.ts";

const LISTEN = `import socket, sys
s = socket.create_server(("127.0.0.1", 0), backlog=0)
first = socket.create_connection(s.getsockname())
print(s.getsockname()[1], flush=True)
sys.stdin.read()`;

const python = findCommand("python3");

/** Why there is none here, for `skip` of a test. */
export const NO_FULL_PORT: string | false = python === undefined && "python3 is not there";

/** Has one while it is used, with its address. */
export async function withFullPort<T>(use: (address: string) => Promise<T>): Promise<T> {
  const child = spawn(python!, ["-c", LISTEN], { stdio: ["pipe", "pipe", "inherit"] });
  const ended = new Promise((resolve) => child.once("close", resolve));
  try {
    const port = await new Promise((resolve) => child.stdout.once("data", (bytes) => resolve(Number(bytes))));
    return await use(`inet:${port}@127.0.0.1`);
  } finally {
    child.stdin.end();
    await ended;
  }
}
