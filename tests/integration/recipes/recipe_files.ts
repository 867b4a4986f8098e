/** A recipe's files, with the ports and folders that they have in a test in the place of those of a real site. */
import assert from "node:assert/strict";
import { cpSync, existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { KeysFolder, pemOf } from "../../dkim_sign/key_files.ts";
import { newFolder, writeShared } from "../../support/instance.ts";
import { freePort } from "../../support/ports.ts";
import { present } from "../../support/present.ts";
import { runOrThrow } from "../../support/process.ts";
import { records } from "./world.ts";

const RECIPES = new URL("../../../docs/recipes/", import.meta.url);

/** The ports that services of master.cf have names for. */
const SERVICES: Readonly<Record<string, number>> = { smtp: 25, submissions: 465, submission: 587 };

/** Ports of this machine as the files name them; the places of addresses differ by who reads them. */
const PORTS = /inet:(?:(\d+)@localhost|localhost:(\d+))|(?<=127\.0\.0\.1\]?:)(\d+)/g;

/** Folders of a real site. */
const FOLDERS = /\/(?:etc\/postfix|etc\/milterkit|var\/lib\/milterkit)\//g;

/** Texts, and what takes their places. */
export type Replacements = Readonly<Record<string, string>>;

/** The keys of a site in PEM, by `DOMAIN/SELECTOR`. */
export function pemsOf(names: readonly string[]): ReadonlyMap<string, string> {
  return new Map(names.map((name) => [name, pemOf("rsa")]));
}

/** A copy of a recipe's folder. */
export class RecipeFiles {
  /** Where it is, in the place of all folders of a real site. */
  readonly path: string = newFolder("milterkit-recipe-");
  readonly #ports: Map<number, number>;

  /**
   * Copies a recipe.
   *
   * @param recipe its folder in docs/recipes
   * @param ports the ports of servers of the test, by those that the recipe names; others get one that is free
   */
  constructor(recipe: string, ports: ReadonlyMap<number, number> = new Map()) {
    this.#ports = new Map(ports);
    cpSync(new URL(recipe, RECIPES), this.path, { recursive: true });
  }

  /** The text of a file. */
  read(name: string): string {
    return readFileSync(join(this.path, name), "utf8");
  }

  /** The port that stands here for one that the recipe, or a name in it, stands for. */
  portOf(port: number): number {
    return present(this.#ports.get(port), `a service at port ${port}`);
  }

  /**
   * Writes keys and DNS, and the configuration as it is to be here; returns its path.
   *
   * @param keys the keys in the folder `keys`, such as `example.org/2026`
   * @param replacements texts, all of which must be there
   */
  async writeConfig(file: string, keys: readonly string[], replacements: Replacements): Promise<string> {
    const pems = pemsOf(keys);
    this.#writeKeys(pems);
    writeShared(join(this.path, "dns"), records(pems).map((record) => `${record.join(" ")}\n`).join(""));
    let text = this.read(file);
    for (const [from, to] of Object.entries(replacements)) {
      assert.ok(text.includes(from), `${file} has no ${from}`);
      text = text.replaceAll(from, to);
    }
    // With less patience a busy machine counts without its state, and begins anew.
    const patience = /^state = /m.test(text) ? 'state-timeout = "10s"\n' : "";
    const path = join(this.path, file);
    writeShared(path, `dns-records = "dns"\nlog-format = "json"\n${patience}${await this.#here(text)}`);
    return path;
  }

  /** The lines of a file for main.cf as settings. */
  async mainCf(file: string, replacements: Replacements): Promise<Record<string, string>> {
    const text = (await this.#postfixFile(file, replacements)).replace(/^#.*\n/gm, "");
    const lines = text.replace(/\n[ \t]+/g, " ").split("\n").filter((line) => line.trim() !== "");
    return Object.fromEntries(lines.map((line) => {
      const [, name = "", value = ""] = /^(\w+)\s*=\s*(.*)$/.exec(line) ?? assert.fail(line);
      return [name, value];
    }));
  }

  /**
   * The services of a file for master.cf, if there is one, at ports that are free and without a chroot; and always an SMTP
   * server at port 25.
   */
  async masterCf(file: string, replacements: Replacements): Promise<string> {
    const text = existsSync(join(this.path, file)) ? await this.#postfixFile(file, replacements) : "";
    const lines: string[] = [];
    for (const line of `smtp inet n - y - - smtpd\n${text}`.split("\n")) {
      const [, service = "", rest = ""] = /^([\w.:-]+) +inet (.*)$/.exec(line) ?? [];
      const port = SERVICES[service];
      const place = port === undefined ? service : `127.0.0.1:${await this.#portFor(port)}`;
      lines.push(service === "" ? line : `${place} inet ${rest.replace(/^\S+ +\S+ +\S+/, "n - n")}`);
    }
    return `${lines.join("\n")}\n`;
  }

  /** Makes a certificate, and returns the settings that name it. */
  async certificate(): Promise<Record<string, string>> {
    const [key, cert] = [join(this.path, "tls.key"), join(this.path, "tls.crt")];
    await runOrThrow([
      ...[
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
      ] as const,
      ...["-keyout", key, "-out", cert, "-days", "30", "-subj", "/CN=mx.example.org"],
    ]);
    return { smtpd_tls_cert_file: cert, smtpd_tls_key_file: key, smtpd_tls_security_level: "may" };
  }

  /** Removes the copy. */
  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }

  #writeKeys(pems: ReadonlyMap<string, string>): void {
    using keys = new KeysFolder();
    for (const [name, pem] of pems) keys.write(`${name}.pem`, pem);
    cpSync(keys.path, join(this.path, "keys"), { recursive: true });
  }

  async #postfixFile(file: string, replacements: Replacements): Promise<string> {
    let text = this.read(file);
    for (const [from, to] of Object.entries(replacements)) text = text.replaceAll(from, to);
    return await this.#here(text);
  }

  /** A text with the ports and the folder that it has here. */
  async #here(text: string): Promise<string> {
    for (const [, ...digits] of text.matchAll(PORTS)) {
      await this.#portFor(Number(digits.find((each) => each !== undefined)));
    }
    return text.replace(PORTS, (_, before, behind, bare) => {
      const port = this.portOf(Number(before ?? behind ?? bare));
      if (before) return `inet:${port}@127.0.0.1`;
      return behind ? `inet:127.0.0.1:${port}` : String(port);
    }).replace(FOLDERS, `${this.path}/`);
  }

  async #portFor(port: number): Promise<number> {
    const found = this.#ports.get(port) ?? await freePort();
    this.#ports.set(port, found);
    return found;
  }
}
