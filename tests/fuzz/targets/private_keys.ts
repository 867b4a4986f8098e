/**
 * The private keys that sign.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { createPublicKey, type KeyObject, verify } from "node:crypto";
import { DkimKeyError, parseDkimPrivateKey } from "../../../lib/auth/dkim/private_key.ts";
import { signBytes } from "../../../lib/auth/dkim/sign_bytes.ts";
import { latin1Bytes, latin1Text } from "../../../lib/message/text.ts";
import { ed25519Key, rsaKey } from "../../auth/dkim/support.ts";
import { attempt, hold, same, type Target } from "../engine/target.ts";

let made: readonly { readonly label: string; readonly der: Buffer }[] | undefined;

/** Keys of this run: making one takes its time, and whose they are does not matter. */
function keys(): NonNullable<typeof made> {
  if (made) return made;
  const [rsa, ed25519] = [rsaKey(1024).privateKey, ed25519Key().privateKey];
  const der = (key: typeof rsa, type: "pkcs1" | "pkcs8") => key.export({ type, format: "der" }) as Buffer;
  return made = [
    { label: "RSA PRIVATE KEY", der: der(rsa, "pkcs1") },
    { label: "PRIVATE KEY", der: der(rsa, "pkcs8") },
    { label: "PRIVATE KEY", der: der(ed25519, "pkcs8") },
  ];
}

export const privateKeys: Target = {
  name: "private-keys",
  promise: "a text is refused in one line that has nothing of it, or is a key whose signatures verify",
  cases: 250,
  words: [
    "-----BEGIN PRIVATE KEY-----\n",
    "-----END PRIVATE KEY-----\n",
    "-----",
    "RSA ",
    "ENCRYPTED ",
    "\r\n",
    "=",
  ],
  seeds: () => [
    ...keys().map(({ label, der }) => latin1Bytes(pem(label, der))),
    latin1Bytes("nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=\n"),
  ],
  make(random) {
    const { label, der } = random.pick(keys());
    const bytes = Uint8Array.from(der);
    // Its lengths and tags stand at the front.
    for (let i = random.below(3); i > 0; i--) {
      bytes[random.below(random.below(4) ? Math.min(bytes.length, 40) : bytes.length)] = random.below(256);
    }
    const text = pem(label, bytes.subarray(0, random.below(10) ? bytes.length : random.below(bytes.length)));
    return latin1Bytes(random.below(5) ? text : text.replaceAll("\n", "\r\n"));
  },
  check(bytes) {
    const read = attempt(() => parseDkimPrivateKey(bytes), (error) => error instanceof DkimKeyError);
    if ("refusal" in read) {
      const told = JSON.stringify([read.refusal.message, (read.refusal as DkimKeyError).value]);
      for (const [line] of latin1Text(bytes).matchAll(/[A-Za-z0-9+/]{24,}/g)) {
        hold(!told.includes(line), "an error has nothing of the key");
      }
      return;
    }
    const key = read.value;
    hold(
      key.type === "ed25519" ? key.bits === 256 : key.bits >= 1024 && key.bits <= 4096,
      "a key has a good size",
    );
    const privateKey = key.privateKey as KeyObject;
    same(privateKey.asymmetricKeyType, key.type, "a key is of its type");
    const der = Buffer.from(createPublicKey(privateKey).export({ type: "spki", format: "der" }));
    same(Buffer.from(key.publicKey).equals(der.subarray(-key.publicKey.length)), true, "p= is of the key");
    if (key.type !== "rsa") return;
    const data = bytes;
    const publicKey = createPublicKey({ key: Buffer.from(key.publicKey), format: "der", type: "spki" });
    hold(verify("sha256", data, publicKey, signBytes(data, key)), "what the key signs verifies");
  },
};

function pem(label: string, der: Uint8Array): string {
  const lines = Buffer.from(der).toString("base64").replace(/.{64}/g, "$&\n");
  return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`;
}
