/**
 * Debian's Chromium without a window, driven through the DevTools protocol
 * (https://chromedevtools.github.io/devtools-protocol/).
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { BrowserPage, type PageLook } from "./browser_page.ts";
import { DevTools } from "./dev_tools.ts";
import { type Daemon, findCommand, sleep, startDaemon, SYSTEM_PATH } from "./process.ts";

/** How long the browser may take to start, in milliseconds. */
const START_LIMIT = 60_000;

/** Why there is no browser here; undefined if there is one. */
export function browserProblem(): string | undefined {
  return findCommand("chromium") ? undefined : "needs chromium (Debian has it)";
}

/** A browser with a profile of its own, which nobody else sees. */
export class Browser {
  readonly #daemon: Daemon;
  readonly #folder: string;
  readonly #tools: DevTools;

  private constructor(daemon: Daemon, folder: string, tools: DevTools) {
    this.#daemon = daemon;
    this.#folder = folder;
    this.#tools = tools;
  }

  /** Starts it. */
  static async start(): Promise<Browser> {
    const folder = mkdtempSync(join(tmpdir(), "milterkit-browser-"));
    const log = join(folder, "log");
    const daemon = startDaemon(
      [
        findCommand("chromium")!,
        "--headless",
        // Its sandbox refuses root, and a container may have no room in /dev/shm.
        ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
        "--disable-dev-shm-usage",
        "--disable-gpu",
        "--hide-scrollbars",
        // It asks for nothing but the pages of the tests.
        ...[
          "--no-first-run",
          "--disable-background-networking",
          "--disable-component-update",
          "--disable-sync",
        ],
        "--no-proxy-server",
        `--user-data-dir=${join(folder, "profile")}`,
        "--remote-debugging-port=0",
        "about:blank",
      ],
      { PATH: SYSTEM_PATH, HOME: folder, LC_ALL: "C.UTF-8" },
      log,
    );
    try {
      return new Browser(daemon, folder, await DevTools.open(await debuggerUrl(daemon, folder)));
    } catch (error) {
      await daemon.stop();
      throw new Error(`chromium: ${(error as Error).message}\n${readFileSync(log, "utf8")}`);
    }
  }

  /** Opens an empty page in a window of its own. */
  async open(look: PageLook): Promise<BrowserPage> {
    return await BrowserPage.open(this.#tools, look);
  }

  /** Ends it and forgets its profile. */
  async stop(): Promise<void> {
    this.#tools.close();
    await this.#daemon.stop();
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** The address that it writes to its profile once it listens. */
async function debuggerUrl(daemon: Daemon, folder: string): Promise<string> {
  const file = join(folder, "profile", "DevToolsActivePort");
  const end = Date.now() + START_LIMIT;
  while (Date.now() < end && daemon.running()) {
    const [port, path] = existsSync(file) ? readFileSync(file, "utf8").split("\n") : [];
    if (port && path) return `ws://127.0.0.1:${port}${path}`;
    await sleep(20);
  }
  throw new Error(daemon.running() ? `not ready after ${START_LIMIT} ms` : await daemon.ended);
}
