/** The filter side of a milter connection, be it a chain at hand or one behind a socket, as a model MTA drives it. */
import type { VerdictKind } from "../../lib/protocol/verdict_scope.ts";
import type { Field, Mailbox } from "./case.ts";
import type { WireAction } from "./wire_actions.ts";

/** An answer, at once or later. */
export type Answered = VerdictKind | Promise<VerdictKind>;

/** One connection. */
export interface MilterSide {
  /** Whether every event is answered, and not only those that were agreed on. */
  readonly answersAll: boolean;
  connect(): Answered;
  helo(): Answered;
  mail(sender: Mailbox): Answered;
  rcpt(recipient: Mailbox): Answered;
  data(): Answered;
  header(field: Field): Answered;
  eoh(): Answered;
  body(chunk: Uint8Array): Answered;
  eom(): Promise<{ readonly kind: VerdictKind; readonly actions: readonly WireAction[] }>;
  abort(): void | Promise<void>;
}
