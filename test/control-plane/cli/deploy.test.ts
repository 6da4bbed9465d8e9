// Deploying, with a wrangler that only writes down what it was asked: what stops a deployment, and what it says then.

import { describe, expect, test } from "vitest";
import { validate } from "../../../config/schema/validate.ts";
import { deploy, type Machine, type Ran } from "../../../control-plane/cli/deploy.node.ts";
import { checkDeployment, describeMissingSecrets, secretsNeeded } from "../../../control-plane/cli/deploy-checks.ts";

const configOf = (origin: Record<string, unknown> = {}, more: Record<string, unknown> = {}) => ({
  origins: {
    shop: { url: "https://shop.example.com", secretHeader: { name: "X-Key", secret: "SHOP_KEY" }, ...origin },
  },
  regions: { weur: {} },
  routes: [{ name: "all", origin: "shop" }],
  controlHost: "control.example.com",
  ...more,
});

function fakeMachine(answers: Readonly<Record<string, Partial<Ran>>> = {}) {
  const lines: string[] = [];
  const asked: { readonly words: string; readonly input: string | undefined }[] = [];
  const machine: Machine = {
    async wrangler(words, _output, input) {
      asked.push({ words: words.join(" "), input });
      const key = Object.keys(answers).find((prefix) => words.join(" ").startsWith(prefix));
      return { code: 0, out: "", err: "", ...(key === undefined ? {} : answers[key]) };
    },
    settings: () => ({}),
    out: (line) => lines.push(line),
    err: (line) => lines.push(line),
  };
  return { machine, asked, said: () => lines.join("\n") };
}
const listed = (...names: string[]) => ({ "secret list": { out: JSON.stringify(names.map((name) => ({ name }))) } });
const ALL = listed("CLUSTER_KEY", "API_TOKENS", "SHOP_KEY");

describe("a deployment", () => {
  test("goes to wrangler when everything is there", async () => {
    const { machine, asked } = fakeMachine(ALL);
    expect(await deploy([], configOf(), machine)).toBe(0);
    expect(asked.map(({ words }) => words)).toEqual(["secret list --env  --format json", "deploy --env "]);
  });

  test("to staging asks and deploys there", async () => {
    const { machine, asked } = fakeMachine(ALL);
    await deploy(["--env", "staging"], configOf(), machine);
    expect(asked.map(({ words }) => words)).toEqual([
      "secret list --env staging --format json",
      "deploy --env staging",
    ]);
  });

  test("does not begin with a configuration that is not valid, and names the field", async () => {
    const { machine, asked, said } = fakeMachine(ALL);
    expect(await deploy([], configOf({ maxConcurrent: 0 }), machine)).toBe(2);
    expect(said()).toContain("origins.shop.maxConcurrent");
    expect(asked).toEqual([]);
  });

  test("does not begin with an origin on this machine", async () => {
    const { machine, asked, said } = fakeMachine(ALL);
    expect(await deploy([], configOf({ url: "http://127.0.0.1:8799" }), machine)).toBe(2);
    expect(said()).toContain("Cloudflare cannot reach it");
    expect(asked).toEqual([]);
  });

  test("warns where the loss of one region would stop the others' leases", async () => {
    const [two, three] = [fakeMachine(), fakeMachine()];
    await deploy(["--dry-run"], configOf({}, { regions: { weur: {}, enam: {} } }), two.machine);
    await deploy(["--dry-run"], configOf({}, { regions: { weur: {}, enam: {}, apac: {} } }), three.machine);
    expect(two.said()).toContain("warning: regions of two regions neither is a majority");
    expect(three.said()).not.toContain("majority");
  });

  test("stops where secrets are missing and says how to set each", async () => {
    const { machine, asked, said } = fakeMachine(listed("API_TOKENS"));
    expect(await deploy(["--env", "staging"], configOf(), machine)).toBe(1);
    expect(said()).toContain("npx wrangler secret put CLUSTER_KEY --env staging");
    expect(said()).toContain("npx wrangler secret put SHOP_KEY --env staging");
    expect(asked).toHaveLength(1);
  });

  test("of a Worker that does not exist yet lacks all secrets, and says how to make them", async () => {
    const { machine, said } = fakeMachine({ "secret list": { code: 1, err: "Worker does not exist [code: 10007]" } });
    expect(await deploy([], configOf({ secretHeader: undefined }), machine)).toBe(1);
    expect(said()).toContain("npm run deploy -- --new-secrets");
  });

  test("says how to log in when wrangler cannot list the secrets", async () => {
    const { machine, said } = fakeMachine({ "secret list": { code: 1, err: "You are not logged in" } });
    expect(await deploy([], configOf(), machine)).toBe(1);
    expect(said()).toContain("npx wrangler login");
  });

  test("with new secrets sets a strong key and a hashed token, and shows the token once", async () => {
    const { machine, asked, said } = fakeMachine(listed("SHOP_KEY"));
    expect(await deploy(["--new-secrets"], configOf(), machine)).toBe(0);
    const set = asked.find(({ words }) => words.startsWith("secret bulk"));
    const secrets = JSON.parse(set?.input ?? "{}") as { CLUSTER_KEY: string; API_TOKENS: string };
    expect(Buffer.from(secrets.CLUSTER_KEY, "base64url")).toHaveLength(32);
    expect(said()).not.toContain(secrets.CLUSTER_KEY);
    const token = /shown only once: (\S+)/.exec(said())?.[1] ?? "";
    expect(token.length).toBeGreaterThan(20);
    expect(secrets.API_TOKENS).not.toContain(token);
    expect(asked.at(-1)?.words).toBe("deploy --env ");
  });

  test("never replaces secrets that are set", async () => {
    const { machine, asked, said } = fakeMachine(ALL);
    expect(await deploy(["--new-secrets"], configOf(), machine)).toBe(1);
    expect(said()).toContain("already set");
    expect(asked).toHaveLength(1);
  });

  test("that is a dry run asks for no account, and lets even the example configuration pass", async () => {
    const { machine, asked, said } = fakeMachine();
    expect(await deploy(["--dry-run"], configOf({ url: "http://127.0.0.1:8799" }), machine)).toBe(0);
    expect(asked.map(({ words }) => words)).toEqual(["deploy --env  --dry-run --outdir dist/deploy"]);
    expect(said()).toContain("to do: origins.shop.url");
    expect(said()).not.toContain("error:");
  });

  test("that is a dry run fails where a deployment would be refused, before anything is built", async () => {
    const { machine, asked, said } = fakeMachine();
    expect(await deploy(["--dry-run"], configOf({ url: "http://10.0.0.1" }), machine)).toBe(2);
    expect(said()).toContain("error: origins.shop.url");
    expect(said()).not.toContain("passed");
    expect(asked).toEqual([]);
  });

  test("fails when wrangler fails", async () => {
    const { machine } = fakeMachine({ ...ALL, deploy: { code: 1 } });
    expect(await deploy([], configOf(), machine)).toBe(1);
  });

  test.each([["--no-such"], ["--dry-run", "--new-secrets"], ["extra"]])(
    "refuses the arguments %s %s",
    async (...args) => {
      const { machine, asked } = fakeMachine(ALL);
      expect(await deploy(args, configOf(), machine)).toBe(2);
      expect(asked).toEqual([]);
    },
  );
});

