// Other implementations of DKIM, DMARC and SPF, each a process that answers one JSON line with another.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import type { SpfQuery } from "../../lib/auth/spf/check_spf.ts";
import type { Canonicalization } from "../../lib/auth/dkim/signature.ts";
import { type Argv, findCommand } from "../support/process.ts";
import { bytes, type TestKey } from "./dkim/support.ts";

export type PeerName =
  | "dkimpy"
  | "Mail::DKIM"
  | "libopendkim"
  | "Python"
  | "Mail::Address"
  | "Mail::DMARC"
  | "libopendmarc"
  | "pyspf"
  | "Mail::SPF";

const PROGRAMS: Record<PeerName, { command: string; script: string; needs: string }> = {
  "dkimpy": { command: "python3", script: "dkimpy.py", needs: "python3-dkim" },
  "Mail::DKIM": { command: "perl", script: "mail_dkim.pl", needs: "libmail-dkim-perl" },
  "libopendkim": { command: "python3", script: "libopendkim.py", needs: "python3, libopendkim11" },
  "Python": { command: "python3", script: "authors.py", needs: "python3" },
  "Mail::Address": { command: "perl", script: "authors.pl", needs: "libmailtools-perl" },
  "Mail::DMARC": { command: "perl", script: "mail_dmarc.pl", needs: "libmail-dmarc-perl" },
  "libopendmarc": {
    command: "python3",
    script: "libopendmarc.py",
    needs: "python3, libopendmarc2, publicsuffix",
  },
  "pyspf": { command: "python3", script: "pyspf.py", needs: "python3-spf" },
  "Mail::SPF": { command: "perl", script: "mail_spf.pl", needs: "libmail-spf-perl" },
};

/** Who signs, with what, and in which canonicalizations of the header. */
export const SIGNERS: readonly {
  readonly name: PeerName;
  readonly type: "rsa" | "ed25519";
  readonly headers: readonly Canonicalization[];
}[] = [
  { name: "dkimpy", type: "rsa", headers: ["simple", "relaxed"] },
  { name: "dkimpy", type: "ed25519", headers: ["simple", "relaxed"] },
  // Debian 12's version does not know Ed25519.
  { name: "Mail::DKIM", type: "rsa", headers: ["simple", "relaxed"] },
  { name: "libopendkim", type: "rsa", headers: ["simple", "relaxed"] },
  // With "simple" it signs " b=" but writes the longer "b=…" on a line of its own; of RSA it breaks the line before it signs.
  // It refuses such a signature itself.
  { name: "libopendkim", type: "ed25519", headers: ["relaxed"] },
];

/** Debian's own interpreter comes first: the packages are for that one. */
function commandOf(name: PeerName): Argv {
  const { command, script } = PROGRAMS[name];
  const debians = spawnSync(`/usr/bin/${command}`, ["--version"]).status === 0;
  const program = debians ? `/usr/bin/${command}` : findCommand(command) ?? command;
  return [program, fileURLToPath(new URL(`./peers/${script}`, import.meta.url))];
}

/** Why a peer cannot be asked, or undefined if it can. */
export function peerProblem(name: PeerName): string | undefined {
  const [program, ...args] = commandOf(name);
  const { status } = spawnSync(program, args, { input: "" });
  return status === 0 ? undefined : `needs ${name} (Debian: ${PROGRAMS[name].needs})`;
}

/** How to sign a message. */
export interface SigningRequest {
  readonly message: string;
  readonly header: Canonicalization;
  readonly body: Canonicalization;
  readonly algorithm: "rsa-sha256" | "ed25519-sha256";
  readonly selector: string;
  readonly domain: string;
  readonly keyFile: string;
  /** The fields to sign; for dkimpy alone, the others sign what they see fit. */
  readonly names: readonly string[];
}

/** A message for libopendmarc: who its author is, the record that applies, and the domains that passed. */
export interface DmarcRequest {
  readonly author: string;
  readonly record: string;
  /** The organizational domain, if the record is its and not the author's. */
  readonly organization: string | null;
  readonly spf: readonly string[];
  readonly dkim: readonly string[];
}

/** What libopendmarc says of it: `pass`, or the policy; and whether SPF and DKIM are aligned. */
export interface DmarcVerdict {
  readonly result: string;
  readonly spf: boolean;
  readonly dkim: boolean;
}

/** What a peer says of a message's topmost signature. */
export interface PeerVerdict {
  readonly passed: boolean;
  readonly detail: string;
}

/** What a peer says of a client. */
export interface PeerSpfResult {
  readonly result: string;
  /** Empty if the domain gives none. */
  readonly explanation: string;
  readonly detail: string;
}

/** A message for DMARC: its author, and what else is known. */
export interface DmarcMessage {
  readonly author: string;
  readonly spf: { readonly result: string; readonly domain: string } | null;
  readonly dkim: readonly { readonly result: string; readonly domain: string }[];
}

