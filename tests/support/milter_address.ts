/** Milter addresses, which Postfix and Sendmail write differently. */

/** Where a milter listens. */
export type MilterAddress = { unix: string } | { host: string; port: number; family: 4 | 6 };

/** Reads `unix:/path`, `local:/path`, `inet:port@host`, `inet:host:port` and the same with `inet6:`. */
export function parseMilterAddress(text: string): MilterAddress {
  const unix = /^(?:unix|local):(.+)$/.exec(text);
  if (unix) return { unix: unix[1] };
  const libmilter = /^inet(6?):(\d+)(?:@(.+))?$/.exec(text);
  if (libmilter) return inet(libmilter[1], libmilter[3], libmilter[2]);
  const postfix = /^inet(6?):(.+):(\d+)$/.exec(text);
  if (postfix) return inet(postfix[1], postfix[2], postfix[3]);
  throw new Error(`milter address ${text}: want unix:/path, inet:port@host or inet:host:port`);
}

function inet(six: string, host: string | undefined, port: string): MilterAddress {
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