describe("the checks before a deployment", () => {
  const findings = (origin: Record<string, unknown>, more: Record<string, unknown> = {}) => {
    const validation = validate(configOf(origin, more));
    if (validation.kind === "invalid") throw new Error(JSON.stringify(validation.errors));
    return checkDeployment(validation.config).map(({ severity, path }) => `${severity} ${path}`);
  };

  test("find nothing in a configuration that is ready", () => {
    expect(findings({})).toEqual([]);
  });

  test.each([
    "http://localhost:3000",
    "http://127.0.0.1",
    "http://10.1.2.3",
    "http://192.168.1.1",
    "http://[::1]:8080",
    "http://203.0.113.7",
    "https://shop.internal",
    "https://printer.local",
    "http://shop",
  ])("know that %s cannot be reached", (url) => {
    expect(findings({ url })).toContain("error origins.shop.url");
  });

  test.each(["https://shop.example.com", "https://localhost.example.com", "https://10.example.com:8443"])(
    "let %s pass",
    (url) => {
      expect(findings({ url })).toEqual([]);
    },
  );

  test("warn of what may be meant, and refuse a client's Host", () => {
    expect(findings({ url: "http://shop.example.com" })).toEqual(["warning origins.shop.url"]);
    expect(findings({ host: "www.example.com" })).toEqual(["warning origins.shop.host"]);
    expect(findings({ host: "client" })).toEqual(["error origins.shop.host"]);
    expect(findings({ secretHeader: undefined })).toEqual(["warning origins.shop"]);
    expect(findings({}, { controlHost: undefined })).toEqual(["warning controlHost"]);
  });

  test("name each secret once", () => {
    const validation = validate(
      configOf(
        {},
        { origins: { a: configOf().origins.shop, b: configOf().origins.shop }, routes: [{ name: "r", origin: "a" }] },
      ),
    );
    if (validation.kind === "invalid") throw new Error(JSON.stringify(validation.errors));
    expect(secretsNeeded(validation.config)).toEqual(["CLUSTER_KEY", "API_TOKENS", "SHOP_KEY"]);
    expect(describeMissingSecrets(["SHOP_KEY"], undefined)).toEqual([
      "These secrets are not set: SHOP_KEY.",
      "Set the one that the configuration refers to:  npx wrangler secret put SHOP_KEY",
    ]);
  });
});
