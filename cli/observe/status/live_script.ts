/**
 * The page's script, which fetches the page again and replaces the parts that changed. The page works without it too.
 *
 * @module
 */

/** Runs in the browser. Never runs scripts in what it fetches, since a document made by DOMParser runs none. */
export const LIVE_SCRIPT = `"use strict";
const state = document.getElementById("live"), pause = document.getElementById("pause");
let paused = false, timer, since;
const say = (text, kind) => {
  if (state.textContent !== text) state.textContent = text;
  state.className = document.body.className = kind;
};
const selected = (part) => !getSelection().isCollapsed && part.contains(getSelection().anchorNode);
async function refresh() {
  clearTimeout(timer);
  if (paused || document.hidden) return;
  try {
    const answer = await fetch(location.href, { cache: "no-store", signal: AbortSignal.timeout(8000) });
    if (!answer.ok) throw new Error(answer.status);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const version = (of) => of.querySelector("style").textContent + of.querySelector("script").textContent;
    if (version(page) !== version(document)) return location.reload();
    for (const part of page.querySelectorAll(".part")) {
      const old = document.getElementById(part.id);
      if (old.outerHTML !== part.outerHTML && !selected(old)) old.replaceWith(part);
    }
    document.title = page.title;
    since = new Date();
    if (!paused) say("live", "live");
  } catch {
    say("no answer" + (since ? " since " + since.toISOString().slice(11, 19) + " UTC" : "") + ": figures are old", "stale");
  }
  clearTimeout(timer);
  timer = setTimeout(refresh, 3000);
}
pause.hidden = false;
pause.onclick = () => {
  paused = !paused;
  pause.textContent = paused ? "Resume" : "Pause";
  if (paused) say("paused", "paused"); else refresh();
};
document.addEventListener("visibilitychange", refresh);
since = new Date();
say("live", "live");
timer = setTimeout(refresh, 3000);
`;
