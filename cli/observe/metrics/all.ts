/**
 * All metrics, in the order in which they are shown.
 *
 * @module
 */

import { AUTHENTICATION_METRICS } from "./authentication.ts";
import { DNS_METRICS } from "./dns.ts";
import { FILTER_METRICS } from "./filters.ts";
import { MAIL_METRICS } from "./mail.ts";
import type { Metric } from "./metric.ts";
import { PROCESS_METRICS } from "./processes.ts";
import { STATE_METRICS } from "./state.ts";

/** All metrics. */
export const METRICS: readonly Metric[] = [
  ...MAIL_METRICS,
  ...FILTER_METRICS,
  ...AUTHENTICATION_METRICS,
  ...DNS_METRICS,
  ...STATE_METRICS,
  ...PROCESS_METRICS,
];
