/**
 * Makes keys, with progress on a terminal: a long RSA key takes seconds.
 *
 * @module
 */

import { type DkimPrivateKey, generateDkimKey } from "../../../lib/auth/dkim/private_key.ts";
import { StatusLine } from "../../terminal/status_line.ts";
import { KEY_TYPE_NAMES, type KeyType } from "./key_names.ts";

/** Time between two updates of the line, in milliseconds. */
const INTERVAL = 200;

/** A new key. */
export interface NewKey {
  readonly key: DkimPrivateKey;
  readonly pem: string;
}

/**
 * Makes a key.
 *
 * @param type the kind
 * @param bits the size of an RSA key, 1024 to 4096
 */
export async function makeKey(type: KeyType, bits: number): Promise<NewKey> {
  const progress = new StatusLine();
  const what = type === "rsa" ? `an RSA key of ${bits} bits` : `an ${KEY_TYPE_NAMES[type]} key`;
  const start = performance.now();
  const show = () => {
    const seconds = Math.floor((performance.now() - start) / 1000);
    progress.write(`making ${what}${seconds > 0 ? `, ${seconds} s so far` : ""}`);
  };
  show();
  const timer = progress.shown ? setInterval(show, INTERVAL) : undefined;
  try {
    return await generateDkimKey(type, bits);
  } finally {
    clearInterval(timer);
    progress.clear();
  }
}
