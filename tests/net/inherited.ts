// Serves on descriptor 3 until its standard input ends.
import process from "node:process";
import { serve } from "../../lib/server/server.ts";

const server = await serve({ listen: "fd:3", filters: [{ name: "1" }] });
console.log(server.addresses.join(" "));
process.stdin.on("end", async () => {
  await server.stop();
  process.exit(0);
});
process.stdin.resume();
