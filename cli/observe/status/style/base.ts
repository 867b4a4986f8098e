/**
 * The style of headings, navigation, forms' fields and parts.
 *
 * @module
 */

/** What all pages have in common. */
export const BASE = `
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 0 20px 24px; max-width: 1280px;
  background: var(--ground); color: var(--text);
  font: 13px/1.45 system-ui, -apple-system, "Segoe UI", "Liberation Sans", sans-serif;
  font-variant-numeric: tabular-nums;
}
h1, h2, p, dl, dd, ul, ol { margin: 0; padding: 0; }
ul, ol { list-style: none; }
h1 { font-size: 16px; }
h2 { font-size: 13px; }
a { color: var(--link); text-decoration-color: var(--underline); text-underline-offset: 2px; }
a:hover { text-decoration-color: currentcolor; }
code { font: 12px/1.5 ui-monospace, "SF Mono", "Liberation Mono", monospace; overflow-wrap: anywhere; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; border-radius: 2px; }
.quiet, .none, .heading p, footer { color: var(--quiet); }

header { display: flex; flex-wrap: wrap; align-items: baseline; gap: 4px 12px; padding: 14px 0 12px; }
#service { color: var(--quiet); flex: 1 1 auto; }
nav { display: flex; border: 1px solid var(--line); border-radius: 5px; background: var(--raised); }
nav a { padding: 3px 10px; text-decoration: none; color: var(--quiet); }
nav a + a { border-left: 1px solid var(--line); }
nav a[aria-current] { color: var(--text); font-weight: 600; background: var(--faint); }
nav a:hover { color: var(--text); }
input, select, button {
  padding: 3px 8px; border: 1px solid var(--edge); border-radius: 5px;
  background: var(--raised); color: var(--text); font: inherit;
}
input::placeholder { color: var(--quiet); opacity: 1; }
.find { flex: 0 1 220px; }
.find input { width: 100%; }
.refresh { color: var(--quiet); }
#live::before {
  content: ""; display: inline-block; width: 7px; height: 7px; margin-right: 6px; border-radius: 50%;
  background: var(--abort); vertical-align: 1px;
}
#live:empty { display: none; }
#live.live::before { background: var(--good); }
#live.stale { color: var(--reject-text); font-weight: 600; }
#live.stale::before { background: var(--reject); }
button { padding: 3px 10px; cursor: pointer; }
button:hover { background: var(--faint); }
.refresh button { margin-left: 6px; border-color: var(--line); color: inherit; }
body.stale main { opacity: 0.7; }

.part { overflow-wrap: anywhere; }
main > section { overflow-wrap: anywhere; margin-bottom: 12px; border: 1px solid var(--line); border-radius: 6px; background: var(--raised); }
main > section[hidden] { display: none; }
.heading { display: flex; flex-wrap: wrap; align-items: baseline; gap: 2px 12px; padding: 9px 14px 7px; }
.nothing { padding: 4px 14px 14px; color: var(--quiet); }

main > #trouble { padding: 9px 14px; border-color: var(--reject); border-left-width: 4px; }
#trouble li + li { margin-top: 3px; }

#headline dl { display: grid; grid-template-columns: repeat(6, 1fr); }
.figure { padding: 10px 14px 11px; }
.figure + .figure { border-left: 1px solid var(--line); }
.figure dt { color: var(--quiet); }
.figure b { display: block; font-size: 23px; line-height: 1.25; font-weight: 600; letter-spacing: -0.01em; }
.figure span { color: var(--quiet); }
.figure.bad b, td.bad { color: var(--reject-text); }
td.bad { font-weight: 600; }

.listeners { display: grid; grid-template-columns: minmax(200px, auto) minmax(0, 1fr); column-gap: 20px; }
.listeners > li {
  display: grid; grid-template-columns: subgrid; grid-column: 1 / -1;
  padding: 7px 14px; border-top: 1px solid var(--line);
}
.listeners code { display: block; }
.listeners ol { display: flex; flex-wrap: wrap; }
.listeners ol li:not(:last-child)::after { content: "→"; padding: 0 8px; color: var(--quiet); }
footer { padding: 2px 0; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }

@media (prefers-reduced-motion: no-preference) {
  #live.live::before { animation: beat 3s ease-in-out infinite; }
  @keyframes beat { 50% { opacity: 0.45; } }
}
@media print { nav, form, .refresh { display: none; } }
`;
