/** A page in a browser: what a user does with it, what it shows, and what went wrong in it. */
import { writeFileSync } from "node:fs";
import type { DevTools, Values } from "./dev_tools.ts";
import { sleep } from "./process.ts";

/** How long something may take to appear, in milliseconds. */
const WAIT_LIMIT = 40_000;

/** How a page is shown. */
export interface PageLook {
  /** The width of the window, in CSS pixels. */
  readonly width: number;
  /** The height of the window, in CSS pixels. */
  readonly height?: number;
  readonly scheme: "light" | "dark";
  /** Whether its scripts run. */
  readonly scripts?: boolean;
}

/** A page. */
export class BrowserPage {
  /** Errors that the browser told of: exceptions, `console.error`, refused content, failed requests. */
  readonly problems: string[] = [];
  readonly #requests: { readonly url: string; readonly document: unknown }[] = [];
  /** What marks the document that it shows. */
  #document: unknown;
  readonly #tools: DevTools;
  readonly #session: string;
  readonly #target: string;
  #loaded: (() => void) | undefined;

  private constructor(tools: DevTools, session: string, target: string) {
    this.#tools = tools;
    this.#session = session;
    this.#target = target;
    tools.listen(session, (method, values) => this.#told(method, values));
  }

  /** The addresses of all that it asked for. */
  get requests(): readonly string[] {
    return this.#requests.map(({ url }) => url);
  }

  /** The addresses of what the document that it shows asked for, its own among them, but nothing of documents before. */
  get documentRequests(): readonly string[] {
    return this.#requests.filter((each) => each.document === this.#document).map(({ url }) => url);
  }

  /** Opens an empty page. */
  static async open(
    tools: DevTools,
    { width, height = 900, scheme, scripts = true }: PageLook,
  ): Promise<BrowserPage> {
    const { targetId } = await tools.send("Target.createTarget", { url: "about:blank", newWindow: true });
    const { sessionId } = await tools.send("Target.attachToTarget", { targetId, flatten: true });
    const page = new BrowserPage(tools, String(sessionId), String(targetId));
    for (const domain of ["Page", "Runtime", "Log", "Network"]) await page.#send(`${domain}.enable`);
    await page.#send("Emulation.setDeviceMetricsOverride", {
      width,
      height,
      deviceScaleFactor: 1,
      mobile: false,
    });
    await page.#send("Emulation.setEmulatedMedia", {
      features: [{ name: "prefers-color-scheme", value: scheme }, {
        name: "prefers-reduced-motion",
        value: "reduce",
      }],
    });
    if (!scripts) await page.#send("Emulation.setScriptExecutionDisabled", { value: true });
    return page;
  }

  /** Goes to an address and waits until the page is loaded. */
  async goTo(url: string): Promise<void> {
    await this.#afterLoad(async () => {
      const { errorText } = await this.#send("Page.navigate", { url });
      if (errorText !== undefined) throw new Error(`${url}: ${errorText}`);
    });
  }

  /** Does something that leads to another page, and waits until that is loaded. */
  async leave(act: () => Promise<void>): Promise<void> {
    await this.#afterLoad(act);
  }

  /** The value of an expression in the page; it may be a promise, and must be plain data. */
  async value<T>(expression: string): Promise<T> {
    const { result, exceptionDetails } = await this.#send("Runtime.evaluate", {
      expression,
      awaitPromise: true,
      returnByValue: true,
    });
    if (exceptionDetails) throw new Error(`${expression}: ${describe(exceptionDetails)}`);
    return (result as { value: T }).value;
  }

  /** The text of the first element that a selector finds, with single spaces. */
  async text(selector: string): Promise<string> {
    return await this.value(
      `document.querySelector(${JSON.stringify(selector)})?.innerText.replace(/\\s+/g, " ").trim() ?? ""`,
    );
  }

  /** The texts of all elements that a selector finds. */
  async texts(selector: string): Promise<string[]> {
    return await this.value(
      `[...document.querySelectorAll(${JSON.stringify(selector)})].map((e) => ` +
        `e.innerText.replace(/\\s+/g, " ").trim())`,
    );
  }

  /** Waits until an expression is true in the page. */
  async until(expression: string): Promise<void> {
    const end = Date.now() + WAIT_LIMIT;
    while (!await this.value<unknown>(`!!(${expression})`)) {
      if (Date.now() > end) {
        throw new Error(`not true in ${WAIT_LIMIT} ms: ${expression}; ${await this.text("body")}`);
      }
      await sleep(30);
    }
  }

  /** Moves the pointer to the middle of an element. */
  async pointAt(selector: string): Promise<{ x: number; y: number }> {
    const place = await this.value<{ x: number; y: number } | null>(
      `(() => { const e = document.querySelector(${JSON.stringify(selector)}); if (!e) return null;` +
        `e.scrollIntoView({ block: "center" }); const r = e.getBoundingClientRect();` +
        `return { x: r.x + r.width / 2, y: r.y + r.height / 2 }; })()`,
    );
    if (!place) throw new Error(`there is no ${selector}`);
    await this.#send("Input.dispatchMouseEvent", { type: "mouseMoved", ...place });
    return place;
  }

  /** Clicks on an element. */
  async click(selector: string): Promise<void> {
    const place = await this.pointAt(selector);
    for (const type of ["mousePressed", "mouseReleased"]) {
      await this.#send("Input.dispatchMouseEvent", { type, ...place, button: "left", clickCount: 1 });
    }
  }

  /** Writes text into the focused field. */
  async write(text: string): Promise<void> {
    await this.#send("Input.insertText", { text });
  }

  /** Presses a key, such as `Tab`. */
  async press(key: string): Promise<void> {
    const codes: Readonly<Record<string, number>> = {
      Tab: 9,
      Enter: 13,
      Escape: 27,
      ArrowLeft: 37,
      ArrowRight: 39,
    };
    const text = key === "Enter" ? "\r" : undefined;
    const values = { key, code: key, windowsVirtualKeyCode: codes[key] ?? 0 };
    await this.#send("Input.dispatchKeyEvent", { type: "keyDown", ...values, ...(text ? { text } : {}) });
    await this.#send("Input.dispatchKeyEvent", { type: "keyUp", ...values });
  }

  /**
   * Writes a picture of the page as PNG.
   *
   * @param height how much of it to show, in CSS pixels; all of it if left out
   * @param top where to begin
   */
  async picture(path: string, height?: number, top = 0): Promise<void> {
    const size = await this.size();
    const { data } = await this.#send("Page.captureScreenshot", {
      captureBeyondViewport: true,
      clip: { x: 0, y: top, width: size.width, height: height ?? size.height - top, scale: 1 },
    });
    writeFileSync(path, Uint8Array.from(atob(String(data)), (c) => c.charCodeAt(0)));
  }

  /** The size of the window's width and of all its content's height, in CSS pixels. */
  async size(): Promise<{ readonly width: number; readonly height: number }> {
    return await this.value("({ width: innerWidth, height: document.documentElement.scrollHeight })");
  }

  /** Closes it. */
  async close(): Promise<void> {
    await this.#tools.send("Target.closeTarget", { targetId: this.#target });
  }

  async #afterLoad(act: () => Promise<void>): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const timer = setTimeout(() => reject(new Error(`no page in ${WAIT_LIMIT} ms`)), WAIT_LIMIT);
    this.#loaded = resolve;
    try {
      await act();
      await promise;
    } finally {
      clearTimeout(timer);
      this.#loaded = undefined;
    }
  }

  #told(method: string, values: Values): void {
    if (method === "Page.loadEventFired") this.#loaded?.();
    if (method === "Network.requestWillBeSent") {
      this.#requests.push({ url: (values.request as { url: string }).url, document: values.loaderId });
    }
    if (method === "Page.frameNavigated") {
      const { loaderId, parentId } = values.frame as Values;
      if (parentId === undefined) this.#document = loaderId;
    }
    if (method === "Runtime.exceptionThrown") {
      this.problems.push(describe(values.exceptionDetails as Values));
    }
    if (
      method === "Runtime.consoleAPICalled" && ["error", "warning", "assert"].includes(String(values.type))
    ) {
      this.problems.push(`console.${values.type}: ${JSON.stringify(values.args)}`);
    }
    if (method === "Log.entryAdded") {
      const { level, text, url } = values.entry as { level: string; text: string; url?: string };
      if (level === "error" || level === "warning") this.problems.push(`${level}: ${text} (${url})`);
    }
  }

  #send(method: string, params: Values = {}): Promise<Values> {
    return this.#tools.send(method, params, this.#session);
  }
}

function describe(details: unknown): string {
  const { text, exception } = details as { text: string; exception?: { description?: string } };
  return `${text} ${exception?.description ?? ""}`.trim();
}
