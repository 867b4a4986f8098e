/**
 * Macros, as libmilter presents them.
 *
 * @module
 */

import { fromText } from "./bytes.ts";
import type { Script } from "./script.ts";

/** The macros that are logged where a script does not say which. */
const USUAL_MACROS: readonly string[] = [
  "j",
  "_",
  "i",
  "b",
  "r",
  "s",
  "v",
  "{daemon_name}",
  "{daemon_addr}",
  "{daemon_port}",
  "{if_name}",
  "{if_addr}",
  "{client_addr}",
  "{client_name}",
  "{client_port}",
  "{client_ptr}",
  "{client_resolve}",
  "{client_connections}",
  "{tls_version}",
  "{cipher}",
  "{cipher_bits}",
  "{cert_subject}",
  "{cert_issuer}",
  "{auth_type}",
  "{auth_authen}",
  "{auth_ssf}",
  "{auth_author}",
  "{mail_mailer}",
  "{mail_host}",
  "{mail_addr}",
  "{rcpt_mailer}",
  "{rcpt_host}",
  "{rcpt_addr}",
  "{msg_id}",
  "{nrcpts}",
  "{opMode}",
  "{quarantine}",
];

/** Looks up a macro on the current connection. */
export type MacroLookup = (name: string) => string | undefined;

/**
 * The macros of a connection, as its filter was sent them with its own callbacks: what came for events that it was not
 * asked about it does not see. libmilter keeps those of a message until the next one begins or a HELO comes, so that a
 * filter still sees them at close, when Milterkit has let go of them.
 */
export class MacroMemory {
  readonly #names: readonly string[];
  readonly #hidesVersion: boolean;
  readonly #kept = new Map<string, string>();

  constructor({ macros, symlists }: Pick<Script, "macros" | "symlists">) {
    this.#names = macros.length > 0 ? macros : USUAL_MACROS;
    const asked = [...symlists.values()].flatMap((list) => list.split(" "));
    this.#hidesVersion = Boolean(symlists.get("connect")) && !asked.includes("v");
  }

  /** Drops the macros of a message. Those of the connection come back with the next update. */
  forget(): void {
    this.#kept.clear();
  }

  /** Keeps what came for a callback. */
  update(current: MacroLookup): void {
    for (const name of this.#names) {
      const value = this.#look(name, current);
      if (value !== undefined) this.#kept.set(name, value);
    }
  }

  /**
   * The value of a macro.
   *
   * @param name with braces where it has several letters: without them it is not found, as in libmilter
   * @param current where to look for one that is not among those to be logged
   * @returns the value, a character a byte
   */
  get(name: string, current: MacroLookup): string | undefined {
    return this.#names.includes(name) ? this.#kept.get(name) : this.#look(name, current);
  }

  /** The macros that are to be logged and that there are, in the order of the log. */
  logged(): [name: string, value: string][] {
    return this.#names.flatMap((name) => {
      const value = this.#kept.get(name);
      return value === undefined ? [] : [[name, value] satisfies [string, string]];
    });
  }

  #look(name: string, current: MacroLookup): string | undefined {
    if (name.length === 0 || (name.length > 1 && !/^\{.*\}$/s.test(name))) return undefined;
    if (this.#hidesVersion && (name === "v" || name === "{v}")) return undefined;
    const value = current(name);
    return value === undefined ? undefined : fromText(value);
  }
}
