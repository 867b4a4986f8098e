/** What mail servers ask whether a password is right: everybody's is the same. */
import { createServer, type Server, type Socket } from "node:net";
import { chmodSync } from "node:fs";

/** The password of every user. */
export const PASSWORD = "correct horse";

/** A service that knows passwords, at a UNIX socket. */
export interface LoginService {
  stop(): Promise<void>;
}

/** Starts what Postfix asks with `smtpd_sasl_type = dovecot`, as far as PLAIN needs it. */
export function startDovecotAuth(path: string): Promise<LoginService> {
  return listenAt(path, (socket) => {
    socket.write("VERSION\t1\t1\nMECH\tPLAIN\tplaintext\nSPID\t1\nCUID\t1\nCOOKIE\t00\nDONE\n");
    let rest = "";
    socket.on("data", (chunk: Uint8Array) => {
      const lines = (rest + new TextDecoder("latin1").decode(chunk)).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        const [verb, id, ...parameters] = line.split("\t");
        if (verb !== "AUTH") continue;
        const answer = parameters.find((each) => each.startsWith("resp="))?.slice("resp=".length) ?? "";
        const [, user, password] = atob(answer).split("\0");
        socket.write(password === PASSWORD ? `OK\t${id}\tuser=${user}\n` : `FAIL\t${id}\tuser=${user}\n`);
      }
    });
  });
}

/** Starts what libsasl2 asks with `pwcheck_method: saslauthd`. */
export function startSaslauthd(path: string): Promise<LoginService> {
  return listenAt(path, (socket) => {
    let all = new Uint8Array();
    socket.on("data", (chunk: Uint8Array) => {
      all = new Uint8Array([...all, ...chunk]);
      const words: string[] = [];
      // User, password, service and realm, each with its length in two bytes before it.
      for (let at = 0; at + 2 <= all.length;) {
        const length = all[at]! * 256 + all[at + 1]!;
        if (at + 2 + length > all.length) return;
        words.push(new TextDecoder().decode(all.subarray(at + 2, at + 2 + length)));
        at += 2 + length;
      }
      if (words.length < 4) return;
      const answer = words[1] === PASSWORD ? "OK" : "NO";
      socket.end(new Uint8Array([0, 2, ...new TextEncoder().encode(answer)]));
    });
  });
}

/** The command that logs a user in, without waiting for a challenge. */
export function authPlain(user: string, password: string = PASSWORD): string {
  return `AUTH PLAIN ${btoa(`\0${user}\0${password}`)}`;
}

async function listenAt(path: string, serve: (socket: Socket) => void): Promise<LoginService> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => {});
    serve(socket);
  });
  await new Promise<void>((resolve, reject) => {
    server.on("error", reject);
    server.listen(path, resolve);
  });
  chmodSync(path, 0o666);
  return {
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
