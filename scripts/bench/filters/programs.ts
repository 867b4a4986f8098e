/**
 * The programs that are measured as filters: the executable with filters of its own, and those of others.
 *
 * @module
 */

import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { withResolver } from "../../../tests/support/own_resolver.ts";
import { type Argv, findCommand } from "../../../tests/support/process.ts";
import { opendkimToSign, opendkimToVerify } from "../dkim_filters.ts";
import { AUTHSERV_ID, DOMAIN } from "./mail.ts";
import type { FilterSite } from "./site.ts";

/** A program that is measured. */
export interface FilterProgram {
  /** Its name in raw results. */
  readonly name: string;
  /** Its name for people. */
  readonly title: string;
  /** What one of its changes to every message must contain, so that it is known to do its work. */
  readonly expects?: string;
  /** Whether the code is compiled as it runs, so that it has to warm up. */
  readonly warmsUp: boolean;
  /** Why it cannot be run, or undefined if it can: what is missing. */
  problem?(site: FilterSite): string | undefined;
  /** The command that starts it at an address in milter notation. */
  command(site: FilterSite, address: string): Argv;
}

const scripts = fileURLToPath(new URL("..", import.meta.url));
const siteExample = fileURLToPath(new URL("../../../docs/examples/site.toml", import.meta.url));

/** Options of {@link milterkit}. */
export interface OurSettings {
  readonly expects?: string;
  /** Whether it asks the name server. */
  readonly dns?: boolean;
  /** Whether it logs a line for each message, as it does by default. */
  readonly logs?: boolean;
}

/** The executable, as a command line starts it. */
export function milterkit(
  name: string,
  args: (site: FilterSite) => readonly string[],
  { expects, dns = false, logs = false }: OurSettings = {},
): FilterProgram {
  return {
    name: nameOf(name, logs),
    title: nameOf(name, logs),
    ...(expects === undefined ? {} : { expects }),
    warmsUp: true,
    problem: (site) => dns ? dnsProblem(site) : undefined,
    command: (site, address) => [
      site.milterkit,
      ...["serve", "--listen", address],
      ...(logs ? [] : ["--log-level", "warning"]),
      ...(site.dns && dns ? ["--dns-server", site.dns.address] : []),
      ...args(site),
    ],
  };
}

/** The executable with the example of a site's policy, from its file. */
export function siteExampleProgram({ logs = false }: Pick<OurSettings, "logs"> = {}): FilterProgram {
  const name = nameOf("site.toml", logs);
  return {
    name,
    title: name,
    expects: "dmarc=pass",
    warmsUp: true,
    problem: dnsProblem,
    command(site, address) {
      const folder = mkdtempSync(join(site.folder, "site-"));
      const settings = [
        `listen = "${address}"`,
        `dns-server = "${site.dns?.address}"`,
        ...(logs ? [] : ['log-level = "warning"']),
      ];
      const text = readFileSync(siteExample, "utf8")
        .replace(/^listen = .*$/m, settings.join("\n"))
        .replace(/^keys = .*$/m, `keys = "${site.keys("rsa")}"`);
      const file = join(folder, "site.toml");
      writeFileSync(file, text);
      return [site.milterkit, "serve", "--config", file];
    },
  };
}

function nameOf(name: string, logs: boolean): string {
  return logs ? `${name}, with its log` : name;
}

/** The filter on C libmilter that is sent everything, answers nothing before the end, and does nothing. */
export function emptyFilter({ addsHeader = false }: { readonly addsHeader?: boolean } = {}): FilterProgram {
  return {
    name: addsHeader ? "libmilter-add" : "libmilter",
    title: addsHeader ? "an empty filter on C libmilter that adds a field" : "an empty filter on C libmilter",
    ...(addsHeader ? { expects: "X-Bench" } : {}),
    warmsUp: false,
    command: (site, address) => [site.libmilter, "-p", address, "-n", ...(addsHeader ? ["-a"] : [])],
  };
}

