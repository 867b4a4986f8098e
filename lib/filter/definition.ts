/**
 * Defines filters: what they declare, and how they are made.
 *
 * @module
 */

import type { Filter, FilterCallbacks, FilterSettings, FilterStates } from "./filter.ts";
import type { FilterKit } from "./filter_kit.ts";
import type { Change, ContentKind, FilterTerms, VerdictEvent } from "./filter_terms.ts";
import type { OptionDeclarations, OptionsOf } from "./option_declarations.ts";

/** What help and lists show about a filter. */
export interface FilterHelp {
  /** What it does: one sentence, without a full stop. @default the name of its file */
  readonly summary?: string;
  /** Details, in paragraphs: semantics, order, important defaults. */
  readonly description?: string;
  /** Command lines to copy, each with what it does. */
  readonly examples?: readonly (readonly [what: string, command: string])[];
  /**
   * Whether it needs the message as it was sent, and so must come before filters that change the message.
   * @default false
   */
  readonly wantsOriginal?: boolean;
  /**
   * Whether it needs the message as it will leave, as a signer does: `milterkit serve` refuses a filter after it that may
   * change header or body.
   * @default false
   */
  readonly wantsFinal?: boolean;
}

/** What a filter declares in addition to its callbacks. */
export interface FilterDeclaration<C, M, V extends VerdictEvent, Ch extends Change, Co extends ContentKind>
  extends
    Omit<FilterTerms, "verdicts" | "changes" | "content">,
    FilterSettings,
    FilterStates<C, M>,
    FilterHelp {
  /** Shown in logs; on the command line, a built-in filter's name after `--filter`. */
  readonly name: string;
  /**
   * What it may change at the end of a message: `eom` has the methods for these changes only.
   * @default [] nothing
   */
  readonly changes?: readonly Ch[];
  /**
   * The events at which it may reject, tempfail or discard; at other events, such a verdict does not compile. See
   * `FilterTerms`.
   * @default every event that it has a callback for
   */
  readonly verdicts?: readonly V[];
  /** What its `eom` reads of the message; see `FilterTerms`. @default "none" */
  readonly content?: Co;
}

/** A filter without options or resources: its callbacks are properties of the definition. */
export interface PlainCallbacks<C, M, V extends VerdictEvent, Ch extends Change, Co extends ContentKind>
  extends FilterCallbacks<C, M, V, Ch, Co> {
  /** Only a filter with `create` has options. */
  readonly options?: undefined;
  /** Absent. */
  readonly create?: undefined;
}

/** A filter with options or resources: `create` returns its callbacks. */
export interface CreatedCallbacks<
  O extends OptionDeclarations,
  C,
  M,
  V extends VerdictEvent,
  Ch extends Change,
  Co extends ContentKind,
> {
  /** Its options, by name. They become flags, configuration keys, help and documentation. */
  readonly options?: O;
  /**
   * Makes the callbacks, once in each process that serves. It may connect, read files and wait; an error that it throws
   * is reported before any mail arrives.
   *
   * @param options the values of the options
   * @param kit what the service provides: timers, metrics, DNS, a store, a log
   * @throws {OptionError} if options conflict, or a file that they name cannot be read
   */
  create(
    options: OptionsOf<O>,
    kit: FilterKit,
  ): CreatedFilter<C, M, V, Ch, Co> | Promise<CreatedFilter<C, M, V, Ch, Co>>;
}

/** What `create` returns: callbacks, and settings that depend on the options. */
export interface CreatedFilter<
  C,
  M,
  // deno-lint-ignore no-explicit-any -- whatever the filter declares
  V extends VerdictEvent = any,
  // deno-lint-ignore no-explicit-any -- as above
  Ch extends Change = any,
  Co extends ContentKind = ContentKind,
