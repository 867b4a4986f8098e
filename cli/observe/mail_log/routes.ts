/**
 * Serves the mail log as JSON.
 *
 * @module
 */

import type { HttpRoute } from "../http_route.ts";
import { badRequest, jsonAnswer, type PrivateAnswer, privateRoute } from "../private_route.ts";
import type { LogLine, MailEntry, RefusalGroup } from "./entry.ts";
import type { KeptSummary, MailLog, SearchResult } from "./mail_log.ts";
import { QueryError, readId, readLineQuery, readMailQuery } from "./query.ts";

/** The content of `/messages.json`. */
export interface MessagesAnswer extends SearchResult<MailEntry> {
  /** When it was made, in ISO 8601. */
  readonly time: string;
  /** What there is to search. */
  readonly kept: KeptSummary;
}

/** The content of `/refusals.json`. */
export interface RefusalsAnswer {
  readonly time: string;
  readonly kept: KeptSummary;
  /** The largest first. */
  readonly groups: readonly RefusalGroup[];
}

/** The content of `/message.json`. */
export interface MessageDetail {
  readonly time: string;
  readonly message: MailEntry;
  /** The lines of the log about it, oldest first. */
  readonly log: readonly LogLine[];
}

/** The content of `/log.json`. */
export interface LogAnswer extends SearchResult<LogLine> {
  readonly time: string;
}

/**
 * Returns the routes.
 *
 * @param log the mail log
 * @param collect called before each answer, to update the log
 */
export function mailLogRoutes(log: MailLog, collect: () => Promise<void>): readonly HttpRoute[] {
  const route = (path: string, about: string, answerTo: (query: URLSearchParams) => PrivateAnswer) =>
    privateRoute(path, about, collect, (query) => answerOr400(() => answerTo(query)));
  return [
    route("/messages.json", "the last messages, and a search among them, as JSON", (query) => {
      const answer: MessagesAnswer = { time: now(), kept: log.kept, ...log.search(readMailQuery(query)) };
      return jsonAnswer(answer);
    }),
    route("/message.json", "one message and its lines of the log, as JSON", (query) => {
      const id = readId(query);
      const message = log.message(id);
      if (!message) return { ...badRequest(NOT_KEPT), status: 404 };
      const answer: MessageDetail = { time: now(), message, log: log.linesOf(message) };
      return jsonAnswer(answer);
    }),
    route("/refusals.json", "equal refusals, counted, as JSON", (query) => {
      const answer: RefusalsAnswer = {
        time: now(),
        kept: log.kept,
        groups: log.groups(readMailQuery(query)),
      };
      return jsonAnswer(answer);
    }),
    route("/log.json", "the last lines of the log, as JSON", (query) => {
      const answer: LogAnswer = { time: now(), ...log.lines(readLineQuery(query)) };
      return jsonAnswer(answer);
    }),
  ];
}

/** The sentence for an id that nothing has. */
export const NOT_KEPT = "No message with this id is kept: it is too old, or from before the last start";

/** Answers with status 400 if a query cannot be answered. */
export function answerOr400(answer: () => PrivateAnswer): PrivateAnswer {
  try {
    return answer();
  } catch (error) {
    if (error instanceof QueryError) return badRequest(error.message);
    throw error;
  }
}

function now(): string {
  return new Date().toISOString();
}
