/** Looks at all pages in all states in a browser, by one scheme of colours. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { servePages } from "../../status/serve_pages.ts";
import { type StateName, STATES } from "../../status/states.ts";
import { Browser, browserProblem } from "../../support/browser.ts";
import type { BrowserPage } from "../../support/browser_page.ts";
import { skipFor } from "../../support/instance.ts";

/** The widths of windows: of a desk and of a telephone. */
const WIDTHS = [1280, 400];

/** The least contrast of text to what it stands on (WCAG 2.2, 1.4.3). */
const LEAST_CONTRAST = 4.5;

/**
 * Finds text that is hard to read: the text, and its contrast to the colour behind it. Charts do not count as such; what may stand
 * on them is in tests/status/style_test.ts.
 */
const FAINT_TEXT = `(() => {
  const parts = (colour) => {
    const [r, g, b, a = 1] = colour.match(/[\\d.]+/g).map(Number);
    return { r, g, b, a };
  };
  const over = (top, below) => {
    const mix = (name) => top[name] * top.a + below[name] * (1 - top.a);
    return { r: mix("r"), g: mix("g"), b: mix("b"), a: 1 };
  };
  const light = ({ r, g, b }) => {
    const [x, y, z] = [r, g, b].map((v) => v / 255).map((v) => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const ground = (element) => {
    if (!element) return parts(getComputedStyle(document.body).backgroundColor);
    const own = parts(getComputedStyle(element).backgroundColor);
    return own.a === 1 ? own : over(own, ground(element.parentElement));
  };
  const faint = new Map();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement, text = walker.currentNode.data.trim();
    if (text === "" || element.closest("svg, script, style, option") || !element.checkVisibility()) continue;
    const behind = ground(element), front = over(parts(getComputedStyle(element).color), behind);
    const [a, b] = [light(behind), light(front)];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < ${LEAST_CONTRAST}) faint.set(text.slice(0, 30), contrast.toFixed(2));
  }
  return [...faint].map((each) => each.join(": "));
})()`;

/** Finds elements whose content is cut off at the side, and links that are hard to hit. */
const CUT_OFF = `[...document.querySelectorAll("body *")].filter((each) =>
  getComputedStyle(each).overflowX !== "visible" && each.scrollWidth > each.clientWidth + 1 &&
  !each.matches("input, select, thead, thead *, .unseen, svg, svg *")
).map((each) => each.outerHTML.slice(0, 120))`;

/** The colour behind everything. */
const GROUND = "getComputedStyle(document.body).backgroundColor";

/** Pages of a state, with the status of their answers. */
function pagesOf(state: StateName): readonly (readonly [path: string, status: number])[] {
  const id = STATES[state]().log.search({ texts: {}, limit: 1 }).found[0]?.id;
  return [
    ["", 200],
    ["?minutes=5", 200],
    ["messages", 200],
    ["messages?from=example&since=1d", 200],
    ["messages?since=never", 400],
    id === undefined ? ["message?id=none-1", 404] : [`message?id=${id}`, 200],
    ["log", 200],
  ];
}

/** Tests the look by one scheme. */
export function testLook(scheme: "light" | "dark"): void {
  const problem = browserProblem();
  describe(`the pages in ${scheme} colours`, { skip: skipFor(problem) }, () => {
    let browser: Browser;
    before(async () => {
      browser = await Browser.start();
    });
    after(async () => {
      await browser.stop();
    });

    for (const state of Object.keys(STATES) as StateName[]) {
      for (const width of WIDTHS) {
        it(`look right in the state ${state}, ${width} wide`, async () => {
          const { url, stop } = await servePages(STATES[state]());
          try {
            const page = await browser.open({ width, scheme });
            for (const [path, status] of pagesOf(state)) await lookAt(page, url, path, status, scheme);
            await page.close();
          } finally {
            await stop();
          }
        });
      }
    }
  });
}

async function lookAt(
  page: BrowserPage,
  url: string,
  path: string,
  status: number,
  scheme: "light" | "dark",
): Promise<void> {
  page.problems.length = 0;
  await page.goTo(url + path);
  const wrong = status === 200 ? [] : [
    `error: Failed to load resource: the server responded with a status of ${status} (${
      status === 400 ? "Bad Request" : "Not Found"
    }) (${url}${path})`,
  ];
  assert.deepEqual(page.problems, wrong, path);
  // The page before this one may refresh itself until the very end.
  assert.deepEqual(page.documentRequests.filter((each) => !each.startsWith("data:")), [url + path]);
  const { width } = await page.size();
  assert.ok(await page.value<number>("document.documentElement.scrollWidth") <= width, `${path} is too wide`);
  assert.deepEqual(await page.value<string[]>(CUT_OFF), [], path);
  assert.deepEqual(await page.value<string[]>(FAINT_TEXT), [], path);
  const [red = 0] = (await page.value<string>(GROUND)).match(/\d+/g)!.map(Number);
  assert.equal(red > 128 ? "light" : "dark", scheme);
}
