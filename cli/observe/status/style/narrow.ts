/**
 * The style in narrow windows.
 *
 * @module
 */

/** A table's rows become blocks where its columns would not fit. */
export const NARROW = `
@media (max-width: 1000px) {
  #headline dl { grid-template-columns: repeat(3, 1fr); }
  .figure:nth-child(4) { border-left: 0; }
  .figure:nth-child(n + 4) { border-top: 1px solid var(--line); }
}
@media (max-width: 760px) {
  body { padding: 0 10px 20px; }
  #service { flex-basis: 60%; }
  .refresh { margin-left: auto; }
  nav a { padding: 5px 10px; }
  #headline dl { grid-template-columns: repeat(2, 1fr); }
  .figure { padding: 8px 12px 9px; }
  .heading, .nothing { padding-left: 12px; padding-right: 12px; }
  .listeners > li { padding: 7px 12px; }
  .plot, .axis { margin-left: 46px; margin-right: 12px; }
  .figure b { font-size: 20px; }
  .figure:nth-child(n) { border-left: 0; border-top: 0; }
  .figure:nth-child(even) { border-left: 1px solid var(--line); }
  .figure:nth-child(n + 3) { border-top: 1px solid var(--line); }
  .plot { height: 104px; }
  table, tbody { display: block; }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  tbody tr { display: grid; gap: 3px 12px; padding: 9px 12px 10px; border-top: 1px solid var(--line); }
  tbody tr > *, tbody tr > :first-child, tbody tr > :last-child { padding: 0; border: 0; }
  .kinds { grid-template-columns: repeat(2, minmax(0, 1fr)); padding: 2px 12px 12px; gap: 10px 16px; }
  .kind .quiet { display: block; }
  .kinds .name { min-height: 2.9em; }
  .kind.large .name, .since { padding-left: 12px; padding-right: 12px; }
  .filters tbody tr { grid-template-columns: minmax(0, 1fr) auto; align-items: baseline; }
  .filters tbody tr > th, .filters .drawn { grid-column: 1 / -1; }
  .filters .drawn::before { content: attr(data-name) " "; color: var(--quiet); }
  .filters td.number { text-align: left; white-space: normal; }
  .filters td.number::before { content: attr(data-name) " "; color: var(--quiet); font-weight: 400; }
  .filters .where { display: inline; font-size: inherit; }
  .results tbody tr { grid-template-columns: repeat(4, minmax(0, 1fr)); }
  .failures tbody tr { grid-template-columns: auto repeat(2, minmax(0, 1fr)); }
  .results tbody th, .failures tbody th, .failures .why { grid-column: 1 / -1; }
  .results td.number, .failures td.number { text-align: left; }
  .results td::before, .failures td[data-name]::before, .limits td::before {
    content: attr(data-name); display: block; color: var(--quiet); font-size: 12px;
  }
  .results td:has(> .none:only-child) { display: none; }
  .limits tbody tr { grid-template-columns: repeat(3, minmax(0, 1fr)); }
  .limits tbody th { grid-column: 1 / -1; }
  .limits td.number { text-align: left; }
  .refusals tbody tr, .messages tbody tr, .groups tbody tr, .log tbody tr { grid-template-columns: auto minmax(0, 1fr); }
  .refusals tbody tr > :nth-child(n + 3), .messages tbody tr > :nth-child(n + 3) { grid-column: 1 / -1; }
  .groups tbody tr > :nth-child(n + 3), .log tbody tr > :nth-child(n + 3) { grid-column: 1 / -1; }
  .refusals td:has(> .none:only-child), .messages td:has(> .none:only-child) { display: none; }
  .groups td:has(> .none:only-child) { display: none; }
  .groups .examples::before { content: attr(data-name) " "; color: var(--quiet); }
  .groups .examples a, .pages a { padding: 4px 10px; }
  .groups .count::after { content: " ×"; }
  .custom td.number { text-align: left; }
  .custom td.number::before { content: attr(data-name) " "; color: var(--quiet); font-weight: 400; }
  .facts > div { grid-template-columns: 86px minmax(0, 1fr); padding: 4px 12px; }
  .search { padding: 2px 12px 12px; }
  .fields { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  .first .wide { flex: 1 0 100%; }
  .search summary { padding: 6px 0; }
  .find { flex: 1 0 100%; order: 3; }
  input, select, .search input, .search select, button, .search button { height: auto; min-height: 34px; }
  .listeners { display: block; }
  .listeners > li { display: block; }
}
`;
