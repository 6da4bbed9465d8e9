// Reads a JSON request's body as text: the right media type, no more bytes than allowed, UTF-8 (RFC 8259 section 8.1). It
// keeps nothing beyond the bound, whatever Content-Length says, and parses nothing.

import { API_LIMITS } from "./limits.ts";
import { type Problem, problem } from "./problems.ts";

export type BodyText =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "problem"; readonly problem: Problem };

const refused = (what: Problem): BodyText => ({ kind: "problem", problem: what });

/** The body's text. Problems: unsupported-media-type, body-too-large, malformed-body. */
export async function readBody(request: Request): Promise<BodyText> {
  return isJson(request) ? readText(request) : NOT_JSON;
}

/** The same of a request that need not have a body: one without a single byte has no type either, and its text is empty. */
export async function readBodyIfAny(request: Request): Promise<BodyText> {
  const read = await readText(request);
  return read.kind === "problem" || read.text === "" || isJson(request) ? read : NOT_JSON;
}

const NOT_JSON = refused(
  problem("unsupported-media-type", "send Content-Type: application/json; its text is UTF-8 (RFC 8259 section 8.1)"),
);

/** JSON, in no other encoding than UTF-8: read as that, UTF-16 could say something else than its sender meant. */
function isJson({ headers }: Request): boolean {
  const [type = "", ...parameters] = (headers.get("content-type") ?? "").toLowerCase().split(";");
  return type.trim() === "application/json" && parameters.every(isNoOtherCharset);
}

const isNoOtherCharset = (parameter: string): boolean => {
  const [name = "", value = ""] = parameter.split("=");
  return name.trim() !== "charset" || /^"?utf-?8"?$/.test(value.trim());
};

async function readText(request: Request): Promise<BodyText> {
  const tooLarge = problem("body-too-large", `a body has at most ${API_LIMITS.apiBodyBytes} bytes`);
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
    if (fault instanceof TypeError) return refused(problem("malformed-body", "the body is not whole, or not UTF-8"));
    throw fault;
  }
}

/**
 * Reads on and keeps nothing: hanging up on somebody who is still sending breaks the connection, and with it the answer that
 * says why (RFC 9112 section 9.6). Beyond the bound it hangs up all the same.
 */
async function drain(reader: ReadableStreamDefaultReader<Uint8Array>, most: number): Promise<void> {
  let left = most;
  for (let part = await reader.read(); !part.done && left > 0; part = await reader.read())
    left -= part.value.byteLength;
  await reader.cancel();
}
