/** Instances of the executable, each of which marks what it filtered, behind HAProxy behind a private Postfix. */
import { type Haproxy, startHaproxy } from "../../support/haproxy.ts";
import { type Ending, Milterkit } from "../../support/milterkit.ts";
import { freePort } from "../../support/ports.ts";
import { type Postfix, startPostfix } from "../../support/postfix.ts";

interface Instance {
  readonly port: number;
  readonly healthPort: number | undefined;
  milterkit: Milterkit;
}

/** Settings for {@link Cluster.start}. */
export interface ClusterOptions {
  /** Whether HAProxy asks the instances whether they are ready, rather than only connecting to them. */
  health: boolean;
}

/** Everything that a message goes through. */
export class Cluster {
  readonly mta: Postfix;
  readonly haproxy: Haproxy;
  readonly #instances: Map<string, Instance>;

  private constructor(mta: Postfix, haproxy: Haproxy, instances: Map<string, Instance>) {
    this.mta = mta;
    this.haproxy = haproxy;
    this.#instances = instances;
  }

  /** Starts an instance for each name, which it writes into X-Filtered-By of every message. */
  static async start(names: string[], options: ClusterOptions): Promise<Cluster> {
    const instances = new Map<string, Instance>();
    let haproxy: Haproxy | undefined;
    try {
      for (const name of names) {
        const port = await freePort();
        const healthPort = options.health ? await freePort() : undefined;
        instances.set(name, { port, healthPort, milterkit: await serve(name, port, healthPort) });
      }
      haproxy = await startHaproxy([...instances.values()]);
      const mta = await startPostfix({
        milters: [`inet:${haproxy.port}@127.0.0.1`],
        defaultAction: "tempfail",
      });
      return new Cluster(mta, haproxy, instances);
    } catch (error) {
      await haproxy?.stop();
      for (const { milterkit } of instances.values()) await milterkit.stop();
      throw error;
    }
  }

  /** As if the machine had crashed. */
  async kill(name: string): Promise<void> {
    const { milterkit } = this.#instance(name);
    milterkit.signal("SIGKILL");
    await milterkit.ended;
  }

  /** As an administrator stops it; settled when it has ended. */
  stop(name: string): Promise<Ending> {
    const { milterkit } = this.#instance(name);
    milterkit.signal("SIGTERM");
    return milterkit.ended;
  }

  /** Starts an instance that has ended where it was before, with another mark. */
  async restart(name: string, mark: string): Promise<void> {
    const instance = this.#instance(name);
    instance.milterkit = await serve(mark, instance.port, instance.healthPort);
  }

  /** Ends everything. */
  async end(): Promise<void> {
    await this.mta.stop();
    await this.haproxy.stop();
    for (const { milterkit } of this.#instances.values()) await milterkit.stop();
  }

  #instance(name: string): Instance {
    return this.#instances.get(name)!;
  }
}

function serve(mark: string, port: number, healthPort: number | undefined): Promise<Milterkit> {
  return Milterkit.start([
    ...["serve", "--listen", `inet:${port}@127.0.0.1`],
    ...(healthPort === undefined ? [] : ["--metrics", `127.0.0.1:${healthPort}`]),
    ...["--filter", "header-rewrite", "--add", `X-Filtered-By: ${mark}`],
  ]);
}
