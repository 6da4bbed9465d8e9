// Whether a URL was signed by the site, for this path, this client and this time (format: config/spelling/signed-url.ts). The parameters
// are taken off first, so neither the key nor the origin knows of them; a cookie with the same content is taken off likewise.
// This file decides everything but the signature itself: it names the texts that a valid one may cover, and code that has
// a platform's HMAC compares, in constant time. Nothing that does not fit is passed over: what is not understood is refused.

import { targetOfUrl } from "../../config/spelling/normal-url.ts";
import {
  KEY_ID,
  SIGNABLE_PREFIX,
  SIGNATURE_COOKIE,
  SIGNATURE_PARAMETERS,
  signedTarget,
  signedUrlText,
} from "../../config/spelling/signed-url.ts";
import type { EpochMillis } from "../../config/units.ts";
import { clientNetwork } from "../../config/world/ip-network.ts";
import { Fields } from "../http/fields.ts";
import { readingsOf } from "../route/folded-path.ts";

export type SignatureCode =
  | "signature-missing"
  | "signature-malformed"
  | "signature-expired"
  | "signature-elsewhere"
  | "signature-method"
  | "signature-address-unknown"
  | "signature-key-unknown"
  | "signature-wrong";

export type Checked =
  | { readonly kind: "refused"; readonly code: SignatureCode; readonly detail: string }
  /** Right if `signature` is that of one of `texts` under the key. */
  | { readonly kind: "verify"; readonly keyId: string; readonly texts: readonly string[]; readonly signature: string };

const OWN: ReadonlySet<string> = new Set(Object.values(SIGNATURE_PARAMETERS));

/**
 * Whether a signature can allow this method. It is made for a link, and says nothing of what else might be done there: only a
 * route that names further methods has them signed for too.
 */
export const mayBeSigned = (method: string, methods: readonly string[] | undefined): boolean =>
  method === "GET" || method === "HEAD" || (methods?.includes(method) ?? false);

/** A request without its signature, and the parameters that were taken off: those of the query, else the cookie's. */
export function takeSignature(
  url: string,
  fields: Fields,
): { readonly url: string; readonly fields: Fields; readonly parameters: readonly string[] } {
  const start = url.indexOf("?");
  const query = start < 0 ? [] : url.slice(start + 1).split("&");
  const inQuery = query.filter(isOwn);
  const rest = query.filter((part) => !isOwn(part));
  const bare = inQuery.length === 0 ? url : url.slice(0, start) + (rest.length === 0 ? "" : `?${rest.join("&")}`);
  const { cookie, fields: without } = takeCookie(fields);
  const parameters = inQuery.length > 0 ? inQuery : (cookie ?? "").split("&").filter((part) => part !== "");
  return { url: bare, fields: without, parameters };
}

const isOwn = (part: string): boolean =>
  OWN.has(part.slice(0, part.indexOf("=") < 0 ? part.length : part.indexOf("=")));

function takeCookie(fields: Fields): { readonly cookie: string | undefined; readonly fields: Fields } {
  const pieces = fields
    .all("cookie")
    .flatMap((line) => line.split(";"))
    .map((piece) => piece.trim());
  const own = pieces.filter((piece) => piece.startsWith(`${SIGNATURE_COOKIE}=`));
  if (own.length === 0) return { cookie: undefined, fields };
  const without = Fields.from(fields);
  const others = pieces.filter((piece) => piece !== "" && !own.includes(piece));
  without.delete("cookie");
  if (others.length > 0) without.append("cookie", others.join("; "));
  return { cookie: own[0]?.slice(SIGNATURE_COOKIE.length + 1), fields: without };
}

/**
 * Judges the parameters of a request for `url`, which is in its one spelling and without them. `hosts` are the names that the
 * site goes by: as the client asked, and what that is an alias of.
 */
export function checkSignature(
  parameters: readonly string[],
  request: {
    readonly url: string;
    readonly hosts: ReadonlySet<string>;
    readonly address: string | undefined;
    readonly now: EpochMillis;
  },
): Checked {
  if (parameters.length === 0) return refused("signature-missing", "This URL is answered only with a signature.");
  const given = new Map(
    parameters.map((part) => [part.slice(0, part.indexOf("=")), part.slice(part.indexOf("=") + 1)]),
  );
  const expires = given.get(SIGNATURE_PARAMETERS.expires) ?? "";
  const keyId = given.get(SIGNATURE_PARAMETERS.key) ?? "";
  const prefix = given.get(SIGNATURE_PARAMETERS.prefix);
  const bound = given.get(SIGNATURE_PARAMETERS.address);
  const signature = given.get(SIGNATURE_PARAMETERS.signature) ?? "";
  const isWhole =
    given.size === parameters.length &&
    [...given.keys()].every((name) => OWN.has(name)) &&
    /^[1-9]\d{0,10}$/.test(expires) &&
    KEY_ID.test(keyId) &&
    // 256 bits leave two of the last character unused: other values there would be other spellings of one signature.
    /^[\w-]{42}[AEIMQUYcgkosw048]$/.test(signature) &&
    (prefix === undefined || SIGNABLE_PREFIX.test(prefix)) &&
    (bound === undefined || bound === "1");
  if (!isWhole) return refused("signature-malformed", "The parameters of the signature are not complete and correct.");
  if (request.now >= Number(expires) * 1000)
    return refused("signature-expired", "The signature of this URL has expired.");
  if (bound !== undefined && request.address === undefined) {
    return refused("signature-address-unknown", "The signature is bound to an address, and the client's is not known.");
  }
  const target = targetOfUrl(request.url);
  if (prefix !== undefined && !isBelow(target, prefix)) {
    return refused("signature-elsewhere", `The signature is for URLs below ${prefix}.`);
  }
  // A site that signs what it writes may have signed the brackets themselves.
  const targets = [...new Set([signedTarget(target), target])];
  const scopes =
    prefix === undefined
      ? targets.map((signed) => ({ kind: "url", target: signed }) as const)
      : [{ kind: "prefix", prefix } as const];
  const grant = {
    expires: Number(expires),
    network: bound === undefined ? undefined : clientNetwork(request.address as string),
  };
  return {
    kind: "verify",
    keyId,
    texts: [...request.hosts].flatMap((host) => scopes.map((scope) => signedUrlText({ ...grant, scope, host }))),
    signature,
  };
}

/**
 * Whether a path lies below the folder in every way in which an origin may read it: `..;/g`, `%252e%252e%252fg` or `..%C0%AFg` behind the
 * prefix would be a step out of the folder for some. Nor does an escaped slash stand there: folders are signed by plain slashes.
 */
function isBelow(target: string, prefix: string): boolean {
  const path = target.split("?", 1)[0] ?? "";
  if (!path.startsWith(prefix) || /%2f|%5c/i.test(path.slice(prefix.length))) return false;
  const folders = [...readingsOf(prefix)];
  return [...readingsOf(path)].every((reading) => folders.some((folder) => reading.startsWith(folder)));
}

const refused = (code: SignatureCode, detail: string): Checked => ({ kind: "refused", code, detail });
