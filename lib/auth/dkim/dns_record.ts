/**
 * Writes key records (RFC 6376 section 3.6.1, RFC 8463 section 3).
 *
 * @module
 */
import { Buffer } from "node:buffer";
import type { DkimPrivateKey } from "./private_key.ts";

/** Settings of {@link dkimKeyRecord}. */
export interface DkimKeyRecordOptions {
  /**
   * Whether the domain is only testing DKIM (t=y): verifiers then treat its mail as if unsigned.
   * @default {false}
   */
  readonly testing?: boolean | undefined;
}

/**
 * The text of the TXT record that publishes a key, at the name `SELECTOR._domainkey.DOMAIN`. DNS splits a text longer than
 * 255 bytes into strings, which is up to who writes the zone.
 *
 * @param key the key: its private part is not needed
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { dkimKeyRecord, parseDkimPrivateKey } from "../../auth.ts";
 *
 * const key = parseDkimPrivateKey("nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=");
 * assert.equal(dkimKeyRecord(key), "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=");
 * ```
 */
export function dkimKeyRecord(
  key: Pick<DkimPrivateKey, "type" | "publicKey">,
  options: DkimKeyRecordOptions = {},
): string {
  const flags = options.testing ? " t=y;" : "";
  return `v=DKIM1; k=${key.type};${flags} p=${Buffer.from(key.publicKey).toString("base64")}`;
}
