// Listens at the path or port of its argument, answers the first bytes of each connection, and closes it at once.
import { createServer } from "node:net";
import process from "node:process";

const [where = ""] = process.argv.slice(2);
const server = createServer((socket) => {
  socket.on("error", () => {});
  socket.once("data", () => {
    socket.write("too much");
    socket.destroy();
  });
});
server.listen(/^\d+$/.test(where) ? { port: Number(where), host: "127.0.0.1" } : { path: where }, () => {
  const bound = server.address();
  console.log(typeof bound === "string" ? `unix:${bound}` : `inet:${bound!.port}@127.0.0.1`);
});
process.stdin.resume().on("end", () => process.exit(0));
