// Words connection faults by the code of the system, TLS or the HTTP client, and says whether anything may have been sent. Used
// by commands and by the check of origins.

/** A fault in words. `nothing` was sent if the connection failed or the request was never written. */
export interface ConnectionFault {
  /** A clause about the server: `its certificate is self-signed`. */
  readonly clause: string;
  /** General advice, one sentence, if there is any. */
  readonly advice?: string;
  readonly sent: "nothing" | "perhaps";
  readonly kind: "connection" | "certificate" | "tls" | "request";
}

const CERTIFICATE_ADVICE = "If the issuer is your own CA, make Node trust it: NODE_EXTRA_CA_CERTS=FILE.";
const NOT_TLS_ADVICE = "If that port uses plain HTTP, write http:// instead of https://.";
const NOT_PLAIN_ADVICE = "If that port uses TLS, write https:// instead of http://.";

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
  ["EHOSTUNREACH", connection("there is no route to its host")],
  ["ENETUNREACH", connection("there is no route to its network")],
  ["EADDRNOTAVAIL", connection("this machine has no local address for the connection")],
  ["EACCES", connection("this machine forbids the connection")],
  ["EPERM", connection("this machine forbids the connection")],
  ["ETIMEDOUT", connection("it did not accept the connection in time")],
  ["UND_ERR_CONNECT_TIMEOUT", connection("it did not accept the connection in time")],
  ["UND_ERR_HEADERS_TIMEOUT", connection("it did not answer in time", "perhaps")],
  ["UND_ERR_BODY_TIMEOUT", connection("it did not finish its answer in time", "perhaps")],
  ["ECONNRESET", connection("it closed the connection", "perhaps")],
  ["UND_ERR_SOCKET", connection("it closed the connection", "perhaps")],
  ["DEPTH_ZERO_SELF_SIGNED_CERT", certificate("its certificate is self-signed")],
  ["SELF_SIGNED_CERT_IN_CHAIN", certificate("its certificate chain has an untrusted issuer")],
  ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", certificate("its certificate's issuer is unknown")],
  ["UNABLE_TO_GET_ISSUER_CERT", certificate("its certificate's issuer is unknown")],
  ["UNABLE_TO_GET_ISSUER_CERT_LOCALLY", certificate("its certificate's issuer is unknown")],
  ["CERT_UNTRUSTED", certificate("its certificate is not trusted")],
  ["CERT_HAS_EXPIRED", certificate("its certificate has expired", "Renew it there.")],
  ["CERT_NOT_YET_VALID", certificate("its certificate is not valid yet", "Check this machine's clock.")],
  ["CERT_REVOKED", certificate("its certificate was revoked", "Renew it there.")],
  [
    "ERR_TLS_CERT_ALTNAME_INVALID",
    certificate("its certificate is for another host", "Use a host that the certificate covers."),
  ],
  [
    "HPE_INVALID_CONSTANT",
    { kind: "request", clause: "its answer is not HTTP", advice: NOT_PLAIN_ADVICE, sent: "perhaps" },
  ],
  [
    "HPE_INVALID_VERSION",
    { kind: "request", clause: "its answer is not HTTP", advice: NOT_PLAIN_ADVICE, sent: "perhaps" },
  ],
  ["UND_ERR_INVALID_ARG", { kind: "request", clause: "this request cannot be sent", sent: "nothing" }],
]);

/** The fault for a code (`CERT_HAS_EXPIRED`). An unknown code keeps the error's message, and may have sent something. */
export function connectionFault(code: string, detail: string): ConnectionFault {
  const known = FAULTS.get(code);
  if (known !== undefined) return known;
  // OpenSSL's own codes, which all come up before a byte of the request is written.
  if (
    /^ERR_SSL_(WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST)$/.test(code) ||
    /wrong version number/i.test(detail)
  ) {
    return { kind: "tls", clause: "it does not use TLS", advice: NOT_TLS_ADVICE, sent: "nothing" };
  }
  if (/^ERR_(SSL|TLS|OSSL)_/.test(code) || code === "EPROTO") {
    return { kind: "tls", clause: `TLS with it failed (${code})`, sent: "nothing" };
  }
  if (/^HPE_/.test(code)) return { kind: "request", clause: `its answer is not valid HTTP (${code})`, sent: "perhaps" };
  if (/^ERR_(INVALID|HTTP_INVALID)/.test(code)) {
    return { kind: "request", clause: `this request cannot be sent (${detail})`, sent: "nothing" };
  }
  return { kind: "connection", clause: `${detail} (${code})`, sent: "perhaps" };
}
