// `npm run bench -- connections`: opens many connections to one door at once, asks for one page on each, and counts what came back.
// Run it beside `npm start`: --url is the front door, --connections how many. Beyond `LOCAL_LIMITS.doorConnections` the right
// answer is 503, and every connection that was refused must leave the others alone.

import { connect, type Socket } from "node:net";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: {
    url: { type: "string", default: "http://127.0.0.1:8787/" },
    connections: { type: "string", default: "10000" },
  },
});
const { hostname, port, pathname } = new URL(values.url);
const wanted = Math.min(60_000, Math.max(1, Number(values.connections) || 1));
/** Clients' places: all regions have their share of connections. */
const PLACES = ["DE", "US", "JP", "BR", "AU", "ZA", "AE", "PL", "MX"];
const ANSWER_MILLIS = 30_000;
/** So many are opened at a time: the system queues no more than some hundreds. */
const STEP = 128;

const counts = new Map<string, number>();
const count = (outcome: string): void => void counts.set(outcome, (counts.get(outcome) ?? 0) + 1);

/** One connection, which stays open after its answer. */
function visit(sockets: Socket[]): { readonly connected: Promise<void>; readonly answered: Promise<void> } {
  const socket = connect(Number(port), hostname);
  sockets.push(socket);
  const connected = new Promise<void>((resolve) => {
    socket.once("connect", resolve).once("close", () => resolve());
  });
  const answered = new Promise<void>((resolve) => {
    let outcome: string | undefined;
    const done = (said: string): void => {
      if (outcome !== undefined) return;
      outcome = said;
      clearTimeout(late);
      count(said);
      resolve();
    };
    const late = setTimeout(() => done("no answer in time"), ANSWER_MILLIS);
    socket.on("data", (data: Buffer) => done(data.toString("latin1").slice(9, 12)));
    socket.on("error", ({ message }) => done(message.split(" ").at(-1) ?? message));
    socket.on("close", () => done("closed unheard"));
  });
  return { connected, answered };
}

const sockets: Socket[] = [];
const answers: Promise<void>[] = [];
while (sockets.length < wanted) {
  const next = Array.from({ length: Math.min(STEP, wanted - sockets.length) }, () => visit(sockets));
  answers.push(...next.map(({ answered }) => answered));
  await Promise.all(next.map(({ connected }) => connected));
}
// Only now, so that no connection has ended for idleness after its answer before the last one is open.
for (const [index, socket] of sockets.entries()) {
  const from = PLACES[index % PLACES.length];
  socket.write(`GET ${pathname} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nMeridian-From: ${from}\r\n\r\n`);
}
await Promise.all(answers);
console.log(`${wanted} connections at once:`);
for (const [outcome, times] of [...counts].sort()) console.log(`  ${outcome}: ${times}`);
for (const socket of sockets) socket.destroy();
