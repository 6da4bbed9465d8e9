// Who may come: deny wins, allow lists are complete, and what is not known is on no list but XX.

import { expect, test } from "vitest";
import { accessOf, accessRules } from "../../../edge/action/access.ts";

const DENY = accessRules({ deny: { countries: ["KP"], addresses: ["203.0.113.0/24", "2001:db8:bad::/48"] } });
const ALLOW = accessRules({ allow: { countries: ["DE", "FR"], addresses: ["10.0.0.0/8"] } });
const BOTH = accessRules({ allow: { countries: ["DE"] }, deny: { addresses: ["192.0.2.1"] } });
const UNKNOWN_DENIED = accessRules({ deny: { countries: ["XX"] } });
const UNKNOWN_ALLOWED = accessRules({ allow: { countries: ["DE", "XX"] } });

test.each([
  ["a denied country", DENY, { country: "KP", address: "198.51.100.1" }, "country-denied"],
  ["another country", DENY, { country: "KR", address: "198.51.100.1" }, "allowed"],
  ["a denied network", DENY, { country: "DE", address: "203.0.113.77" }, "address-denied"],
  ["the address beside it", DENY, { country: "DE", address: "203.0.114.0" }, "allowed"],
  ["a denied IPv6 network", DENY, { address: "2001:db8:bad:1::1" }, "address-denied"],
  ["the network beside it", DENY, { address: "2001:db8:bae::1" }, "allowed"],
  ["somebody of whom nothing is known, with denied lists", DENY, {}, "allowed"],
  ["an allowed country", ALLOW, { country: "FR" }, "allowed"],
  ["an allowed network in another country", ALLOW, { country: "US", address: "10.1.2.3" }, "allowed"],
  ["neither", ALLOW, { country: "US", address: "11.1.2.3" }, "not-allowed"],
  ["somebody of whom nothing is known, with allowed lists", ALLOW, {}, "not-allowed"],
  ["an allowed country at a denied address", BOTH, { country: "DE", address: "192.0.2.1" }, "address-denied"],
  ["an allowed country at another address", BOTH, { country: "DE", address: "192.0.2.2" }, "allowed"],
  ["an unknown country where XX is denied", UNKNOWN_DENIED, {}, "country-denied"],
  ["a known country where XX is denied", UNKNOWN_DENIED, { country: "DE" }, "allowed"],
  ["an unknown country where XX is allowed", UNKNOWN_ALLOWED, {}, "allowed"],
])("%s", (_, rules, client, expected) => {
  const access = accessOf(rules, client);
  expect(access.kind === "denied" ? access.code : access.kind).toBe(expected);
});
