// Where inherited sockets listen, told to a worker, which does not have them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { inheritedVariables, takeInherited } from "../../cli/config/inherited_places.ts";
import { isSameEndpoint } from "../../cli/config/same_endpoint.ts";
import { parseAddress } from "../../lib/net/address.ts";

test("a worker knows where the sockets of its parent listen, and what it starts does not", async () => {
  const environment: Record<string, string | undefined> = {
    PATH: "/bin",
    ...inheritedVariables({
      passed: { kind: "ours", sockets: [{ fd: 3, name: "milter" }, { fd: 4, name: "other" }] },
      places: { 3: [{ ip: "0000:0000:0000:0000:0000:0000:0000:0001", port: 8891 }], 4: [{ path: "/run/x" }] },
    }),
  };
  const leads = (target: string, listen: string) =>
    isSameEndpoint(parseAddress(target), parseAddress(listen));
  assert.equal(await leads("inet6:8891@::1", "fd:milter"), false);
  takeInherited(environment);
  assert.deepEqual(environment, { PATH: "/bin" });
  assert.equal(await leads("inet6:8891@::1", "fd:milter"), true);
  assert.equal(await leads("inet6:8891@::1", "fd:3"), true);
  assert.equal(await leads("inet6:8891@::1", "fd:other"), false);
  assert.equal(await leads("unix:/run/x", "fd:other"), true);
  assert.equal(await leads("unix:/run/x", "fd:5"), false);
});
