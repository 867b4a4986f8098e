/** A server that checks logins as Dovecot does for Postfix (smtpd_sasl_type = dovecot), protocol version 1.1. */
import { createServer, type Server, type Socket } from "node:net";
import { LineSplitter, lineText } from "./lines.ts";

/** What Postfix is told so that it asks this server; smtpd_tls_auth_only stays at its default, no. */
export function saslSettings(port: number): Record<string, string> {
  return {
    smtpd_sasl_auth_enable: "yes",
    smtpd_sasl_type: "dovecot",
    smtpd_sasl_path: `inet:127.0.0.1:${port}`,
  };
}

/** Every user whose password is the user's name with a `!` behind it logs in. */
export class SaslServer {
  /** Where it listens on 127.0.0.1. */
  readonly port: number;
  readonly #server: Server;
  readonly #sockets: Set<Socket>;

  private constructor(server: Server, sockets: Set<Socket>, port: number) {
    this.#server = server;
    this.#sockets = sockets;
    this.port = port;
  }

  /** Starts one on a free port. */
  static start(): Promise<SaslServer> {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on("close", () => sockets.delete(socket));
      socket.on("error", () => socket.destroy());
      serve(socket);
    });
    return new Promise((resolve, reject) => {
      server.on("error", reject);
      server.listen(0, "127.0.0.1", () => {
        resolve(new SaslServer(server, sockets, (server.address() as { port: number }).port));
      });
    });
  }

  /** Stops listening and drops what is connected. */
  stop(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      for (const socket of this.#sockets) socket.destroy();
    });
  }
}

/** The argument of AUTH PLAIN for a user. */
export function plainLogin(user: string): string {
  return btoa(`\0${user}\0${user}!`);
}

function serve(socket: Socket): void {
  const say = (...fields: string[]) => socket.write(`${fields.join("\t")}\n`);
  say("VERSION", "1", "1");
  say("MECH", "PLAIN", "plaintext");
  say("SPID", "1");
  say("CUID", "1");
  say("COOKIE", "0".repeat(32));
  say("DONE");
  const splitter = new LineSplitter();
  socket.on("data", (bytes: Uint8Array) => {
    for (const line of splitter.push(bytes)) {
      const [verb, id = "", ...fields] = lineText(line).split("\t");
      if (verb !== "AUTH") continue;
      const response = fields.find((field) => field.startsWith("resp="))?.slice("resp=".length) ?? "";
      const [, user = "", password] = atob(response).split("\0");
      if (password === `${user}!`) say("OK", id, `user=${user}`);
      else say("FAIL", id, `user=${user}`);
    }
  });
}
