/**
 * Makes pictures of the status page in made-up states, with Debian's Chromium: all of them, to look at, into a folder, or
 * those whose names contain a text; or those of the documentation.
 *
 *     deno run -A scripts/status_pictures.ts FOLDER [TEXT]
 *     deno run -A scripts/status_pictures.ts --docs
 *
 * @module
 */

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { Browser } from "../tests/support/browser.ts";
import { servePages } from "../tests/status/serve_pages.ts";
import { type StateName, STATES } from "../tests/status/states.ts";

const WIDTHS = [1280, 400];
/** The height of a picture, and of all of a page, in CSS pixels. */
const HEIGHT = 1500;
const MOST_HEIGHT = 4500;
const SCHEMES = ["light", "dark"] as const;

/** The pages of a state, by the names of their pictures. */
const PAGES: readonly (readonly [name: string, path: string])[] = [
  ["overview", ""],
  ["messages", "messages"],
  ["message", "message?id="],
  ["log", "log"],
];

const browser = await Browser.start();
try {
  if (process.argv[2] === "--docs") await docs(fileURLToPath(new URL("../docs/images", import.meta.url)));
  else await all(process.argv[2] ?? "/tmp/status-pictures", process.argv[3] ?? "");
} finally {
  await browser.stop();
}

async function docs(folder: string): Promise<void> {
  const { url, stop } = await servePages(STATES.busy());
  const take = async (
    name: string,
    path: string,
    width: number,
    scheme: "light" | "dark",
    height: number,
  ) => {
    const page = await browser.open({ width, scheme });
    await page.goTo(url + path);
    await page.picture(join(folder, `${name}.png`), height);
    await page.close();
  };
  try {
    const message = STATES.busy().log.search({ texts: {}, outcomes: new Set(["reject"]), limit: 1 }).found[0];
    await take("status-wide-light", "", 1280, "light", 1000);
    await take("status-narrow-dark", "", 400, "dark", 1180);
    await take("status-messages", "messages?q=garden.example", 1280, "light", 620);
    await take("status-message", `message?id=${message?.id}`, 1280, "dark", 800);
  } finally {
    await stop();
  }
}

async function all(folder: string, wanted: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  for (const [state, make] of Object.entries(STATES) as [StateName, typeof STATES.busy][]) {
    const source = make();
    const { url, stop } = await servePages(source);
    try {
      const id = source.log.search({ texts: {}, limit: 1 }).found[0]?.id ?? "none-1";
      for (const [name, path] of PAGES) {
        for (const width of WIDTHS) {
          for (const scheme of SCHEMES) {
            const picture = `${state}-${name}-${width}-${scheme}.png`;
            if (!picture.includes(wanted)) continue;
            const page = await browser.open({ width, scheme });
            await page.goTo(url + (path.endsWith("=") ? path + id : path));
            // A long page has several, since pictures are looked at in one piece.
            const { height } = await page.size();
            for (let top = 0; top < height && top < MOST_HEIGHT; top += HEIGHT) {
              const name = top === 0 ? picture : picture.replace(".png", `-${top / HEIGHT + 1}.png`);
              await page.picture(join(folder, name), Math.min(HEIGHT, height - top), top);
            }
            for (const problem of page.problems) console.error(`${state} ${name}: ${problem}`);
            await page.close();
          }
        }
      }
    } finally {
      await stop();
    }
  }
}
