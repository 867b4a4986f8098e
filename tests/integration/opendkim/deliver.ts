// Sends the message of a sender to a milter, as an MTA does, and says by what it was signed.
import { utf8Text } from "../../../lib/protocol/text.ts";
import { MtaClient } from "../../../lib/mta/client.ts";
import { bytes } from "../../auth/dkim/support.ts";
import type { Sender } from "./senders.ts";

/** What a milter did with a message. */
export interface Outcome {
  /** `continue`, `accept`, `tempfail` and so on. */
  readonly verdict: string;
  /** `d=… s=…` of each signature, sorted. */
  readonly signatures: readonly string[];
}

/** Sends a message. */
export async function deliver(address: string, sender: Sender, id: string): Promise<Outcome> {
  const client = await MtaClient.open(address);
  try {
    client.macros("connect", {
      j: "mx.example.test",
      v: "Postfix 3.7.11",
      daemon_name: sender.macros.daemon_name ?? "smtpd",
    });
    const connected = await client.connect(sender.client);
    if (connected.verdict !== "continue") return { verdict: connected.verdict, signatures: [] };
    await client.helo("client.example");
    const { answer } = await client.message(messageOf(sender), {
      from: sender.envelope,
      to: sender.recipients,
      macros: { mail: { i: id, ...sender.macros } },
    });
    const fields = answer.modifications.flatMap((change) =>
      change.type === "insertHeader" || change.type === "addHeader"
        ? [[change.name, change.value].map(utf8Text)]
        : []
    );
    const signed = fields.filter(([name]) => name === "DKIM-Signature").map(([, value = ""]) =>
      tagsOf(value)
    );
    return { verdict: answer.verdict, signatures: signed.sort() };
  } finally {
    client.quit();
  }
}

function messageOf({ fields }: Sender): Uint8Array {
  const all = [...fields, ["Subject", " a test"], ["Date", " Mon, 6 Oct 2025 10:00:00 +0000"], [
    "Message-ID",
    " <1@example.org>",
  ]];
  return bytes(`${all.map(([name, value]) => `${name}:${value}\r\n`).join("")}\r\nhello\r\n`);
}

function tagsOf(value: string): string {
  const tag = (name: string) => new RegExp(`(?:^|;)\\s*${name}=\\s*([^;\\s]+)`).exec(value)?.[1];
  return `d=${tag("d")} s=${tag("s")}`;
}
