/**
 * The script of all pages, which fetches the page again and replaces the parts that changed, searches while somebody types,
 * and shows the figures of a chart's columns. The pages work without it too.
 *
 * @module
 */

/**
 * Runs in the browser. Never runs scripts in what it fetches, since a document made by DOMParser runs none. Parts are
 * compared with what was fetched before and not with what is shown, which the browser and this script may have changed.
 */
export const LIVE_SCRIPT = `"use strict";
const byId = (id) => document.getElementById(id);
const state = byId("live"), pause = byId("pause"), search = byId("search"), tip = byId("tip");
const fetched = new Map([...document.querySelectorAll(".part")].map((part) => [part.id, part.outerHTML]));
let paused = false, timer, typing, since, asking;
const say = (text, kind) => {
  if (state.textContent !== text) state.textContent = text;
  state.className = document.body.className = kind;
};
const selected = (part) => !getSelection().isCollapsed && part.contains(getSelection().anchorNode);
const stops = (part) => [...part.querySelectorAll("a, svg, summary")];
function replace(old, part) {
  const focus = stops(old).indexOf(document.activeElement);
  const open = [...old.querySelectorAll("details")].map((each) => each.open);
  old.replaceWith(part);
  part.querySelectorAll("details").forEach((each, i) => each.open = open[i] ?? each.open);
  reach(part);
  if (focus >= 0) stops(part)[focus]?.focus({ preventScroll: true });
}
async function refresh(asked) {
  clearTimeout(timer);
  if (!asked && (paused || document.hidden)) return;
  asking?.abort();
  const mine = asking = new AbortController();
  try {
    const signal = AbortSignal.any([mine.signal, AbortSignal.timeout(8000)]);
    const answer = await fetch(location.href, { cache: "no-store", signal });
    // A question that makes no sense is answered with a page that says so.
    if (!answer.ok && answer.status !== 400) throw new Error(answer.status);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const version = (of) => of.querySelector("style").textContent + of.querySelector("script").textContent;
    if (version(page) !== version(document)) return location.reload();
    for (const part of page.querySelectorAll(".part")) {
      const old = byId(part.id), html = part.outerHTML;
      if (fetched.get(part.id) === html || (selected(old) && !asked)) continue;
      fetched.set(part.id, html);
      replace(old, part);
    }
    document.title = page.title;
    // For those who do not see that the results changed.
    if (asked) byId("told").textContent = byId("results-title")?.textContent;
    since = new Date();
    if (paused) say("paused", "paused"); else say("live", "live");
  } catch {
    if (mine !== asking) return;
    say("no answer" + (since ? " since " + since.toISOString().slice(11, 19) + " UTC" : "") + ": figures are old", "stale");
  }
  clearTimeout(timer);
  timer = setTimeout(refresh, 3000);
}
function find(event) {
  event.preventDefault();
  clearTimeout(typing);
  typing = setTimeout(() => {
    const query = new URLSearchParams([...new FormData(search)].filter(([, value]) => value.trim() !== ""));
    history.replaceState(null, "", "?" + query);
    refresh(true);
  }, event.type === "submit" ? 0 : 250);
}
const hide = () => {
  tip.hidden = true;
  document.querySelector(".chosen")?.classList.remove("chosen");
};
function show(column) {
  hide();
  // The browser would show the title too, and later.
  const title = column.querySelector("title");
  if (title) {
    column.dataset.tip = title.textContent;
    title.remove();
  }
  column.classList.add("chosen");
  tip.textContent = column.dataset.tip;
  tip.hidden = false;
  const at = column.getBoundingClientRect(), { offsetWidth: width, offsetHeight: height } = tip;
  const left = Math.min(Math.max(4, at.left + at.width / 2 - width / 2), innerWidth - width - 4);
  tip.style.transform = "translate(" + left + "px," + (at.top > height + 8 ? at.top - height - 4 : at.bottom + 4) + "px)";
}
function reach(part) {
  for (const chart of part.querySelectorAll("svg.chart")) if (chart.querySelector(".column")) chart.tabIndex = 0;
}
function walk(event) {
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (event.key === "Escape") hide();
  if (!step || !event.target.matches?.("svg.chart")) return;
  const columns = [...event.target.querySelectorAll(".column")];
  const now = columns.findIndex((column) => column.matches(".chosen"));
  event.preventDefault();
  show(columns[now < 0 ? columns.length - 1 : Math.min(columns.length - 1, Math.max(0, now + step))]);
}
document.addEventListener("pointerover", ({ target }) => target.matches?.(".column") ? show(target) : hide());
document.addEventListener("keydown", walk);
document.addEventListener("focusout", hide);
document.addEventListener("scroll", hide, { passive: true });
reach(document);
if (search) for (const type of ["submit", "input", "change"]) search.addEventListener(type, find);
if (state) {
  pause.hidden = false;
  pause.onclick = () => {
    paused = !paused;
    pause.textContent = paused ? "Resume" : "Pause";
    if (paused) say("paused", "paused"); else refresh();
  };
  document.addEventListener("visibilitychange", () => refresh());
  since = new Date();
  say("live", "live");
  timer = setTimeout(refresh, 3000);
}
`;
