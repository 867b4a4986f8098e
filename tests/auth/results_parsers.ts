// Other programs that read Authentication-Results: what does each read in a field?
import { fileURLToPath } from "node:url";
import type { AuthResultsField } from "../../lib/auth/parse_auth_results.ts";
import { run } from "../support/process.ts";

/** A field as other readers give it, without comments. */
export interface PlainField {
  readonly id: string;
  readonly results: readonly PlainResult[];
}

type PlainResult = readonly [
  method: string,
  version: string | null,
  result: string,
  reason: string | null,
  properties: readonly (readonly [ptype: string, property: string, value: string])[],
];

/** A program that reads Authentication-Results. */
export interface ResultsParser {
  readonly name: string;
  /** Why it cannot be asked here, or undefined if it can. */
  problem(): Promise<string | undefined>;
  /** What it reads in each field; null if it refuses it. */
  read(fields: readonly string[]): Promise<readonly (PlainField | null)[]>;
}

export const RESULTS_PARSERS: readonly ResultsParser[] = [
  parser("authres", "python3", "authres_results.py", "python3-authres"),
  parser(
    "Mail::AuthenticationResults",
    "perl",
    "mail_authres_results.pl",
    "libmail-authenticationresults-perl",
  ),
];

/** What we read, in the form of the others, which give ids in lower case. */
export function plainField({ id, results }: AuthResultsField): PlainField {
  return {
    id: id.toLowerCase(),
    results: results.map(({ method, result, reason, properties = [] }) => [
      method,
      null,
      result,
      reason ?? null,
      properties.map(({ ptype, property, value }) => [ptype, property, value]),
    ]),
  };
}

/** Without versions of methods, which we do not give: all that we read are 1. */
export function withoutVersions({ id, results }: PlainField): PlainField {
  return {
    id,
    results: results.map(([method, , result, reason, properties]) => [
      method,
      null,
      result,
      reason,
      properties,
    ]),
  };
}

function parser(name: string, command: string, script: string, needs: string): ResultsParser {
  // Debian's own interpreter: the packages are for that one.
  const argv = [`/usr/bin/${command}`, fileURLToPath(new URL(`./peers/${script}`, import.meta.url))] as const;
  return {
    name,
    async problem() {
      const missing = `needs ${name} (Debian: ${needs})`;
      return await run(argv).then(({ code }) => code === 0 ? undefined : missing, () => missing);
    },
    async read(fields) {
      const input = JSON.stringify(fields.map((field) => Buffer.from(field, "utf8").toString("base64")));
      const { code, stdout, stderr } = await run(argv, { input: input + "\n" });
      if (code !== 0) throw new Error(`${name}: exit code ${code}: ${stderr}`);
      return JSON.parse(stdout);
    },
  };
}
