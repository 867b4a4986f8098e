/**
 * The style of the pages on mail.
 *
 * @module
 */

/** The search, one message, lines of the log. */
export const MAIL = `
.search { padding: 0 14px 12px; }
.first { display: flex; flex-wrap: wrap; gap: 8px 12px; align-items: end; }
.first .wide { flex: 1 0 320px; }
.fields { display: grid; grid-template-columns: repeat(6, minmax(0, 1fr)); gap: 8px 12px; padding-top: 6px; }
.search label span { display: block; color: var(--quiet); font-size: 12px; }
.search input, .search select, .search button { height: 30px; }
.search .wide input, .fields input { width: 100%; }
.search summary { margin-top: 6px; color: var(--link); cursor: pointer; width: max-content; }
.first p { white-space: nowrap; }
.first p a { margin-left: 8px; }
.pages { padding: 8px 14px 12px; border-top: 1px solid var(--line); }
.pages a { margin-right: 12px; }

.facts > div { display: grid; grid-template-columns: 110px minmax(0, 1fr); gap: 0 12px; padding: 4px 14px; border-top: 1px solid var(--line); }
.facts dt { color: var(--quiet); }
.facts .mark { white-space: normal; overflow-wrap: anywhere; }
.facts .line, .did .line { display: block; }

.way .took { white-space: nowrap; }
.way .quiet { font-weight: 400; }
.bar { display: block; width: 100%; height: 8px; margin-top: 3px; background: var(--faint); border-radius: 2px; }
.bar rect { fill: var(--accept); }
.bar .abort { fill: var(--abort); }

.log td { font-size: 12px; }
.log .time { white-space: nowrap; color: var(--quiet); }

.log tr:target td { background: var(--faint); }
@media (min-width: 761px) {
  .way tbody th { width: 20%; }
  .way .took { width: 30%; }
  .log .time { width: 9%; }
  .log .level { width: 8%; }
}
`;
