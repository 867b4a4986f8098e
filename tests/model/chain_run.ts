/** A case played to a chain at hand. */
import { Chain } from "../../lib/chain/chain.ts";
import type { ChainConnection } from "../../lib/chain/chain_connection.ts";
import type { MessageEnd } from "../../lib/chain/connection_host.ts";
import type { VerdictKind } from "../../lib/protocol/verdict_scope.ts";
import { EnvelopeAddress } from "../../lib/message/envelope.ts";
import { HeaderField } from "../../lib/message/header.ts";
import type { HeaderAction } from "../../lib/message/header_model.ts";
import { latin1Bytes, latin1Text } from "../../lib/message/text.ts";
import type { Case, Field, Mailbox } from "./case.ts";
import { ScriptedFilter } from "./case_filter.ts";
import type { Answered, MilterSide } from "./milter_side.ts";
import type { Shown } from "./reference.ts";
import { play, type Played } from "./session.ts";
import type { WireAction } from "./wire_actions.ts";

/** What came of a case. */
export interface Run extends Played {
  /** What each filter was shown. */
  readonly shown: readonly Shown[];
  /** What must not be: errors, and what was left open. */
  readonly mishaps: readonly string[];
}

/** Plays a case to a chain. */
export async function runChain(theCase: Case): Promise<Run> {
  const filters = theCase.filters.map((filter, i) => new ScriptedFilter(filter, `filter ${i + 1}`));
  const chain = new Chain(filters.map(({ filter }) => filter), {
    mta: theCase.mta,
    spool: { memory: theCase.spoolMemory },
  });
  const mishaps: string[] = [];
  const connection = chain.connection({
    macro: () => undefined,
    onFilterError: (filter, event, error) => mishaps.push(`${filter} failed at ${event}: ${error}`),
  });
  const played = await play(theCase, new ChainSide(connection));
  await connection.close();
  const { pool } = chain;
  if (pool.memoryInUse > 0) mishaps.push(`${pool.memoryInUse} bytes are still kept`);
  if (pool.filesOpen > 0 && !await closes(() => pool.filesOpen === 0)) mishaps.push("a file is still open");
  mishaps.push(...filters.flatMap(({ strayCalls }) => strayCalls));
  return { ...played, shown: filters.map((filter) => filter.shown()), mishaps };
}

class ChainSide implements MilterSide {
  readonly answersAll = true;
  readonly #chain: ChainConnection;

  constructor(chain: ChainConnection) {
    this.#chain = chain;
  }

  connect(): Answered {
    return kindOf(
      this.#chain.connect({ family: "inet", address: "192.0.2.1", hostname: "client.example", port: 4711 }),
    );
  }

  helo(): Answered {
    return kindOf(this.#chain.helo("client.example"));
  }

  mail(sender: Mailbox): Answered {
    return kindOf(this.#chain.mail(envelopeAddress(sender)));
  }

  rcpt(recipient: Mailbox): Answered {
    return kindOf(this.#chain.rcpt(envelopeAddress(recipient)));
  }

  data(): Answered {
    return kindOf(this.#chain.data());
  }

  header({ name, raw }: Field): Answered {
    return kindOf(
      this.#chain.header(HeaderField.of(latin1Bytes(name), latin1Bytes(raw), true), name.length + raw.length),
    );
  }

  eoh(): Answered {
    return kindOf(this.#chain.eoh());
  }

  body(chunk: Uint8Array): Answered {
    return kindOf(this.#chain.body(chunk));
  }

  async eom(): Promise<{ kind: VerdictKind; actions: WireAction[] }> {
    const end = await this.#chain.eom();
    return { kind: end.verdict.kind, actions: await actionsOf(end) };
  }

  abort(): void | Promise<void> {
    return this.#chain.abort();
  }
}

function kindOf(verdict: { kind: VerdictKind } | Promise<{ kind: VerdictKind }>): Answered {
  return verdict instanceof Promise ? verdict.then(({ kind }) => kind) : verdict.kind;
}

function envelopeAddress({ address, args }: Mailbox): EnvelopeAddress {
  return EnvelopeAddress.of(latin1Bytes(`<${address}>`), args ? args.split(" ").map(latin1Bytes) : []);
}

/** What goes over the wire, in the server's order. */
async function actionsOf({ header, envelope, body, quarantine }: MessageEnd): Promise<WireAction[]> {
  const actions: WireAction[] = [...header.map(headerAction), ...envelope];
  if (quarantine !== undefined) actions.push({ type: "quarantine", reason: quarantine });
  if (!body) return actions;
  if (body.size === 0) actions.push({ type: "replaceBody", chunk: "" });
  const reader = body.read();
  for (let chunk = await reader.next(); chunk; chunk = await reader.next()) {
    actions.push({ type: "replaceBody", chunk: latin1Text(chunk) });
  }
  body.close();
  return actions;
}

function headerAction(action: HeaderAction): WireAction {
  const name = latin1Text(action.field.nameBytes);
  if (action.type === "deleteHeader") return { type: "changeHeader", index: action.index, name, raw: "" };
  const raw = latin1Text(action.field.rawValueBytes);
  // As the server does: nothing at all would mean to delete.
  if (action.type === "changeHeader") {
    return { type: action.type, index: action.index, name, raw: raw || " " };
  }
  return action.type === "addHeader"
    ? { type: action.type, name, raw }
    : { type: action.type, index: action.index, name, raw };
}

async function closes(closed: () => boolean): Promise<boolean> {
  const end = performance.now() + 5000;
  while (!closed()) {
    if (performance.now() > end) return false;
    await new Promise((resolve) => setTimeout(resolve));
  }
  return true;
}
