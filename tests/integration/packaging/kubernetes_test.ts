// The manifests fit together, and with the executable. Whether a cluster takes them is not known by this.
// Runs once: only programs are driven here, which are the same whatever runtime drives them.
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { parseAllDocuments } from "yaml";
import { parseStateAddress } from "../../../lib/store/state_address.ts";
import { runMilterkit } from "../../support/milterkit.ts";
import { captured } from "../../support/present.ts";

// deno-lint-ignore no-explicit-any -- whatever is in the files
type Manifest = any;

const folder = new URL("../../../packaging/kubernetes/", import.meta.url);

/** The manifests of a folder, by kind. */
function manifestsIn(folder: URL): Map<string, Manifest> {
  const found = new Map<string, Manifest>();
  for (const name of readdirSync(folder).filter((name) => name.endsWith(".yaml"))) {
    for (const document of parseAllDocuments(readFileSync(new URL(name, folder), "utf8"))) {
      assert.deepEqual([...document.errors, ...document.warnings], [], name);
      const manifest = document.toJS();
      assert.ok(!found.has(manifest.kind), name);
      found.set(manifest.kind, manifest);
    }
  }
  return found;
}

const manifests = manifestsIn(folder);

const configFile: string = manifests.get("ConfigMap").data["milterkit.toml"];
const pod = manifests.get("Deployment").spec.template;
const [container] = pod.spec.containers;

/** The text of a key at the top of the configuration. */
function setting(key: string): string {
  const value = new RegExp(`^${key} = "(.*)"$`, "m").exec(configFile)?.[1];
  assert.ok(value, `there is no ${key} in the configuration`);
  return value;
}

/** The number of a port of the container, by its name. */
function portNumber(name: string): number {
  return container.ports.find((port: Manifest) => port.name === name)?.containerPort;
}

test("there are all kinds, and they choose the pods of the Deployment", () => {
  assert.deepEqual([...manifests.keys()].sort(), [
    "ConfigMap",
    "Deployment",
    "PodDisruptionBudget",
    "Service",
  ]);
  const { labels } = pod.metadata;
  assert.deepEqual(manifests.get("Deployment").spec.selector.matchLabels, labels);
  assert.deepEqual(manifests.get("PodDisruptionBudget").spec.selector.matchLabels, labels);
  assert.deepEqual(manifests.get("Service").spec.selector, labels);
  assert.deepEqual(pod.spec.topologySpreadConstraints[0].labelSelector.matchLabels, labels);
});

test("the ports are those of the configuration", () => {
  const [{ port, targetPort }] = manifests.get("Service").spec.ports;
  assert.equal(setting("listen"), `inet:${portNumber(targetPort)}@0.0.0.0`);
  assert.equal(port, portNumber(targetPort));
  for (const probe of [container.readinessProbe, container.livenessProbe]) {
    assert.equal(setting("metrics"), `0.0.0.0:${portNumber(probe.httpGet.port)}`);
  }
});

test("what the configuration names is mounted, and only the spool can be written to", () => {
  const mounts = new Map<string, Manifest>(
    container.volumeMounts.map((mount: Manifest) => [mount.mountPath, mount]),
  );
  const volumes = new Map<string, Manifest>(
    pod.spec.volumes.map((volume: Manifest) => [volume.name, volume]),
  );
  const config = mounts.get("/etc/milterkit");
  assert.equal(config.readOnly, true);
  assert.equal(volumes.get(config.name).configMap.name, manifests.get("ConfigMap").metadata.name);
  assert.deepEqual(container.args, ["serve", "--config", "/etc/milterkit/milterkit.toml"]);
  assert.ok(volumes.get(mounts.get(setting("spool-folder")).name).emptyDir);
  assert.equal(container.securityContext.readOnlyRootFilesystem, true);
});

test("a pod has the time that it needs to stop", () => {
  const seconds = (text: string) => Number(captured(text, /^(\d+)s$/));
  const longestMessage = 240;
  const needed = container.lifecycle.preStop.sleep.seconds + seconds(setting("stop-timeout")) +
    longestMessage;
  assert.ok(pod.spec.terminationGracePeriodSeconds > needed);
});

test("the Valkey server is the one that the configuration can name", () => {
  const valkey = manifestsIn(new URL("valkey/", folder));
  assert.deepEqual([...valkey.keys()].sort(), ["Service", "StatefulSet"]);
  const { metadata, spec } = valkey.get("Service");
  const set = valkey.get("StatefulSet").spec;
  assert.deepEqual(set.selector.matchLabels, set.template.metadata.labels);
  assert.deepEqual(spec.selector, set.template.metadata.labels);
  assert.equal(set.serviceName, metadata.name);

  const state = captured(configFile, /^# state = "(.*)"$/m);
  const address = parseStateAddress(state);
  assert.ok(address.kind === "valkey" && address.endpoint.kind === "tcp");
  assert.deepEqual([address.endpoint.host, address.endpoint.port], [metadata.name, spec.ports[0].port]);
  const [server] = set.template.spec.containers;
  assert.deepEqual(server.ports, [{ name: spec.ports[0].targetPort, containerPort: address.endpoint.port }]);

  const mount = container.volumeMounts.find(({ name }: Manifest) => name === "valkey");
  const { secret } = pod.spec.volumes.find(({ name }: Manifest) => name === "valkey");
  const [own] = set.template.spec.volumes;
  assert.equal(own.secret.secretName, secret.secretName);
  assert.equal(address.passwordFile, `${mount.mountPath}/${own.secret.items[0].path}`);
  assert.equal(captured(configFile, /^# state-secret = "(.*)"$/m), `${mount.mountPath}/state-secret`);
});

test("the configuration is right", { timeout: 120_000 }, async () => {
  const own = mkdtempSync(join(tmpdir(), "milterkit-kubernetes-"));
  try {
    const file = join(own, "milterkit.toml");
    // The pod has this folder.
    const inFolder = configFile.replaceAll("/var/spool/milterkit", own);
    writeFileSync(join(own, "state-secret"), "0123456789abcdef");
    const withState = inFolder.replace(/^# (?=state = )/m, "").replace(
      /^# (state-secret = ).*/m,
      `$1"${own}/state-secret"`,
    );
    for (const text of [inFolder, withState]) {
      writeFileSync(file, text);
      const { code, stdout, stderr } = await runMilterkit(["config", "check", file]);
      assert.equal(code, 0, stdout + stderr);
    }
  } finally {
    rmSync(own, { recursive: true });
  }
});
