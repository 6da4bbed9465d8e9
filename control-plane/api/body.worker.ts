// Reads a JSON request's body as text: checks the media type, the size and UTF-8 (RFC 8259 section 8.1). It buffers nothing
// beyond the limit, regardless of Content-Length, and parses nothing.

import { API_LIMITS } from "./limits.ts";
import { type ApiProblem, problem } from "./problems.ts";

export type BodyText =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "problem"; readonly problem: ApiProblem };

const refused = (what: ApiProblem): BodyText => ({ kind: "problem", problem: what });

/** The body's text. Problems: unsupported-media-type, body-too-large, malformed-body. */
export async function readBody(request: Request): Promise<BodyText> {
  return isJson(request) ? readText(request) : NOT_JSON;
}

/** The same for an optional body: an empty one needs no media type, and its text is empty. */
export async function readBodyIfAny(request: Request): Promise<BodyText> {
  const read = await readText(request);
  return read.kind === "problem" || read.text === "" || isJson(request) ? read : NOT_JSON;
}

const NOT_JSON = refused(
  problem("unsupported-media-type", "send Content-Type: application/json, encoded as UTF-8 (RFC 8259 section 8.1)"),
);

/** JSON in UTF-8: text in another encoding could decode to something other than its sender meant. */
function isJson({ headers }: Request): boolean {
  const [type = "", ...parameters] = (headers.get("content-type") ?? "").toLowerCase().split(";");
  return type.trim() === "application/json" && parameters.every(isNoOtherCharset);
}

const isNoOtherCharset = (parameter: string): boolean => {
  const [name = "", value = ""] = parameter.split("=");
  return name.trim() !== "charset" || /^"?utf-?8"?$/.test(value.trim());
};

async function readText(request: Request): Promise<BodyText> {
  const tooLarge = problem("body-too-large", `a body may have at most ${API_LIMITS.apiBodyBytes} bytes`);
  if (Number(request.headers.get("content-length") ?? 0) > API_LIMITS.apiBodyBytes) return refused(tooLarge);
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });
  let read = 0;
  let text = "";
  try {
    const reader = request.body?.getReader();
    for (let part = await reader?.read(); part !== undefined && !part.done; part = await reader?.read()) {
      read += part.value.byteLength;
      if (read > API_LIMITS.apiBodyBytes) {
        if (reader !== undefined) await drain(reader, API_LIMITS.apiDrainedBytes - read);
        return refused(tooLarge);
      }
      text += decoder.decode(part.value, { stream: true });
    }
    return { kind: "text", text: text + decoder.decode() };
  } catch (fault) {
    if (fault instanceof TypeError) return refused(problem("malformed-body", "the body is incomplete, or not UTF-8"));
    throw fault;
  }
}

/**
 * Drains the body: closing while the client still sends would reset the connection and lose the response
 * (RFC 9112 section 9.6). Beyond a limit it closes anyway.
 */
async function drain(reader: ReadableStreamDefaultReader<Uint8Array>, most: number): Promise<void> {
  let left = most;
  for (let part = await reader.read(); !part.done && left > 0; part = await reader.read())
    left -= part.value.byteLength;
  await reader.cancel();
}
