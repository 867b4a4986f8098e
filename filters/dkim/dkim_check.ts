/**
 * Checks the DKIM signatures of messages and says so in Authentication-Results.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { parseRecordsFile } from "../../lib/dns/records_file.ts";
import type { TxtResolver } from "../../lib/dns/resolver.ts";
import { parseDnsServer } from "../../lib/dns/servers.ts";
import { StubResolver } from "../../lib/dns/stub.ts";
import type { FilterDefinition } from "../../lib/filter/definition.ts";
import { defineFilter, type Filter } from "../../lib/filter/filter.ts";
import { OptionError, type OptionValues } from "../../lib/filter/options.ts";
import { skip } from "../../lib/filter/verdict.ts";
import { authenticationResults, bearsAuthservId } from "./authentication_results.ts";
import { DkimVerifier } from "./verifier.ts";

/** The filter `dkim-check`. */
export const dkimCheck: FilterDefinition = {
  name: "dkim-check",
  summary: "Checks DKIM signatures and writes what it found into Authentication-Results",
  description:
    `Every signature (rsa-sha256, ed25519-sha256) gets a result of its own: pass, fail, neutral, policy, temperror or
permerror; a message without one gets dkim=none. The field goes on top of the message. Fields Authentication-Results
that bear our own id were not written by us, whoever did, and are removed.

No message is refused: what a result means is for others to say. Where DNS gives no answer the result is temperror.

Put it before filters that change headers or body: it would see the message as they left it.`,
  examples: [
    [
      "Keys from DNS:",
      "milterkit serve --listen inet:8891@localhost --filter dkim-check --authserv-id mx.example.org",
    ],
    [
      "Keys from a file, for tests and closed networks:",
      "milterkit serve --listen inet:8891@localhost --filter dkim-check --dns-records keys.txt",
    ],
  ],
  wantsOriginal: true,
  options: [
    {
      name: "authserv-id",
      kind: "string",
      metavar: "ID",
      description:
        "The name that results are signed with; by default the MTA's own (its macro j), else the host's",
      example: "mx.example.org",
    },
    {
      name: "dns-server",
      kind: "string",
      metavar: "SERVER",
      repeatable: true,
      description: "A name server to ask, with or without its port; by default the system's",
      example: "192.0.2.53",
    },
    {
      name: "dns-timeout",
      kind: "duration",
      metavar: "TIME",
      min: 1,
      max: 60_000,
      default: "5s",
      description: "Longest wait for a key",
    },
    {
      name: "dns-records",
      kind: "file",
      metavar: "FILE",
      description:
        "Take keys from a file instead: lines of a name and a value; NXDOMAIN, SERVFAIL, TIMEOUT are values too",
    },
  ],
  create: createDkimCheck,
};

function createDkimCheck(options: OptionValues): Filter<undefined, { readonly verifier: DkimVerifier }> {
  const id = options.get("string", "authserv-id");
  if (id !== undefined && !/^[\w.-]+$/.test(id)) {
    throw new OptionError("authserv-id", id, "want a host name, such as mx.example.org");
  }
  const resolver = createResolver(options);
  const now = () => Math.floor(Date.now() / 1000);
  return defineFilter({
    name: dkimCheck.name,
    changes: ["insertHeader", "deleteHeader"],
    verdicts: [],
    messageState: () => ({ verifier: new DkimVerifier({ resolver, now }) }),
    header(field, { messageState }) {
      messageState.verifier.header(field.nameBytes, field.rawValueBytes);
    },
    eoh({ messageState, signal }) {
      messageState.verifier.endOfHeaders(signal);
    },
    body(chunk, { messageState }) {
      if (!messageState.verifier.wantsBody) return skip();
      messageState.verifier.body(chunk);
    },
    async eom(message, { messageState, macro }) {
      const results = await messageState.verifier.finish();
      const ours = id ?? macro("j") ?? hostname();
      for (const field of message.headers.all("Authentication-Results")) {
        if (bearsAuthservId(field.valueBytes, ours)) message.deleteHeader(field);
      }
      message.insertHeader(0, "Authentication-Results", authenticationResults(ours, results));
    },
  });
}

function createResolver(options: OptionValues): TxtResolver {
  const path = options.get("file", "dns-records");
  if (path !== undefined) {
    try {
      return parseRecordsFile(readFileSync(path, "utf8"));
    } catch (error) {
      throw new OptionError("dns-records", path, (error as Error).message);
    }
  }
  const servers = options.all("string", "dns-server").map((text) => {
    try {
      parseDnsServer(text);
      return text;
    } catch (error) {
      throw new OptionError("dns-server", text, (error as Error).message);
    }
  });
  const deadline = options.get("duration", "dns-timeout")!;
  return new StubResolver({ deadline, ...(servers.length > 0 ? { servers } : {}) });
}
