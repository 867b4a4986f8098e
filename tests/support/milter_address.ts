/** Milter addresses in the different notations of Postfix and Sendmail. */

/** Where a milter listens. */
export type MilterAddress = { unix: string } | { host: string; port: number; family: 4 | 6 };

/** Reads `unix:/path`, `local:/path`, `inet:port@host`, `inet:host:port` and the same with `inet6:`. */
export function parseMilterAddress(text: string): MilterAddress {
  const unix = /^(?:unix|local):(.+)$/.exec(text)?.[1];
  if (unix !== undefined) return { unix };
  const libmilter = /^inet(?<six>6?):(?<port>\d+)(?:@(?<host>.+))?$/;
  const postfix = /^inet(?<six>6?):(?<host>.+):(?<port>\d+)$/;
  const { six, host, port } = libmilter.exec(text)?.groups ?? postfix.exec(text)?.groups ?? {};
  if (port === undefined) {
    throw new Error(`milter address ${text}: want unix:/path, inet:port@host or inet:host:port`);
  }
  const bare = host?.replace(/^\[(.*)\]$/, "$1") ?? (six ? "::1" : "127.0.0.1");
  return { host: bare, port: Number(port), family: six || bare.includes(":") ? 6 : 4 };
}

/** The address as Postfix reads it. */
export function postfixAddress(text: string): string {
  const address = parseMilterAddress(text);
  if ("unix" in address) return `unix:${address.unix}`;
  return `inet:${address.family === 6 ? `[${address.host}]` : address.host}:${address.port}`;
}

/** The address as Sendmail reads it. */
export function sendmailAddress(text: string): string {
  const address = parseMilterAddress(text);
  if ("unix" in address) return `unix:${address.unix}`;
  return `${address.family === 6 ? "inet6" : "inet"}:${address.port}@${address.host}`;
}
