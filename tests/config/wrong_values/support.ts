/**
 * Option values that could never take effect, or are almost surely a mistake: tests what is said of each, as a flag and in a
 * configuration file, and that the right spelling near it is taken.
 */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { readConfiguration } from "../../../cli/config/configuration.ts";
import { ConfigError } from "../../../cli/config/problem.ts";
import { readCommand, readSetup } from "../../../cli/config/serve_setup.ts";
import { UsageError } from "../../../cli/terminal/arguments.ts";
import { at } from "../../support/present.ts";

/** An option and its value; a flag has none. */
export type Option = readonly [name: string, value?: string];
/** Options that are wrong, the name of the one that is told of, what is said of it, and what is right near it. */
export type Row = readonly [wrong: readonly Option[], says: string, right?: readonly Option[]];

/** One option that is wrong by itself. */
export function one(name: string, value: string, says: string, ...right: string[]): Row {
  return [[[name, value]], says, right.map((text) => [name, text] as const)];
}

/** What is said of a list in one value. */
export const SEVERAL = "these are several values; give each one separately";
/** What is said of an address of a machine where that of a person belongs. */
export const MACHINE = "it is an IP address, not a mail address; use the options for clients";

/** A filter of a row: what stands before its options, and behind them. */
export interface Filter {
  readonly name: string;
  readonly before?: readonly Option[];
  readonly behind?: readonly Option[];
  /** The option that begins the group that they stand in, if they do. */
  readonly group?: readonly [name: string, value: string];
}

/** Tests the rows of a filter, or of serve itself. */
export function testValues(filter: Filter | undefined, rows: readonly Row[]): void {
  describe("what is said of", () => {
    const program = filter ? `milterkit serve --filter ${filter.name}` : "milterkit serve";
    for (const [wrong, says, right] of rows) {
      const [name, value = "true"] = at(wrong, -1);
      const quoted = JSON.stringify(value);
      it(`${filter?.name ?? "serve"} --${name} ${quoted}`, async () => {
        const said = await saidOfFlags(filter, wrong);
        const flags = [
          `${program}: --${name}: ${quoted}: ${says}`,
          `${program}: Invalid --${name} ${quoted}: ${says}`,
          `${program}${
            filter?.group ? ` --${filter.group.join(" ")}` : ""
          }: Invalid --${name} ${quoted}: ${says}`,
        ];
        assert.ok(flags.includes(said), `${said}\nand not\n${flags.join("\n")}`);
        const [first = "", ...more] = await saidOfFile(filter, wrong);
        const place = /^m\.toml:\d+:\d+: /.exec(first)?.[0];
        assert.equal(first, `${place}invalid ${name} ${quoted}: ${says.replace(/--([a-z])/g, "$1")}`);
        assert.deepEqual(more, []);
      });
      // Each of the values of one option, or all options together.
      const alone = wrong.length === 1 && at(wrong, 0).length === 2;
      const sets = !right ? [] : alone ? right.map((option) => [option]) : [right];
      for (const set of sets) {
        it(`${filter?.name ?? "serve"} ${JSON.stringify(set)}: nothing`, async () => {
          assert.equal(await saidOfFlags(filter, set), "");
          assert.deepEqual(await saidOfFile(filter, set), []);
        });
      }
    }
  });
}

/** What of serve stands before the filters, and the filter's own options, for one row. */
function split(filter: Filter | undefined, options: readonly Option[]): [serve: Option[], filter: Option[]] {
  const serve = filter ? [] : [...options];
  if (!serve.some(([name]) => name === "listen")) serve.unshift(["listen", "inet:8891@localhost"]);
  return [
    serve,
    filter
      ? [...filter.before ?? [], ...filter.group ? [filter.group] : [], ...options, ...filter.behind ?? []]
      : [["max", "1MB"]],
  ];
}

/** What is said of options as flags; empty for nothing. */
export async function saidOfFlags(filter: Filter | undefined, options: readonly Option[]): Promise<string> {
  const flags = (given: readonly Option[]) =>
    given.flatMap(([name, value]) => value === undefined ? [`--${name}`] : [`--${name}`, value]);
  const [serve, own] = split(filter, options);
  const args = [...flags(serve), "--filter", filter?.name ?? "size-limit", ...flags(own)];
  try {
    const { listeners } = await readSetup(readCommand(args), () => {});
    assert.equal(listeners.length, 1);
    const { serverSettings } = await import("../../../cli/config/listener_config.ts");
    serverSettings(at(listeners, 0));
    return "";
  } catch (error) {
    assert.ok(error instanceof UsageError, String(error));
    return error.message;
  }
}

/** What is said of options in a file `m.toml`, line by line. */
export async function saidOfFile(filter: Filter | undefined, options: readonly Option[]): Promise<string[]> {
  const lines = (given: readonly Option[], names = [...new Set(given.map(([name]) => name))]) =>
    names.flatMap((name) => {
      if (name === filter?.group?.[0]) return [`[[filter.${name}]]`, `name = "${filter.group[1]}"`];
      const values = given.filter((each) => each[0] === name).map(([, value]) => JSON.stringify(value));
      if (values[0] === undefined) return `${name} = true`;
      return `${name} = ${values.length > 1 ? `[${values.join(", ")}]` : values[0]}`;
    });
  const [serve, own] = split(filter, options);
  const folder = mkdtempSync(join(tmpdir(), "milterkit-values-"));
  const path = join(folder, "m.toml");
  const text = [...lines(serve), "[[filter]]", `name = "${filter?.name ?? "size-limit"}"`, ...lines(own)];
  writeFileSync(path, `${text.join("\n")}\n`);
  try {
    await readConfiguration(path);
    return [];
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return error.message.replaceAll(`${folder}/`, "").split("\n");
  } finally {
    rmSync(folder, { recursive: true });
  }
}
