// What a connection's fault says in plain words, and whether anything can have been sent before it came up. Pure: it reads
// the code that the system, TLS or the HTTP client gives. For commands that ask servers, and for the look at an origin.

/** A fault in words. `nothing` was sent where the connection did not come about or the request was never written. */
export interface ConnectionFault {
  /** A clause about the server: `its certificate is self-signed`. */
  readonly clause: string;
  /** What to do about it, one sentence, if there is something general. */
  readonly advice?: string;
  readonly sent: "nothing" | "perhaps";
  readonly kind: "connection" | "certificate" | "tls" | "request";
}

const CERTIFICATE_ADVICE = "If its issuer is your own, name it to Node: NODE_EXTRA_CA_CERTS=FILE.";
const NOT_TLS_ADVICE = "Does that port speak plain HTTP? Then write http:// in place of https://.";
const NOT_PLAIN_ADVICE = "Does that port speak TLS? Then write https:// in place of http://.";

const certificate = (clause: string, advice = CERTIFICATE_ADVICE): ConnectionFault => ({
  kind: "certificate",
  clause,
  advice,
  sent: "nothing",
});
const connection = (clause: string, sent: ConnectionFault["sent"] = "nothing"): ConnectionFault => ({
  kind: "connection",
  clause,
  sent,
});

const FAULTS: ReadonlyMap<string, ConnectionFault> = new Map([
  ["ECONNREFUSED", connection("nothing listens there")],
  ["ENOTFOUND", connection("its host cannot be found")],
  ["EAI_AGAIN", connection("its host cannot be looked up")],
  ["EHOSTUNREACH", connection("there is no way to its host")],
  ["ENETUNREACH", connection("there is no way to its network")],
  ["EADDRNOTAVAIL", connection("this machine has no address to call it from")],
  ["EACCES", connection("this machine forbids the connection")],
  ["EPERM", connection("this machine forbids the connection")],
  ["ETIMEDOUT", connection("it did not take the connection in time")],
  ["UND_ERR_CONNECT_TIMEOUT", connection("it did not take the connection in time")],
  ["UND_ERR_HEADERS_TIMEOUT", connection("it did not answer in time", "perhaps")],
  ["UND_ERR_BODY_TIMEOUT", connection("it did not finish its answer in time", "perhaps")],
  ["ECONNRESET", connection("it broke off the connection", "perhaps")],
  ["UND_ERR_SOCKET", connection("it broke off the connection", "perhaps")],
  ["DEPTH_ZERO_SELF_SIGNED_CERT", certificate("its certificate is self-signed")],
  ["SELF_SIGNED_CERT_IN_CHAIN", certificate("its certificate leads to an issuer that is not trusted")],
  ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", certificate("its certificate's issuer is not known here")],
  ["UNABLE_TO_GET_ISSUER_CERT", certificate("its certificate's issuer is not known here")],
  ["UNABLE_TO_GET_ISSUER_CERT_LOCALLY", certificate("its certificate's issuer is not known here")],
  ["CERT_UNTRUSTED", certificate("its certificate is not trusted")],
  ["CERT_HAS_EXPIRED", certificate("its certificate has expired", "Renew it there.")],
  ["CERT_NOT_YET_VALID", certificate("its certificate is not valid yet", "Is this machine's clock right?")],
  ["CERT_REVOKED", certificate("its certificate was revoked", "Renew it there.")],
  [
    "ERR_TLS_CERT_ALTNAME_INVALID",
    certificate("its certificate is for another host", "Ask for a host that the certificate names."),
  ],
  [
    "HPE_INVALID_CONSTANT",
    { kind: "request", clause: "it does not answer in HTTP", advice: NOT_PLAIN_ADVICE, sent: "perhaps" },
  ],
  [
    "HPE_INVALID_VERSION",
    { kind: "request", clause: "it does not answer in HTTP", advice: NOT_PLAIN_ADVICE, sent: "perhaps" },
  ],
  ["UND_ERR_INVALID_ARG", { kind: "request", clause: "this request cannot be sent", sent: "nothing" }],
]);

/** The words for a code (`CERT_HAS_EXPIRED`). An unknown code keeps the error's own words, and may have sent something. */
export function connectionFault(code: string, detail: string): ConnectionFault {
  const known = FAULTS.get(code);
  if (known !== undefined) return known;
  // OpenSSL's own codes, which all come up before a byte of the request is written.
  if (
    /^ERR_SSL_(WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST)$/.test(code) ||
    /wrong version number/i.test(detail)
  ) {
    return { kind: "tls", clause: "it does not speak TLS", advice: NOT_TLS_ADVICE, sent: "nothing" };
  }
  if (/^ERR_(SSL|TLS|OSSL)_/.test(code) || code === "EPROTO") {
    return { kind: "tls", clause: `TLS with it failed (${code})`, sent: "nothing" };
  }
  if (/^HPE_/.test(code)) return { kind: "request", clause: `its answer is no HTTP (${code})`, sent: "perhaps" };
  if (/^ERR_(INVALID|HTTP_INVALID)/.test(code)) {
    return { kind: "request", clause: `this request cannot be sent (${detail})`, sent: "nothing" };
  }
  return { kind: "connection", clause: `${detail} (${code})`, sent: "perhaps" };
}
