/** Logs one line to a syslog socket and ends at once, whether or not anybody has read the line. */
import { connect } from "node:net";
import process from "node:process";

const [path = "", line = ""] = process.argv.slice(2);
const socket = connect(path, () => socket.write(`<22>${line}\0`, () => process.exit()));
