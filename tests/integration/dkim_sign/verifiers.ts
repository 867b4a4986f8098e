/** Verifies delivered messages with four implementations of DKIM. */
import assert from "node:assert/strict";
import { parseRecordsFile } from "../../../lib/dns/records_file.ts";
import { verifyDkim } from "../../../lib/auth/dkim/verify_dkim.ts";
import { Peer, type PeerName, peerProblem } from "../../auth/peer.ts";
import { bytes } from "../../auth/dkim/support.ts";

const PEERS: readonly PeerName[] = ["libopendkim", "dkimpy", "Mail::DKIM"];
/** Debian 12's version does not know Ed25519. */
const WITHOUT_ED25519: readonly PeerName[] = ["Mail::DKIM"];

/** Why they cannot be asked, or undefined if they can. */
export function verifiersProblem(): string | undefined {
  return PEERS.map(peerProblem).find((problem) => problem !== undefined);
}

/** What a signature says of itself. */
export interface SeenSignature {
  readonly domain: string;
  readonly selector: string;
  readonly algorithm: string;
}

/** The fields DKIM-Signature of a message, the top one first. */
export function signaturesOf(message: string): readonly SeenSignature[] {
  const tag = (field: string, name: string) => new RegExp(`\\b${name}=\\s*([^;\\s]+)`).exec(field)?.[1] ?? "";
  return signatureFields(message).map((field) => ({
    domain: tag(field, "d"),
    selector: tag(field, "s"),
    algorithm: tag(field, "a"),
  }));
}

function signatureFields(message: string): readonly string[] {
  const head = message.slice(0, (message + "\r\n\r\n").search(/(?:^|\r\n)\r\n/) + 2);
  return head.match(/^DKIM-Signature:.*\r\n(?:[ \t].*\r\n)*/gim) ?? [];
}

/** Four verifiers, three of which are processes. */
export class Verifiers {
  readonly #peers = PEERS.map((name) => new Peer(name));
  /** The key records by name. */
  readonly records: Readonly<Record<string, string>>;

  /** @param records the key records by name */
  constructor(records: Readonly<Record<string, string>>) {
    this.records = records;
  }

  /** Asserts that every signature of a message passes, by all who know its algorithm. */
  async check(message: string, what: string): Promise<void> {
    const lines = Object.entries(this.records).map(([name, record]) => `${name} ${record}\n`);
    const resolver = parseRecordsFile(lines.join(""));
    const own = await verifyDkim(bytes(message), { resolver });
    assert.ok(own.length > 0, `${what}: no signature`);
    for (const { status, reason, selector } of own) {
      assert.equal(
        status,
        "pass",
        `${what}: ours says of s=${selector}: ${reason}\n${message.slice(0, 3000)}`,
      );
    }
    // The others look at the topmost signature, and do not read a message that ends with its header.
    let rest = message.includes("\r\n\r\n") ? message : `${message}\r\n`;
    for (const { algorithm } of signaturesOf(message)) {
      for (const peer of this.#peers) {
        if (algorithm === "ed25519-sha256" && WITHOUT_ED25519.includes(peer.name)) continue;
        const { passed, detail } = await peer.verify(rest, this.records);
        assert.ok(passed, `${what}: ${peer.name} says of a=${algorithm}: ${detail}\n${rest.slice(0, 3000)}`);
      }
      rest = rest.replace(signatureFields(rest)[0] ?? "", "");
    }
  }

  /** Ends the processes. */
  stop(): void {
    for (const peer of this.#peers) peer.stop();
  }
}
