// A stub resolver with servers that behave as a test says.
import { StubResolver, type StubResolverOptions } from "../../lib/dns/stub.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { type Behaviour, response, TestServer, txt } from "./support.ts";

export const NAME = "sel._domainkey.example.org";

export const good: Behaviour = ({ id, question, name }) =>
  response({ id, question, answers: [txt(name, 300, "v=DKIM1; ", "p=\xe9")] });

export const failing = (rcode: number): Behaviour => ({ id, question }) => response({ id, question, rcode });

export const silent: Behaviour = () => undefined;

/** How long a server has for an answer, in milliseconds of the test's clock. */
export const ATTEMPT = 2000;

/** Says nothing for longer than anybody waits. */
export const outwaiting = (clock: ManualClock): Behaviour => () => void clock.advance(ATTEMPT);

export async function withServers(
  behaviours: readonly Behaviour[],
  { clock = new ManualClock(), ...options }: StubResolverOptions,
  run: (resolver: StubResolver, ...servers: TestServer[]) => Promise<void>,
): Promise<void> {
  const servers = await Promise.all(behaviours.map((behaviour) => TestServer.start(behaviour)));
  const resolver = new StubResolver({
    servers: servers.map((server) => server.address),
    attemptTimeout: ATTEMPT,
    deadline: 5 * ATTEMPT,
    clock,
    ...options,
  });
  try {
    await run(resolver, ...servers);
  } finally {
    resolver.close();
    await Promise.all(servers.map((server) => server.stop()));
  }
}
