/** A case played to a chain that is served on a socket. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MtaClient } from "../../lib/mta/client.ts";
import type { ClientAnswer } from "../../lib/mta/client_answer.ts";
import type { VerdictKind } from "../../lib/protocol/verdict_scope.ts";
import { HeaderField } from "../../lib/message/header.ts";
import { latin1Bytes, latin1Text } from "../../lib/message/text.ts";
import type { Modification } from "../../lib/protocol/mta_session.ts";
import { serve } from "../../lib/server/server.ts";
import type { Case, Field, Mailbox } from "./case.ts";
import { ScriptedFilter } from "./case_filter.ts";
import type { Run } from "./chain_run.ts";
import type { MilterSide } from "./milter_side.ts";
import { play } from "./session.ts";
import { relay } from "./splitting_relay.ts";
import type { WireAction } from "./wire_actions.ts";

/** Plays a case to a served chain; what goes over the wire comes in pieces. */
export async function runServed(theCase: Case): Promise<Run> {
  const { seed, mta, spoolMemory } = theCase;
  const filters = theCase.filters.map((filter, i) => new ScriptedFilter(filter, `filter ${i + 1}`));
  const mishaps: string[] = [];
  const folder = mkdtempSync(join(tmpdir(), "milterkit-model-"));
  const milter = join(folder, "milter.sock");
  const between = join(folder, "relay.sock");
  const server = await serve({
    listen: `unix:${milter}`,
    filters: filters.map(({ filter }) => filter),
    mta,
    spool: { memory: spoolMemory },
    onEvent: (event) => {
      if ("error" in event && event.error) mishaps.push(`${event.type}: ${event.error}`);
    },
  });
  const pieces = await relay(between, milter, seed);
  try {
    const client = await MtaClient.open(`unix:${between}`);
    const played = await play(theCase, new ServedSide(client));
    client.quit();
    await server.stop();
    mishaps.push(...filters.flatMap(({ strayCalls }) => strayCalls));
    return { ...played, shown: filters.map((filter) => filter.shown()), mishaps };
  } finally {
    pieces.close();
    await server.abort();
    rmSync(folder, { recursive: true });
  }
}

class ServedSide implements MilterSide {
  readonly answersAll = false;
  readonly #client: MtaClient;

  constructor(client: MtaClient) {
    this.#client = client;
  }

  connect(): Promise<VerdictKind> {
    const client = { hostname: "client.example", family: "inet", port: 4711, address: "192.0.2.1" } as const;
    return kindOf(this.#client.connect(client));
  }

  helo(): Promise<VerdictKind> {
    return kindOf(this.#client.helo("client.example"));
  }

  mail({ address, args }: Mailbox): Promise<VerdictKind> {
    return kindOf(this.#client.mail(`<${address}>`, args?.split(" ")));
  }

  rcpt({ address, args }: Mailbox): Promise<VerdictKind> {
    return kindOf(this.#client.rcpt(`<${address}>`, args?.split(" ")));
  }

  data(): Promise<VerdictKind> {
    return kindOf(this.#client.data());
  }

  header({ name, raw }: Field): Promise<VerdictKind> {
    return kindOf(this.#client.header(HeaderField.of(latin1Bytes(name), latin1Bytes(raw), true)));
  }

  eoh(): Promise<VerdictKind> {
    return kindOf(this.#client.eoh());
  }

  body(chunk: Uint8Array): Promise<VerdictKind> {
    return kindOf(this.#client.body(chunk));
  }

  async eom(): Promise<{ kind: VerdictKind; actions: WireAction[] }> {
    const answer = await this.#client.eom();
    return { kind: kind(answer), actions: answer.modifications.map(actionOf) };
  }

  abort(): void {
    this.#client.abort();
  }
}

async function kindOf(answer: Promise<ClientAnswer>): Promise<VerdictKind> {
  return kind(await answer);
}

function kind({ verdict, hangUp }: ClientAnswer): VerdictKind {
  if (hangUp !== undefined) throw new Error(`the server answered ${hangUp}`);
  return verdict;
}

function actionOf(modification: Modification): WireAction {
  switch (modification.type) {
    case "addHeader":
      return { type: "addHeader", ...fieldOf(modification) };
    case "insertHeader":
    case "changeHeader":
      return { type: modification.type, index: modification.index, ...fieldOf(modification) };
    case "replaceBody":
      return { type: "replaceBody", chunk: latin1Text(modification.chunk) };
    default:
      return modification;
  }
}

function fieldOf({ name, value }: { name: Uint8Array; value: Uint8Array }): Field {
  return { name: latin1Text(name), raw: latin1Text(value) };
}
