// POST /v1/prefetch: warms URLs in regions and streams progress, one JSON object per line. There is no stored job: the response
// is all of it. After a disconnect the work continues for some seconds. A client that was cut off repeats the request for the
// rest, and warm URLs then cost the origin nothing.

import { withoutAlias } from "../../config/spelling/host-aliases.ts";
import { readPrefetchBody } from "../prefetch/body.ts";
import { type Prefetch, type PrefetchPorts, prefetch } from "../prefetch/prefetch.ts";
import { mayPurge, type TokenRecord } from "./access/access.ts";
import { readBody } from "./body.worker.ts";
import { API_LIMITS } from "./limits.ts";
import type { ControlPorts } from "./ports.worker.ts";
import { type ApiProblem, problem } from "./problems.ts";
import { type Call, type Mount, mount, problemResponse } from "./route.worker.ts";
import { ROUTES } from "./routes.ts";

/** Mounts /v1/prefetch. */
export function mountPrefetch(on: Mount): void {
  mount(on, ROUTES.prefetch, (call) => answer(on.ports, call));
}

async function answer(ports: ControlPorts, { context, token }: Call<unknown>): Promise<Response> {
  const text = await readBody(context.req.raw);
  if (text.kind === "problem") return problemResponse(text.problem);
  const body = readPrefetchBody(text.text, ports.config, ports.localMode ? "local" : "production");
  if (body.kind === "problem") return problemResponse(body.problem);
  const outside = urlsOutside(token, body.prefetch);
  if (outside !== undefined) return problemResponse(outside);

  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  const encoder = new TextEncoder();
  const tell: PrefetchPorts["tell"] = (line) =>
    writer.write(encoder.encode(`${JSON.stringify(line)}\n`)).then(
      () => "heard" as const,
      // The client disconnected. The work continues within its limit.
      () => "unheard" as const,
    );
  const work = prefetch(body.prefetch, {
    warm: (query) => ports.warm(query),
    textOf,
    mayAsk: (url) => mayAsk(token, url),
    siteOf: (url) => withoutAlias(ports.config.aliases, url),
    now: () => ports.now(),
    tell,
    concurrency: concurrencyFor(ports),
  })
    .catch((fault: unknown) => ports.log("a prefetch failed", fault))
    .then(() => writer.close())
    .catch(() => undefined);
  context.executionCtx.waitUntil(work);
  return new Response(readable, { headers: { "content-type": "application/jsonl" } });
}

/** As many concurrent visits as the strictest origin allows requests, with room left for clients. */
const concurrencyFor = ({ config }: ControlPorts): number =>
  Math.min(API_LIMITS.prefetchConcurrency, ...Object.values(config.origins).map(({ maxConcurrent }) => maxConcurrent));

const mayAsk = (token: TokenRecord, url: string): boolean => mayPurge(token, { kind: "url", url });

function urlsOutside(token: TokenRecord, { urls, sitemap }: Prefetch): ApiProblem | undefined {
  const detail = `the token is limited to ${token.hosts?.join(", ")}`;
  const errors = urls.flatMap((url, index) => (mayAsk(token, url) ? [] : [{ pointer: `/urls/${index}`, detail }]));
  if (sitemap !== undefined && !mayAsk(token, sitemap)) errors.push({ pointer: "/sitemap", detail });
  if (errors.length === 0) return undefined;
  return problem("host-not-allowed", `the token ${token.name} may warm only URLs of its own hosts`, errors);
}

/** Sitemaps are UTF-8, often compressed with gzip (recognized by its first two bytes, RFC 1952). */
async function textOf(content: Uint8Array, most: number): Promise<string | undefined> {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });
  try {
    if (content[0] !== 0x1f || content[1] !== 0x8b) return decoder.decode(content);
    const reader = new Blob([content as Uint8Array<ArrayBuffer>])
      .stream()
      .pipeThrough(new DecompressionStream("gzip"))
      .getReader();
    let text = "";
    let read = 0;
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      read += part.value.byteLength;
      if (read > most) {
        await reader.cancel();
        return undefined;
      }
      text += decoder.decode(part.value, { stream: true });
    }
    return text + decoder.decode();
  } catch (fault) {
    // It cannot be decompressed, or is not UTF-8.
    if (fault instanceof TypeError) return undefined;
    throw fault;
  }
}