/** What follows for the message. */
export interface DmarcOutcome {
  readonly result: string;
  /** What is to be done: none unless it failed. */
  readonly policy: string;
}

export class Peer {
  readonly name: PeerName;
  readonly #child: ChildProcess;
  readonly #waiting: { resolve: (line: string) => void; reject: (error: Error) => void }[] = [];
  #rest = "";
  #errors = "";

  constructor(name: PeerName) {
    this.name = name;
    const [program, ...args] = commandOf(name);
    const env = { ...process.env, LC_ALL: "C", PERL_HASH_SEED: "0" };
    this.#child = spawn(program, args, { stdio: ["pipe", "pipe", "pipe"], env });
    const decoder = new TextDecoder();
    this.#child.stdout!.on("data", (chunk: Uint8Array) => {
      const lines = (this.#rest + decoder.decode(chunk, { stream: true })).split("\n");
      this.#rest = lines.pop()!;
      for (const line of lines) this.#waiting.shift()?.resolve(line);
    });
    this.#child.stderr!.on("data", (chunk: Uint8Array) => this.#errors += decoder.decode(chunk));
    this.#child.on("close", () => {
      for (const { reject } of this.#waiting) reject(new Error(`${name} ended: ${this.#errors}`));
    });
    this.#child.stdin!.on("error", () => {});
  }

  /** Gives the message with a signature on top. */
  async sign({ message, ...rest }: SigningRequest): Promise<string> {
    const answer = await this.#ask({ do: "sign", message: base64(message), ...rest });
    return Buffer.from(answer.message as string, "base64").toString("latin1");
  }

  /** @param keys Key records by name, in lower case. */
  async verify(message: string, keys: Readonly<Record<string, string>>): Promise<PeerVerdict> {
    const answer = await this.#ask({ do: "verify", message: base64(message), keys });
    return answer as unknown as PeerVerdict;
  }

  /** @returns The domains that each of its readers finds in a From field, as they stand in it. */
  async authors(field: string): Promise<Readonly<Record<string, readonly string[]>>> {
    const answer = await this.#ask({ do: "authors", field: base64(field) });
    const decoded = Object.entries(answer.domains as Record<string, string[]>).map(([reader, domains]) => [
      reader,
      domains.map((domain) => Buffer.from(domain, "base64").toString("latin1")),
    ]);
    return Object.fromEntries(decoded);
  }

  /** @returns The tags p, sp, adkim and aspf of a DMARC record; null if it is none. */
  async dmarcRecord(record: string): Promise<Readonly<Record<string, string>> | null> {
    const { tags } = await this.#ask({ do: "dmarcRecord", record: base64(record) });
    return tags as Record<string, string> | null;
  }

  async dmarcResult({ record, ...rest }: DmarcRequest): Promise<DmarcVerdict> {
    const answer = await this.#ask({ do: "dmarcResult", record: base64(record), ...rest });
    return answer as unknown as DmarcVerdict;
  }

  /** Evaluates a message with the records of a name server. */
  async dmarcMessage(message: DmarcMessage, server: { host: string; port: number }): Promise<DmarcOutcome> {
    const { host, port } = server;
    return await this.#ask({ do: "dmarcMessage", host, port, ...message }) as unknown as DmarcOutcome;
  }

  async spf(query: SpfQuery, zone: unknown): Promise<PeerSpfResult> {
    return await this.#ask({ do: "spf", ...query, zone }) as unknown as PeerSpfResult;
  }

  stop(): void {
    this.#child.stdin!.end();
    this.#child.kill();
  }

  async #ask(request: Record<string, unknown>): Promise<Record<string, unknown>> {
    const line = await new Promise<string>((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#child.stdin!.write(JSON.stringify(request) + "\n");
    });
    const answer = JSON.parse(line);
    if (answer.error !== undefined) throw new Error(`${this.name}: ${answer.error}`);
    return answer;
  }
}

/** Files with a private key, in the forms that the peers read. */
export class KeyFiles {
  readonly #folder: string = mkdtempSync(join(tmpdir(), "milterkit-dkim-keys-"));
  readonly #pem: string = join(this.#folder, "key.pem");
  readonly #seed: string = join(this.#folder, "key.seed");

  constructor(key: TestKey) {
    const type = key.type === "rsa" ? "pkcs1" : "pkcs8";
    writeFileSync(this.#pem, key.privateKey.export({ type, format: "pem" }), { mode: 0o600 });
    if (key.type !== "ed25519") return;
    const seed = Buffer.from(key.privateKey.export({ format: "jwk" }).d ?? "", "base64url");
    writeFileSync(this.#seed, seed.toString("base64"), { mode: 0o600 });
  }

  /** The path of the one that a peer reads. */
  for(name: PeerName, algorithm: string): string {
    return name === "dkimpy" && algorithm.startsWith("ed25519") ? this.#seed : this.#pem;
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function base64(text: string): string {
  return Buffer.from(bytes(text)).toString("base64");
}
