/**
 * What filters need to run: an executable, messages, keys, and a DNS that knows the sender.
 *
 * @module
 */

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { generateDkimKey } from "../../../lib/auth/dkim/private_key.ts";
import { rsaKey } from "../../../tests/auth/dkim/support.ts";
import { type Nsd, nsdProblem, startNsd, startNsdForSystem } from "../../../tests/dns/nsd.ts";
import { resolverProblem } from "../../../tests/support/own_resolver.ts";
import { compileProgram } from "../../compile_program.ts";
import { pythonWithMilter } from "../build.ts";
import { CannotRun } from "../failure.ts";
import { run } from "../processes.ts";
import type { Rig } from "../rig.ts";
import { DOMAIN, rootZone, writeMail } from "./mail.ts";

/** The keys that a signer may have. */
export type SignerKeys = "rsa" | "ed25519" | "both";

/** A place to run filters at. */
export interface FilterSite {
  /** For configuration, messages and keys. */
  readonly folder: string;
  /** The filter of C libmilter that does nothing. */
  readonly libmilter: string;
  /** The executable. */
  readonly milterkit: string;
  /** A Python that has pymilter. */
  readonly python: string | undefined;
  /** Whether Perl has what its filters need. */
  readonly perl: boolean;
  /** The name server, where Debian's nsd is. */
  readonly dns: Nsd | undefined;
  /** A resolv.conf that names it, where programs can be shown one. */
  readonly resolvConf: string | undefined;
  /** A folder of keys as dkim-sign takes it. */
  keys(which: SignerKeys): string;
  /** The file of the RSA key. */
  readonly keyFile: string;
  close(): Promise<void>;
}

/**
 * Builds the executable, writes messages and keys, and starts a name server.
 *
 * @throws {CannotRun} if the executable cannot be built
 */
export async function openSite({ folder: parent, programs }: Rig): Promise<FilterSite> {
  const folder = join(parent, "filters");
  mkdirSync(folder);
  const milterkit = join(folder, "milterkit");
  try {
    compileProgram({ outfile: milterkit });
  } catch (error) {
    throw new CannotRun((error as Error).message);
  }
  const key = rsaKey();
  writeMail(folder, key);
  const pems = { rsa: (await generateDkimKey("rsa")).pem, ed25519: (await generateDkimKey("ed25519")).pem };
  const keys = (which: SignerKeys): string => join(folder, `keys-${which}`);
  for (const which of ["rsa", "ed25519", "both"] as const) {
    const own = join(keys(which), DOMAIN);
    mkdirSync(own, { recursive: true, mode: 0o700 });
    for (const kind of ["rsa", "ed25519"] as const) {
      if (which === kind || which === "both") {
        writeFileSync(join(own, `${kind}.pem`), pems[kind], { mode: 0o600 });
      }
    }
  }
  const zones = { ".": rootZone(key) };
  // Programs of others read resolv.conf, which knows port 53 alone.
  const system = await resolverProblem("opendmarc") === undefined;
  const dns = nsdProblem() ? undefined : await (system ? startNsdForSystem(zones) : startNsd(zones));
  const resolvConf = dns && system ? join(folder, "resolv.conf") : undefined;
  if (dns && resolvConf) writeFileSync(resolvConf, `nameserver ${dns.host}\n`);
  return {
    folder,
    libmilter: programs.libmilter,
    milterkit,
    python: programs.python ?? await pythonWithMilter(),
    perl: (await run(["perl", "-MSendmail::PMilter", "-MMIME::Parser", "-e1"])).code === 0,
    dns,
    resolvConf,
    keys,
    keyFile: join(keys("rsa"), DOMAIN, "rsa.pem"),
    close: async () => await dns?.stop(),
  };
}