> extends
  FilterCallbacks<C, M, V, Ch, Co>,
  FilterStates<C, M>,
  FilterSettings,
  Omit<FilterTerms, "verdicts" | "changes" | "content"> {
  /** Its name in logs if it has no label, for filters of which there are usually several. @default the definition's */
  readonly name?: string;
  /** The declared changes that it makes with these options. @default those */
  readonly changes?: readonly Ch[];
  /** The declared events at which it gives verdicts with these options. @default those */
  readonly verdicts?: readonly V[];
  /**
   * `none` if its `eom` does not read the declared content with these options, so that it need not be kept. @default
   * that
   */
  readonly content?: "none";
  /**
   * Releases what `create` opened. Called once, when the last connection of this filter has ended: on stop, on reload
   * and at the end of a test. It may take at most 5 seconds. The kit's timers have stopped by then.
   */
  dispose?(): void | Promise<void>;
}

/** A filter as `defineFilter` takes it. */
export type FilterSource<
  O extends OptionDeclarations,
  C,
  M,
  V extends VerdictEvent,
  Ch extends Change,
  Co extends ContentKind,
> =
  & FilterDeclaration<C, M, V, Ch, Co>
  & (PlainCallbacks<C, M, V, Ch, Co> | CreatedCallbacks<O, C, M, V, Ch, Co>);

/**
 * A filter as `defineFilter` returns it. With `create`, it must be made before it can run: `serve`, `deliver` and the
 * executable do that themselves if it needs no options; `make` does it with options.
 */
// deno-lint-ignore no-explicit-any -- each filter has its own state types, which nobody else sees
export interface FilterDefinition<O extends OptionDeclarations = OptionDeclarations, C = any, M = any>
  extends Filter<C, M>, FilterHelp {
  /** Its options, by name. */
  readonly options?: O | undefined;
  /** Makes its callbacks. */
  // deno-lint-ignore no-explicit-any -- as above
  create?(options: any, kit: FilterKit): AnyCreated | Promise<AnyCreated>;
}

// deno-lint-ignore no-explicit-any -- as above
type AnyCreated = CreatedFilter<any, any>;

/**
 * Defines a filter, with exact types: contexts hold the states that it declares, `create` gets the options that it declares,
 * `eom` can make the changes and read the content that it declares, and a verdict that an event does not allow is a compile error.
 *
 * @param filter the filter
 * @returns the same filter
 *
 * @example A filter without options
 * ```ts
 * import assert from "node:assert/strict";
 * import { defineFilter } from "./definition.ts";
 *
 * const counter = defineFilter({
 *   name: "counter",
 *   changes: ["addHeader"],
 *   verdicts: [],
 *   messageState: () => ({ bytes: 0 }),
 *   body(chunk, context) {
 *     context.messageState.bytes += chunk.length;
 *   },
 *   eom(message, context) {
 *     message.addHeader("X-Body-Bytes", String(context.messageState.bytes));
 *   },
 * });
 * assert.equal(counter.name, "counter");
 * ```
 *
 * @example A filter with options and a timer
 * ```ts
 * import { defineFilter, tempfail } from "../../mod.ts";
 *
 * export default defineFilter({
 *   name: "slow-down",
 *   summary: "Limits how many messages a client sends an hour",
 *   options: { most: { kind: "integer", min: 1, default: "100", description: "Most messages an hour" } },
 *   verdicts: ["mail"],
 *   create({ most }, kit) {
 *     const counts = new Map<string, number>();
 *     kit.every("1h", () => counts.clear());
 *     return {
 *       mail(_sender, { client }) {
 *         const count = (counts.get(client?.address ?? "") ?? 0) + 1;
 *         counts.set(client?.address ?? "", count);
 *         if (count > most) return tempfail(451, "4.7.1", "Too many messages, try again later");
 *       },
 *     };
 *   },
 * });
 * ```
 */
export function defineFilter<
  const O extends OptionDeclarations = Record<never, never>,
  C = undefined,
  M = undefined,
  const V extends VerdictEvent = VerdictEvent,
  const Ch extends Change = never,
  const Co extends ContentKind = "none",
>(filter: FilterSource<O, C, M, V, Ch, Co>): FilterDefinition<O, C, M> {
  return filter as FilterDefinition<O, C, M>;
}
