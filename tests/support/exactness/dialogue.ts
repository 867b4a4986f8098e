/** Runs the SMTP dialogue of a case and records every reply of the server. */
import { SmtpClient } from "../smtp_client.ts";
import { latin1Bytes, unescapeText } from "./escapes.ts";

/** What the client said, and what came back. */
export interface Exchange {
  readonly said: string;
  /** The lines of the reply; one that says so where the server had closed the connection. */
  readonly reply: readonly string[];
}

const CLOSED = ["(connection closed)"];

/**
 * Speaks a dialogue, on one connection or, after `!connect`, on several.
 *
 * A line is a command, and its reply is awaited; it may also be several, sent at once, whose replies are awaited. After a DATA that is answered with 354, the lines up to "." are
 * sent at once. `!drop` ends the connection without a word, also within content.
 */
export async function speak(port: number, lines: readonly string[]): Promise<Exchange[]> {
  const exchanges: Exchange[] = [];
  let client = await greeted(port, exchanges);
  const rest = [...lines];
  try {
    for (let line = rest.shift(); line !== undefined; line = rest.shift()) {
      if (line === "!drop") client.destroy();
      else if (line === "!connect") {
        client.destroy();
        client = await greeted(port, exchanges);
      } else if (line.startsWith("!")) throw new Error(`unknown directive ${line}`);
      else {
        const text = unescapeText(line);
        const reply = await ask(client, `${text}\r\n`, repliesTo(text));
        exchanges.push({ said: line, reply });
        if (line.toUpperCase() !== "DATA") continue;
        const content = takeContent(rest).map((each) => `${unescapeText(each)}\r\n`).join("");
        const end = rest.shift();
        if (!reply[0]?.startsWith("354")) continue;
        if (end === "!drop") {
          await client.send(latin1Bytes(content));
          client.destroy();
        } else exchanges.push({ said: ".", reply: await ask(client, `${content}.\r\n`) });
      }
    }
  } finally {
    client.destroy();
  }
  return exchanges;
}

/** Takes the lines of a message's content from those that follow its DATA, up to the one that ends it. */
function takeContent(rest: string[]): string[] {
  const end = rest.findIndex((line) => line === "." || line === "!drop");
  if (end < 0) throw new Error('DATA without "." or !drop');
  return rest.splice(0, end);
}

async function greeted(port: number, exchanges: Exchange[]): Promise<SmtpClient> {
  const client = await SmtpClient.connect(port);
  exchanges.push({ said: "(connect)", reply: client.greeting.lines });
  return client;
}

/** Sends a text and reads this many replies. */
async function ask(client: SmtpClient, text: string, count = 1): Promise<readonly string[]> {
  if (client.closed) return CLOSED;
  await client.send(latin1Bytes(text));
  const lines: string[] = [];
  try {
    while (count-- > 0) lines.push(...(await client.read(text.slice(0, 60))).lines);
    return lines;
  } catch (error) {
    if (client.closed) return [...lines, ...CLOSED];
    throw error;
  }
}

/** Commands of one line have a reply each, but for the content below BDAT. */
function repliesTo(text: string): number {
  return /^BDAT /i.test(text) ? 1 : text.split("\r\n").length;
}
