/**
 * Milterkit: mail filters for Postfix and Sendmail.
 *
 * A filter is a plain object with callbacks. `serve` listens on an address that an MTA connects to, and runs a list of
 * filters on every message.
 *
 * @example
 * ```ts
 * import { defineFilter, serve } from "./mod.ts";
 *
 * const stamp = defineFilter({
 *   name: "stamp",
 *   changes: ["addHeader"],
 *   verdicts: [],
 *   eom(message, context) {
 *     message.addHeader("X-Recipients", String(context.recipients.length));
 *   },
 * });
 *
 * const server = await serve({ listen: "inet:0@127.0.0.1", filters: [stamp] });
 * await server.stop();
 * ```
 *
 * @module
 */

export type { Answer, AnswerAt, EndOfMessageFor } from "./lib/filter/allowed.ts";
export { defineFilter, type FilterDefinition } from "./lib/filter/definition.ts";
export type { Filter, OnError } from "./lib/filter/filter.ts";
export {
  type Counter,
  DnsLookupError,
  type FilterDns,
  type FilterKit,
  type Histogram,
  type LimitUse,
} from "./lib/filter/filter_kit.ts";
export type { LogFields, Logger, LogLevel } from "./lib/filter/logger.ts";
export type { GivenOptions, OptionDeclaration, OptionsOf } from "./lib/filter/option_declarations.ts";
export { FilterDisposedError, FilterStartError } from "./lib/kit/filter_errors.ts";
export type { FilterLogLine, KitParts } from "./lib/kit/kit.ts";
export { type MadeFilter, make } from "./lib/kit/make.ts";
export { FilterMetrics, type MetricFamily, type MetricSeries } from "./lib/kit/metrics.ts";
export { MemoryStore, type MemoryStoreOptions } from "./lib/store/memory_store.ts";
export {
  type LifeFrom,
  type Rate,
  type Store,
  StoreError,
  StoreUnavailableError,
  type Taken,
} from "./lib/store/store.ts";
export { dryRun } from "./lib/filter/dry_run.ts";
export type { Change, ContentKind, FilterTerms, VerdictEvent } from "./lib/filter/filter_terms.ts";
export {
  accept,
  discard,
  InvalidVerdictError,
  proceed,
  reject,
  skip,
  tempfail,
  type Verdict,
} from "./lib/filter/verdict.ts";
export type { Client, ConnectionContext, MessageContext } from "./lib/filter/context.ts";
export {
  type Beside,
  EndOfMessage,
  HeaderNotReadError,
  InvalidChangeError,
} from "./lib/filter/end_of_message.ts";
export type { ContentEditor } from "./lib/filter/content_editor.ts";
export { ContentError } from "./lib/filter/content_error.ts";
export type { MessageContent } from "./lib/filter/message_content.ts";
export type {
  ConnectionReport,
  FilterNote,
  FilterTime,
  MessageReport,
  TlsReport,
} from "./lib/filter/report.ts";
export { FilterTimeoutError } from "./lib/chain/failure.ts";
export { compileExpression, Expression, type ExpressionMatch } from "./lib/expressions/expression.ts";
export { ExpressionError, type ExpressionProblem } from "./lib/expressions/expression_error.ts";
export { InvalidSettingError } from "./lib/options/settings.ts";
export { InvalidFilterError } from "./lib/filter/validate.ts";
export { Chain } from "./lib/chain/chain.ts";
export type { ChainOptions, ChainTimeouts } from "./lib/chain/chain_options.ts";
export type { Clock } from "./lib/time/clock.ts";
export {
  type Conditions,
  type ResultCondition,
  type Scope,
  type ScopedConnection,
  type ScopedMessage,
  scopeOf,
} from "./lib/filter/scope.ts";
export {
  type AddressPattern,
  type DomainPattern,
  type Network,
  OptionError,
  type OptionKind,
  type OptionSpec,
  type OptionTypes,
  OptionValues,
} from "./lib/options/options.ts";
export type { MxRecord, Resolver } from "./lib/dns/resolver.ts";
export { type AddressRole, parseAddressPattern } from "./lib/options/address_pattern.ts";
export { ListError, type ListPlace } from "./lib/options/lists/list_error.ts";
export type { ListUse } from "./lib/options/lists/list_content.ts";
export {
  type ListDefinition,
  type ListEntries,
  type ListInFile,
  type ListParts,
  Lists,
} from "./lib/options/lists/lists.ts";
export { parseNetwork } from "./lib/options/network.ts";
export { PatternError } from "./lib/options/pattern_error.ts";
export type { AuthProperty, AuthResult } from "./lib/auth/authentication_results.ts";
export type { MessageResults } from "./lib/filter/results.ts";
export { foldHeader, shortenHeader } from "./lib/message/fold.ts";
export { HeaderField } from "./lib/message/header.ts";
export type { HeaderAddress } from "./lib/mime/addresses.ts";
export type { Headers } from "./lib/message/header_list.ts";
export { EnvelopeAddress } from "./lib/message/envelope.ts";
export type { MtaKind } from "./lib/message/mta.ts";
export { SpoolError, type SpoolOptions } from "./lib/message/spool.ts";
export { type Address, AddressError, formatAddress, parseAddress } from "./lib/net/address.ts";
export type { UnixSocketOptions } from "./lib/net/unix_socket.ts";
export type { EventName, MacroStageName } from "./lib/protocol/constants.ts";
export type { MacroRequest } from "./lib/protocol/macros.ts";
export type { Offer } from "./lib/protocol/negotiate.ts";
export { InvalidReplyError, type SmtpReply } from "./lib/protocol/reply.ts";
export type { HangUp, VerdictKind } from "./lib/protocol/verdict_scope.ts";
export { ProtocolError, type ProtocolErrorCode } from "./lib/protocol/errors.ts";
export { serve, type Server } from "./lib/server/server.ts";
export type { ServeOptions, ServerTimeouts } from "./lib/server/server_options.ts";
export type { ServerEvent } from "./lib/server/server_events.ts";
export { type Dial, MilterConnectionError, MtaClient, type MtaClientOptions } from "./lib/mta/client.ts";
export type { ClientAnswer } from "./lib/mta/client_answer.ts";
export type { ClientFamily } from "./lib/protocol/families.ts";
export type { Envelope, MessageAnswer, Step } from "./lib/mta/send_message.ts";
export type { Accept, Connection, ConnectionHandler } from "./lib/net/transport.ts";
export type { ConnectInfo, FilterAnswer, Modification, NegotiatedTerms } from "./lib/protocol/mta_session.ts";
export type { MacroList } from "./lib/protocol/codec.ts";
export { formatMessage, type ParsedMessage, parseMessage } from "./lib/message/parse.ts";
