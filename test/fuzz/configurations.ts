// The configurations that targets run with: the one in force, as a local run has it, and one whose names and rules are hard.

import bundled from "../../config/meridian.config.ts";
import type { Config } from "../../config/schema/schema.ts";
import { validate } from "../../config/schema/validate.ts";
import { effectiveConfig } from "../../control-plane/local/prepare/effective-config.ts";

function checked(input: unknown): Config {
  const result = validate(input);
  if (result.kind === "invalid") throw new Error(JSON.stringify(result.errors));
  return result.config;
}

const inForce = checked(bundled);

/** The configuration in force, in a local run with all its regions. */
const REAL: Config = effectiveConfig(inForce, {
  regions: ["wnam", "enam", "sam", "weur", "eeur", "apac", "oc", "afr", "me"],
  frontDoor: 8787,
  exampleOriginPort: 8799,
});

const HARD: Config = checked({
  origins: { constructor: { url: "http://127.0.0.1:1" } },
  regions: { weur: {}, apac: {} },
  aliases: { "www.h.example": "h.example", "h.example:8080": "h.example", localhost: "xn--bcher-kva.example" },
  controlHost: "control.example",
  routes: [
    {
      name: "constructor",
      origin: "constructor",
      match: { hosts: ["constructor"], paths: ["/constructor/*", "*.toString"] },
    },
    {
      name: "vip",
      origin: "constructor",
      match: { paths: ["/vip/*", "/it's/*", "/café/*", "/a;b/*"] },
      actions: { signed: { keys: { k1: "SIGN_KEY" } }, rewrite: [{ from: "/vip/*", to: "/[v]|/*" }] },
    },
    { name: "no-store", origin: "constructor", match: { paths: ["/me|you", "/A%2FB/*"] }, mode: "bypass" },
    {
      name: "sorted",
      origin: "constructor",
      match: { paths: ["/sorted/*"] },
      forward: "all",
      key: {
        query: { only: ["__proto__", "a*", "f[]"] },
        queryOrder: "sort",
        headers: ["constructor"],
        cookies: ["__proto__"],
        country: true,
        device: true,
      },
      variantHeaders: ["x-constructor"],
    },
    {
      name: "rest",
      origin: "constructor",
      key: { query: { except: ["utm_*", "constructor"] } },
      actions: {
        redirect: { hosts: { from: ["old.example"], to: "h.example" }, paths: [{ from: "/old/*", to: "/new/*" }] },
      },
    },
  ],
});

export const CONFIGURATIONS: readonly Config[] = [REAL, HARD];
