/**
 * What the filters of this process share while they are served, and what becomes of what they say.
 *
 * @module
 */

import { runningFilter } from "../../lib/chain/running_filter.ts";
import { FilterMetrics } from "../../lib/kit/metrics.ts";
import type { Store } from "../../lib/store/store.ts";
import type { FilterParts } from "../config/filter_arguments.ts";
import { FilterFiles } from "../user_filter/filter_files.ts";
import { captureConsole } from "./console_capture.ts";
import type { SharedState } from "./state/shared_state.ts";
import type { ServiceLog } from "./service_log.ts";

/** Gives filters their metrics and log, and logs what they write with `console`. There is one in a process that serves. */
export class FilterHost {
  /** What the filters count. */
  readonly metrics: FilterMetrics = new FilterMetrics();
  /** What the filters are made with. */
  readonly parts: FilterParts;

  /**
   * @param log where their lines go
   * @param state where they keep what outlives a message
   */
  constructor(log: ServiceLog, state: SharedState) {
    const files = new FilterFiles();
    const store = (filter: string, name: string): Store => state.store(filter, name);
    this.parts = { metrics: this.metrics, files, store, onLog: (line) => log.filterLine(line) };
    this.metrics.limits.spelling = (key) => log.shownKey(key);
    captureConsole((line) => log.consoleLine(line, files.nameIn(line.callers) ?? runningFilter()));
  }
}
