// What is declared of the options of serve, and the settings that follow.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { LIMIT_OPTIONS } from "../../cli/options/limit_options.ts";
import { LOG_OPTIONS } from "../../cli/options/log_options.ts";
import { settingsOf } from "../../cli/options/serve_option.ts";
import { FILE_OPTIONS, SERVE_OPTIONS } from "../../cli/options/serve_options.ts";
import {
  SERVICE_OPTIONS,
  type ServiceSettings,
  settingsAfterReload,
} from "../../cli/options/service_options.ts";
import { SPOOL_OPTIONS } from "../../cli/options/spool_options.ts";
import { DEFAULT_MESSAGE_LIMITS } from "../../lib/chain/message_limits.ts";
import { OptionValues } from "../../lib/options/options.ts";
import { DEFAULT_CONNECTION_LIMITS } from "../../lib/server/connection_limits.ts";

const given = (...options: [name: string, text: string][]) => new OptionValues(SERVE_OPTIONS, options);

describe("settings", () => {
  it("are by default what the library's limits are", () => {
    const { connectionsPerClient, ...limits } = { ...DEFAULT_CONNECTION_LIMITS, ...DEFAULT_MESSAGE_LIMITS };
    assert.equal(connectionsPerClient, Infinity);
    assert.deepEqual(settingsOf(LIMIT_OPTIONS, given()), limits);
  });

  it("are missing where nothing is said of them", () => {
    assert.deepEqual(Object.keys(settingsOf(SPOOL_OPTIONS, given())), ["memory", "total"]);
    assert.equal("watch" in settingsOf(SERVICE_OPTIONS, given()), false);
  });

  it("are what was given", () => {
    assert.deepEqual(
      settingsOf(
        LOG_OPTIONS,
        given(["log-redact", "clients"], ["log-redact", "addresses"], ["log-level", "debug"]),
      ),
      { format: "text", level: "debug", redact: ["clients", "addresses"], to: "stderr" },
    );
    const { connectionsPerClient, headerBytes } = settingsOf(
      LIMIT_OPTIONS,
      given(["limit-connections-per-client", "5"], ["limit-header-size", "1kB"]),
    );
    assert.deepEqual([connectionsPerClient, headerBytes], [5, 1000]);
  });
});

describe("a reload", () => {
  const metrics = { kind: "inet", host: "127.0.0.1", port: 1 } as const;
  const before: ServiceSettings = {
    workers: 1,
    watch: true,
    metrics,
    statusMessages: 1,
    workerTimeout: 1,
    stopTimeout: 1,
  };
  const next: ServiceSettings = { workers: 2, statusMessages: 2, workerTimeout: 2, stopTimeout: 2 };

  it("changes what needs no restart, and leaves the rest", () => {
    const kept = { watch: true, workerTimeout: 1, stopTimeout: 1 };
    assert.deepEqual(settingsAfterReload(before, next), { ...kept, workers: 2, statusMessages: 2 });
    assert.deepEqual(settingsAfterReload(next, before), { ...next, workers: 1, metrics, statusMessages: 1 });
  });

  it("leaves what docs/configuration.md says", () => {
    const text = readFileSync(new URL("../../docs/configuration.md", import.meta.url), "utf8").replace(
      /\s+/g,
      " ",
    );
    const said = (what: RegExp) =>
      [...what.exec(text)?.[1]?.matchAll(/`([\w-]+)`/g) ?? []].map(([, name]) => name);
    const after = (effect: string) =>
      FILE_OPTIONS.filter(({ takesEffect }) => takesEffect === effect).map(({ name }) => name);
    assert.deepEqual(said(/ - (`[^.]+) keep their values until a restart\. /), after("restart"));
    assert.deepEqual(said(/ - (`[^.]+) of an existing unix socket also keep/), after("new-socket"));
  });
});
