/**
 * The style of tables.
 *
 * @module
 */

/** Tables of figures, refusals and messages. */
export const TABLES = `
table { width: 100%; border-collapse: collapse; }
thead th { padding: 3px 10px; color: var(--quiet); font-weight: 400; text-align: left; white-space: nowrap; }
tbody th, td { padding: 6px 10px; border-top: 1px solid var(--line); text-align: left; vertical-align: top; }
tr > :first-child { padding-left: 14px; }
tr > :last-child { padding-right: 14px; }
th.number, td.number { text-align: right; white-space: nowrap; }
tbody th { font-weight: 600; }
.mark.error { border-color: var(--reject-text); color: var(--reject-text); }
.mark.warning { border-color: var(--tempfail-text); color: var(--tempfail-text); }
.mark {
  display: inline-block; padding: 0 6px; border: 1px solid var(--line); border-radius: 8px;
  color: var(--quiet); font-size: 11px; font-weight: 400; white-space: nowrap;
}

.filters .drawn b { font-weight: 600; }
.filters .chart { width: 100%; height: 38px; margin-top: 3px; border-bottom: 1px solid var(--line); }
.filters .where { display: block; white-space: normal; font-weight: 400; font-size: 12px; }
.verdict { display: inline-block; margin-right: 4px; }
.verdict b { font-weight: 600; }
.verdict.reject { color: var(--reject-text); }
.verdict.tempfail { color: var(--tempfail-text); }
.verdict.discard { color: var(--discard-text); }
.verdict.accept { color: var(--accept-text); }
.verdict.change { color: var(--quiet); }

.limits tbody th { overflow-wrap: anywhere; }
.limits .time { white-space: nowrap; color: var(--quiet); }

.groups .time { white-space: nowrap; color: var(--quiet); }
.groups .examples a { display: inline-block; padding: 0 5px; }

.messages td, .refusals td { overflow: hidden; }
.messages .time, .refusals .time { white-space: nowrap; color: var(--quiet); }

.refusals .outcome { white-space: nowrap; }

.found .reply { display: block; }
.to { color: var(--quiet); }
.to bdi { color: var(--text); }
@media (min-width: 761px) {
  .groups .by .quiet { display: block; }
  .messages .time .quiet, .messages .outcome .quiet, .messages .client .quiet, .found > .quiet { display: block; }
  .refusals .client .quiet, .refusals .by .quiet { display: block; }
  .messages .to, .refusals .to { display: block; }
  .filters tbody th { width: 15%; }
  .filters .number { width: 10%; }
  .filters .drawn { width: 25%; }
  .results tbody th { width: 18%; }
  .failures tbody th { width: 26%; }
  .failures .checked { width: 14%; }
  .failures .number { width: 8%; }
  .limits tbody th { width: 34%; }
  .groups .count { width: 6%; }
  .groups .outcome { width: 15%; }
  .groups .by { width: 14%; }
  .groups .time { width: 17%; }
  .messages .time { width: 9%; }
  .messages .outcome { width: 15%; }
  .messages .who, .refusals .who { width: 30%; }
  .messages .client, .refusals .client { width: 15%; }
  .refusals .by { width: 14%; }
  .refusals .reply { width: 30%; }
}
`;
