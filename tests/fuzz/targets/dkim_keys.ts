/**
 * Key records of DKIM.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { MAX_RSA_BITS, MIN_RSA_BITS, parseKeyRecord } from "../../../lib/auth/dkim/key_record.ts";
import { parseRsaPublicKey } from "../../../lib/auth/dkim/rsa_key.ts";
import { latin1Bytes, latin1Text } from "../../../lib/message/text.ts";
import { hold, same, type Target } from "../engine/target.ts";

let made: { readonly rsa: Buffer; readonly pkcs1: Buffer; readonly ed25519: Buffer } | undefined;

/** Keys of this run: making one takes its time, and whose they are does not matter. */
function keys(): NonNullable<typeof made> {
  if (made) return made;
  const { publicKey } = generateKeyPairSync("rsa", { modulusLength: 1024 });
  const ed25519 = generateKeyPairSync("ed25519").publicKey.export({ format: "der", type: "spki" });
  return made = {
    rsa: Buffer.from(publicKey.export({ format: "der", type: "spki" })),
    pkcs1: Buffer.from(publicKey.export({ format: "der", type: "pkcs1" })),
    ed25519: Buffer.from(ed25519.subarray(-32)),
  };
}

export const dkimKeys: Target = {
  name: "dkim-keys",
  promise: "a key record gives a key that node:crypto agrees about, or a reason",
  cases: 3000,
  words: [
    "v=DKIM1; ",
    "k=rsa; ",
    "k=ed25519; ",
    "p=",
    "t=y:s; ",
    "h=sha256; ",
    "s=email; ",
    "\x02\x82",
    "\x30\x81\x9f",
  ],
  seeds: () => [
    latin1Bytes(`v=DKIM1; k=rsa; p=${keys().rsa.toString("base64")}`),
    latin1Bytes(`p=${keys().pkcs1.toString("base64")}`),
    latin1Bytes(`v=DKIM1; k=ed25519; h=sha256; p=${keys().ed25519.toString("base64")}`),
  ],
  make(random) {
    const { rsa, pkcs1, ed25519 } = keys();
    const der = Uint8Array.from(random.pick([rsa, rsa, pkcs1, ed25519]));
    // Its lengths and tags stand at the front.
    for (let i = random.below(3); i > 0; i--) der[random.below(Math.min(der.length, 40))] = random.below(256);
    const kind = random.below(8) ? "" : "k=ed25519; ";
    const cut = random.below(10) ? der.length : random.below(der.length);
    return latin1Bytes(`v=DKIM1; ${kind}p=${Buffer.from(der.subarray(0, cut)).toString("base64")}`);
  },
  check(bytes) {
    checkDer(bytes);
    const key = parseKeyRecord(latin1Text(bytes));
    if ("problem" in key) {
      hold(/^[ -~]+$/.test(key.problem), "a reason is plain text");
      return;
    }
    const { type, publicKey, bits } = key;
    hold(Number.isInteger(bits) && bits >= 0, "a key has a size");
    if (publicKey === undefined) {
      hold(
        type === "rsa" && (bits < MIN_RSA_BITS || bits > MAX_RSA_BITS),
        "a key is left out for its size alone",
      );
      return;
    }
    same(publicKey.asymmetricKeyType, type, "the key is of its type");
    if (type === "rsa") same(modulusBits(publicKey), bits, "the key has its size");
    else same(bits, 256, "the key has its size");
  },
};

/** How long the modulus is, from the key as it is exported. */
function modulusBits(key: KeyObject): number {
  const { n = "" } = key.export({ format: "jwk" });
  const hex = Buffer.from(n, "base64url").toString("hex");
  return hex === "" ? 0 : BigInt(`0x${hex}`).toString(2).length;
}

function checkDer(bytes: Uint8Array): void {
  const key = parseRsaPublicKey(bytes);
  if (key === undefined) return;
  hold(key.modulus.length + key.exponent.length <= bytes.length, "numbers are parts of the record");
  hold(key.bits <= key.modulus.length * 8, "a modulus has no more bits than it has bytes for");
}