export const opendkimVerifier: FilterProgram = {
  name: "opendkim-verify",
  title: "opendkim",
  expects: "dkim=pass",
  warmsUp: false,
  problem: (site) => missing("opendkim") ?? resolverProblemOf(site),
  command: (site, address) =>
    opendkimToVerify(newFolder(site), localSocket(address), `Nameservers ${site.dns!.host}`, AUTHSERV_ID),
};

export const opendkimSigner: FilterProgram = {
  name: "opendkim-sign",
  title: "opendkim, RSA-2048",
  expects: "DKIM-Signature",
  warmsUp: false,
  problem: () => missing("opendkim"),
  command: (site, address) =>
    opendkimToSign(newFolder(site), localSocket(address), {
      domain: DOMAIN,
      file: site.keyFile,
      selector: "rsa",
    }),
};

export const opendmarc: FilterProgram = {
  name: "opendmarc",
  title: "opendmarc",
  expects: "dmarc=pass",
  warmsUp: false,
  problem: (site) => missing("opendmarc") ?? resolverProblemOf(site),
  command(site, address) {
    const folder = newFolder(site);
    const conf = join(folder, "conf");
    writeFileSync(
      conf,
      `AuthservID ${AUTHSERV_ID}\nTrustedAuthservIDs ${AUTHSERV_ID}\nSyslog false\nSocket ${
        localSocket(address)
      }\n` +
        `PidFile ${join(folder, "pid")}\n`,
    );
    return withResolver(site.resolvConf!, [findCommand("opendmarc")!, "-f", "-c", conf]);
  },
};

export const pyspf: FilterProgram = {
  name: "pyspf-milter",
  title: "pyspf-milter",
  expects: "spf=pass",
  warmsUp: false,
  problem: (site) => missing("pyspf-milter") ?? resolverProblemOf(site),
  command(site, address) {
    const folder = newFolder(site);
    const conf = join(folder, "conf");
    writeFileSync(
      conf,
      `debugLevel = 0\nHeader_Type = AR\nAuthserv_Id = ${AUTHSERV_ID}\nSocket = ${localSocket(address)}\n` +
        `PidFile = ${join(folder, "pid")}\nUserID = root\n`,
    );
    return withResolver(site.resolvConf!, [findCommand("pyspf-milter")!, conf]);
  },
};

/** Looks for programs in attachments with Python's email package. */
export const pythonAttachments: FilterProgram = {
  name: "attachments-pymilter",
  title: "Python's email, pymilter",
  warmsUp: false,
  problem: ({ python }) => python ? undefined : "python3-milter",
  command: (site, address) => [site.python!, join(scripts, "attachments_pymilter.py"), address, "--content"],
};

/** The same with Perl's MIME::Parser. */
export const perlAttachments: FilterProgram = {
  name: "attachments-pmilter",
  title: "MIME::Parser, Sendmail::PMilter",
  warmsUp: false,
  problem: ({ perl }) => perl ? undefined : "libmime-tools-perl and libsendmail-pmilter-perl",
  command: (_, address) => [
    "/usr/bin/perl",
    join(scripts, "attachments_pmilter.pl"),
    localSocket(address),
    "--content",
  ],
};

function missing(command: string): string | undefined {
  return findCommand(command) ? undefined : command;
}

function dnsProblem({ dns }: FilterSite): string | undefined {
  return dns ? undefined : "nsd";
}

function resolverProblemOf(site: FilterSite): string | undefined {
  return dnsProblem(site) ?? (site.resolvConf ? undefined : "root, for a name server at port 53");
}

function newFolder({ folder }: FilterSite): string {
  const parent = join(folder, "others");
  mkdirSync(parent, { recursive: true });
  return mkdtempSync(join(parent, "program-"));
}

/** Sendmail's notation of a unix socket, which all libmilter filters know. */
function localSocket(address: string): string {
  return address.replace(/^unix:/, "local:");
}
