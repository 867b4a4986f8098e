/**
 * What real programs said, to begin with: sessions that Postfix 3.7 and Sendmail 8.17 had with a filter that sees all and
 * one that sees the end alone (one message, one that is given up, one for two recipients), and messages.
 *
 * @module
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { concatenated } from "../../lib/protocol/bytes.ts";
import { filesIn } from "./engine/files.ts";

const HERE = fileURLToPath(new URL(".", import.meta.url));

/**
 * The streams of a side.
 *
 * @param side whose
 * @param head how many zeros stand before each, for the choices of a target
 */
export function streams(side: "mta" | "filter", head: number): Uint8Array[] {
  return filesIn(join(HERE, "seeds"), `.${side}.bin`).map((stream) =>
    concatenated([new Uint8Array(head), stream])
  );
}

/** Messages, some of them signed. */
export function messages(): Uint8Array[] {
  return ["messages", "dkim/rfc"].flatMap((folder) => filesIn(join(HERE, "..", folder), ".eml"));
}
