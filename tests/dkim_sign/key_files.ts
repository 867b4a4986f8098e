/** Keys in files, for tests of signing. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { generateKeyPairSync } from "node:crypto";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** A new private key in PKCS#8 PEM; making RSA keys takes time, so tests share them. */
export function newPem(type: "rsa" | "ed25519"): string {
  const { privateKey } = type === "rsa"
    ? generateKeyPairSync("rsa", { modulusLength: 1024 })
    : generateKeyPairSync("ed25519");
  return String(privateKey.export({ type: "pkcs8", format: "pem" }));
}

const pems = new Map<string, string>();

/** The same key of a kind each time. */
export function pemOf(type: "rsa" | "ed25519"): string {
  const pem = pems.get(type) ?? newPem(type);
  pems.set(type, pem);
  return pem;
}

/** A folder that is removed at the end of a block: `using`. */
export class KeysFolder {
  /** Where it is. */
  readonly path: string = mkdtempSync(join(tmpdir(), "milterkit-keys-"));

  constructor() {
    chmodSync(this.path, 0o755);
  }

  /** Writes a file in it, or in a folder in it, and returns its path. */
  write(name: string, text: string, mode = 0o640): string {
    const path = join(this.path, name);
    mkdirSync(dirname(path), { recursive: true });
    chmodSync(dirname(path), 0o755);
    writeFileSync(path, text);
    chmodSync(path, mode);
    return path;
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
