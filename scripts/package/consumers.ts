/**
 * Programs that use the npm package: each installs it into an empty folder, as its users do, and runs.
 *
 * @module
 */

import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import type { Argv } from "../../tests/support/process.ts";
import { bunPath } from "../bun_path.ts";
import { denoCommand } from "./deno_command.ts";
import type { NpmPackage } from "./pack.ts";
import { startRegistry } from "./registry.ts";

/** The time-out of a step, in milliseconds. */
const STEP_LIMIT = 120_000;

/** TypeScript's compiler. */
const TSC = fileURLToPath(new URL("../../node_modules/typescript/lib/tsc.js", import.meta.url));

/** A step of a consumer. */
export interface Step {
  /** Its description. */
  readonly what: string;
  /** Runs it. @throws {Error} with the tool's output, if it fails */
  run(): Promise<void>;
}

/** All steps that test a package. None needs a network. */
export interface Consumers {
  readonly steps: readonly Step[];
  /** Removes all folders. */
  close(): void;
}

/**
 * Creates a folder for each consumer.
 *
 * @param npm the package
 */
export async function consumersOf(npm: NpmPackage): Promise<Consumers> {
  const folder = mkdtempSync(join(tmpdir(), "milterkit-consumers-"));
  const registry = await startRegistry(npm);
  const project = (name: string): string => {
    const path = join(folder, name);
    mkdirSync(path);
    writeFileSync(join(path, "package.json"), '{ "private": true, "type": "module" }\n');
    writeFileSync(join(path, "program.js"), program(npm));
    return path;
  };
  const [node, bun, deno] = [project("node"), project("bun"), project("deno")];
  rmSync(join(deno, "package.json"));
  writeFileSync(join(deno, "deno.json"), "{}\n");
  writeFileSync(join(node, "types.ts"), consumerFile("types.txt"));
  writeFileSync(join(node, "tsconfig.node.json"), tsconfig("nodenext", "nodenext"));
  writeFileSync(join(node, "tsconfig.bundler.json"), tsconfig("esnext", "bundler"));
  // Separate caches, so that no earlier package of the same version is used.
  const env = {
    npm_config_cache: join(folder, "npm"),
    BUN_INSTALL_CACHE_DIR: join(folder, "bun-cache"),
    DENO_DIR: join(folder, "deno-cache"),
    NPM_CONFIG_REGISTRY: registry.url,
  };
  const step = (what: string, cwd: string, ...command: Argv): Step => ({
    what,
    run: () => runTool(command, cwd, env),
  });
  const bunProgram = bunPath();
  const steps = [
    step("Node: npm install", node, "npm", "install", "--no-audit", "--no-fund", npm.archive),
    step("Node: a filter is served and tested, a signature checked", node, "node", "program.js"),
    step("Node: strict types, as Node resolves them", node, "node", TSC, "-p", "tsconfig.node.json"),
    step("Node: strict types, as bundlers resolve them", node, "node", TSC, "-p", "tsconfig.bundler.json"),
    step("Bun: bun add", bun, bunProgram, "add", npm.archive),
    step("Bun: a filter is served and tested, a signature checked", bun, bunProgram, "program.js"),
    step("Deno: deno add", deno, ...denoCommand(), "add", "npm:milterkit"),
    step(
      "Deno: a filter is served and tested, a signature checked",
      deno,
      ...denoCommand(),
      "run",
      "-A",
      "program.js",
    ),
  ];
  return {
    steps,
    close: () => {
      registry.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The examples of the package's README, and a session with the filter that they serve. */
function program(npm: NpmPackage): string {
  const readme = new TextDecoder().decode(npm.files.get("README.md"));
  const examples = [...readme.matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code);
  return [...examples, consumerFile("session.txt")].join("\n")
    .replace("inet:8825@localhost", "inet:0@127.0.0.1")
    .replace("await serve", "const server = await serve");
}

function consumerFile(name: string): string {
  return readFileSync(new URL(`consumer/${name}`, import.meta.url), "utf8");
}

/** The strictest TypeScript settings, applied to the package's own declarations, too, and without any runtime's types. */
function tsconfig(module: string, moduleResolution: string): string {
  const compilerOptions = {
    noEmit: true,
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    verbatimModuleSyntax: true,
    skipLibCheck: false,
    types: [],
    target: "es2022",
    // A made filter and a test session can be disposed with "await using".
    lib: ["es2022", "dom", "esnext.disposable"],
    module,
    moduleResolution,
  };
  return JSON.stringify({ compilerOptions, files: ["types.ts"] });
}

function runTool(command: Argv, cwd: string, env: Record<string, string>): Promise<void> {
  const [tool, ...args] = command;
  return new Promise((resolve, reject) => {
    const child = spawn(tool, args, {
      cwd,
      env: { ...process.env, NO_COLOR: "1", ...env },
      stdio: ["ignore", "pipe", "pipe"],
      timeout: STEP_LIMIT,
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text) => output += text);
    }
    child.on("error", (error) => reject(new Error(`Cannot run ${tool}: ${error.message}`)));
    child.on("close", (code, signal) => {
      if (code === 0) resolve();
      else reject(new Error(`${command.join(" ")} ended with ${code ?? signal}\n${output}`));
    });
  });
}
