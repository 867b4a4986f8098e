/**
 * Types for what a filter may answer and change, derived from what it declares. They exist only for the compiler:
 * `answer.ts` and `end_of_message.ts` check the same at run time.
 *
 * @module
 */

import type { AnsweredEvent } from "../protocol/events.ts";
import type { AllowedVerdicts } from "../protocol/verdict_scope.ts";
import type { EndOfMessage } from "./end_of_message.ts";
import type { ContentEditor } from "./content_editor.ts";
import type { MessageContent } from "./message_content.ts";
import type { Change } from "./filter_terms.ts";
import type { Verdict } from "./verdict.ts";

/** What a callback returns: a verdict, nothing (continue), or a promise of either. */
export type Answer = Verdict | void | Promise<Verdict | void>;

/** Verdicts that need no declaration: they end nothing for other filters. */
type Free = "continue" | "accept" | "skip";

/**
 * What the callback of an event may return. `V` is the events that the filter lists in `verdicts`, or all events if it
 * has no such list. At other events it may only continue, `accept` or `skip`.
 */
export type AnswerAt<E extends AnsweredEvent, V = AnsweredEvent> = IsAny<V> extends true ? Answer
  : AnswerOf<Verdict<E extends V ? AllowedVerdicts[E] : Extract<AllowedVerdicts[E], Free>>>;

type AnswerOf<A> = A | void | Promise<A | void>;

/**
 * What `eom` receives: the header, the content if the filter declares `content: "mime"`, and the methods for the
 * changes that the filter lists in `changes`.
 */
export type EndOfMessageFor<Ch, Co = "none"> = IsAny<Ch> extends true ? EndOfMessage
  : Co extends "mime" ? Pick<EndOfMessage, "headers" | MethodsOf<Ch>> & { readonly content: ContentFor<Ch> }
  : Pick<EndOfMessage, "headers" | MethodsOf<Ch>>;

type MethodsOf<Ch> = Ch extends Change ? MethodsOfOne<Ch> : never;

/** `changeHeaderNumber` can also delete, which needs its own declaration. The methods for editing are on `content`. */
type MethodsOfOne<Ch extends Change> = Ch extends "changeHeader"
  ? "changeHeader" | "changeHeaderNumber" | "setText"
  : Ch extends "editContent" ? never
  : Ch;

type ContentFor<Ch> = "editContent" extends Ch ? ContentEditor : MessageContent;

type IsAny<T> = 0 extends 1 & T ? true : false;
