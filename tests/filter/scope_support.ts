// What filters with a scope hear of a message.
import type { Scope } from "../../lib/filter/scope.ts";
import type { MtaClient } from "../../lib/mta/client.ts";
import { type AnyFilter, grouped, probe, served } from "../server/support.ts";

export const TO = ["a@example.net"];

/** Runs a message through filters of which those with a scope write down what they hear. */
export async function heard(
  scope: Scope,
  use: (mta: MtaClient, log: string[]) => Promise<unknown>,
  reactions: Parameters<typeof probe>[2] = {},
  others: readonly AnyFilter[] = [probe("2", [])],
): Promise<string> {
  const log: string[] = [];
  await served([probe("1", log, reactions, { scope }), ...others], async ({ open }) => {
    const mta = await open({ bare: true });
    await use(mta, log);
    mta.quit();
  });
  return grouped(log);
}

export const WHOLE = "mail:1 rcpt:1 data:1 header:1 header:1 eoh:1 body:1 eom:1";
