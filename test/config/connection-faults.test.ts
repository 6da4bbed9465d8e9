// What commands say of connections that fail, and whether they may say that nothing was sent.

import { describe, expect, test } from "vitest";
import { connectionFault } from "../../config/connection-faults.ts";

describe("a connection that fails", () => {
  test.each([
    ["DEPTH_ZERO_SELF_SIGNED_CERT", "self-signed certificate", "its certificate is self-signed", "nothing"],
    ["SELF_SIGNED_CERT_IN_CHAIN", "", "chain has an untrusted issuer", "nothing"],
    ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "", "issuer is unknown", "nothing"],
    ["CERT_HAS_EXPIRED", "certificate has expired", "has expired", "nothing"],
    ["CERT_NOT_YET_VALID", "", "not valid yet", "nothing"],
    ["ERR_TLS_CERT_ALTNAME_INVALID", "Host: a is not in b", "for another host", "nothing"],
    ["ERR_SSL_WRONG_VERSION_NUMBER", "wrong version number", "does not use TLS", "nothing"],
    ["EPROTO", "write EPROTO 00:error:0A00010B:SSL routines::wrong version number", "does not use TLS", "nothing"],
    ["ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION", "", "TLS with it failed (ERR_SSL_TLSV1_ALERT", "nothing"],
    ["HPE_INVALID_CONSTANT", "Expected HTTP/", "answer is not HTTP", "perhaps"],
    ["ECONNREFUSED", "", "nothing listens", "nothing"],
    ["ENOTFOUND", "", "cannot be found", "nothing"],
    ["EHOSTUNREACH", "", "no route to its host", "nothing"],
    ["UND_ERR_CONNECT_TIMEOUT", "", "did not accept the connection", "nothing"],
    ["UND_ERR_INVALID_ARG", "invalid authorization header", "cannot be sent", "nothing"],
    ["ERR_INVALID_CHAR", "Invalid character in header", "cannot be sent", "nothing"],
    ["ECONNRESET", "", "closed the connection", "perhaps"],
    ["UND_ERR_SOCKET", "other side closed", "closed the connection", "perhaps"],
    ["UND_ERR_HEADERS_TIMEOUT", "", "did not answer in time", "perhaps"],
    ["EWHATEVER", "no idea", "no idea (EWHATEVER)", "perhaps"],
  ])("with %s (%s) says that %s, and what was sent", (code, detail, clause, sent) => {
    const fault = connectionFault(code, detail);
    expect(fault.clause).toContain(clause);
    expect(fault.sent).toBe(sent);
  });
});
