// Runs the example origin by itself: `node origin/example/main.node.ts [--port 8799]`. The local launcher starts it this way
// and is notified over the process channel when it listens; it exits on request, and when its parent is gone.

import { parseArgs } from "node:util";
import { createExampleOrigin } from "./server.node.ts";

const { values } = parseArgs({ options: { port: { type: "string", default: "8799" } } });
const server = createExampleOrigin();
server.on("error", (error) => {
  console.error(`the example origin cannot listen on port ${values.port}: ${error.message}`);
  process.exit(1);
});
server.listen(Number(values.port), "127.0.0.1", () => {
  console.log(`example origin on http://127.0.0.1:${values.port}`);
  process.send?.("listening");
});
const end = (): void => process.exit(0);
process.on("SIGINT", end).on("SIGTERM", end);
// Started by a launcher, the channel to it closes with its process, however that ended.
process.on("disconnect", end);
