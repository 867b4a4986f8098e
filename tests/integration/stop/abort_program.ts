// A program of its own filter, which tells of every abort and close and is aborted by SIGINT.
import process from "node:process";
import { defineFilter, serve } from "../../../mod.ts";

const say = (text: string) => process.stderr.write(`${text}\n`);

const witness = defineFilter({
  name: "witness",
  messageState: () => ({ sender: "" }),
  mail({ address }, { messageState }) {
    messageState.sender = address;
  },
  rcpt() {},
  async eom(_message, { messageState }) {
    say(`eom begins ${messageState.sender}`);
    await new Promise((resolve) => setTimeout(resolve, 300));
    say(`eom ends ${messageState.sender}`);
  },
  abort({ messageState }) {
    say(`abort ${messageState.sender}`);
  },
  close({ client }) {
    say(`close ${client?.hostname}`);
  },
});

const server = await serve({ listen: "inet:0@127.0.0.1", filters: [witness] });
say(`listening on ${server.addresses[0]}`);
process.on("SIGINT", () => server.abort().then(() => process.exit(130)));
