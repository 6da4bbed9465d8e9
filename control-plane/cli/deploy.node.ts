// `npm run deploy`: runs the checks that need no deployment, prints how to resolve what is missing, then runs wrangler.
// `--dry-run` builds and checks without an account. It never prints a secret that is set, and creates new ones only with
// `--new-secrets` and only where none are set. Exit codes as for every command: 0 done, 1 failed, 2 bad usage.
// **Decided: a dry run fails where a deployment would be refused**, except for the example origin: with it the dry run prints
// what is left to do, and checks that the Worker builds.

import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { unstable_readConfig } from "wrangler";
import config from "../../config/meridian.config.ts";
import { validate } from "../../config/schema/validate.ts";
import { endWithReader } from "./closed-output.node.ts";
import { checkDeployment, describeMissingSecrets, REQUIRED_SECRETS, secretsNeeded } from "./deploy-checks.ts";
import { EXIT, type ExitCode } from "./exit-codes.ts";
import { checkPlatform, type PlatformSettings } from "./platform-checks.ts";
import { makeToken } from "./token-file.node.ts";

const HELP = `Usage: npm run deploy -- [options]

Checks the configuration and the secrets, then deploys with wrangler.

  --env NAME       deploy to this environment of wrangler.toml (staging)
  --dry-run        check and build only; needs no account
  --new-secrets    create and set the deployment's own secrets first; prints the admin token once
  --help           show this

Examples:
  npm run deploy -- --dry-run
  npm run deploy -- --env staging --new-secrets
  npm run deploy`;

/** wrangler's result. `out` is empty if it wrote to the terminal itself. */
export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** The machine's functions that a deployment uses. */
export interface Machine {
  /** Runs wrangler; `show` lets it use the terminal, `keep` collects its output. */
  wrangler(words: readonly string[], output: "show" | "keep", input?: string): Promise<Ran>;
  /** wrangler.toml as wrangler reads it for an environment. Throws if it cannot be read. */
  settings(environment: string | undefined): PlatformSettings;
  out(line: string): void;
  err(line: string): void;
}

/** Deploys `input`, a configuration before validation, or reports why not. */
export async function deploy(args: readonly string[], input: unknown, machine: Machine): Promise<ExitCode> {
  const options = readOptions(args);
  if (options.kind === "wrong") {
    machine.err(`${options.detail}\n\n${HELP}`);
    return EXIT.usage;
  }
  if (options.help) {
    machine.out(HELP);
    return EXIT.done;
  }
  const validation = validate(input);
  if (validation.kind === "invalid") {
    machine.err("The configuration (config/meridian.config.ts) is not valid:");
    for (const { path, detail } of validation.errors) machine.err(`  ${path}: ${detail}`);
    return EXIT.usage;
  }

  const findings = [
    ...checkDeployment(validation.config),
    ...checkPlatform(machine.settings(options.environment), validation.config),
  ];
  const isExample = options.dryRun && findings.some(({ severity }) => severity === "example");
  for (const { severity, path, detail } of findings) {
    machine.err(`${severity === "example" ? (options.dryRun ? "to do" : "error") : severity}: ${path} ${detail}`);
  }
  if (findings.some(({ severity }) => severity === "error" || (severity === "example" && !options.dryRun))) {
    machine.err("Nothing was deployed. Correct the errors above in config/meridian.config.ts or wrangler.toml.");
    return EXIT.usage;
  }

  const environment = ["--env", options.environment ?? ""];
  if (!options.dryRun) {
    const secrets = await checkSecrets(secretsNeeded(validation.config), options, environment, machine);
    if (secrets !== EXIT.done) return secrets;
  }
  const extra = options.dryRun ? ["--dry-run", "--outdir", "dist/deploy"] : [];
  const { code } = await machine.wrangler(["deploy", ...environment, ...extra], "show");
  if (code !== 0) {
    machine.err("wrangler failed: see above. The previous deployment is unchanged.");
    return EXIT.failed;
  }
  const passed = isExample
    ? "The Worker builds; nothing was deployed. The configuration still has the example origin: set yours in config/meridian.config.ts before you deploy."
    : "The dry run passed. Nothing was deployed.";
  machine.out(options.dryRun ? passed : "Deployed. Roll back with: npx wrangler rollback");
  return EXIT.done;
}

interface DeployOptions {
  readonly kind: "options";
  readonly environment: string | undefined;
  readonly dryRun: boolean;
  readonly newSecrets: boolean;
  readonly help: boolean;
}

function readOptions(args: readonly string[]): DeployOptions | { readonly kind: "wrong"; readonly detail: string } {
  const flag = { type: "boolean", default: false } as const;
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { env: { type: "string" }, "dry-run": flag, "new-secrets": flag, help: { ...flag, short: "h" } },
    });
    if (values["dry-run"] && values["new-secrets"]) return { kind: "wrong", detail: "A dry run sets no secrets." };
    return {
      kind: "options",
      environment: values.env,
      dryRun: values["dry-run"],
      newSecrets: values["new-secrets"],
      help: values.help,
    };
  } catch (error) {
    return { kind: "wrong", detail: error instanceof Error ? error.message : String(error) };
  }
}

async function checkSecrets(
  needed: readonly string[],
  options: DeployOptions,
  environment: readonly string[],
  machine: Machine,
): Promise<ExitCode> {
  const listed = await machine.wrangler(["secret", "list", ...environment, "--format", "json"], "keep");
  const present = secretNames(listed);
  if (present === undefined) {
    machine.err("wrangler could not list the secrets:");
    machine.err((listed.err || listed.out).trim());
    machine.err("Are you logged in?  npx wrangler login   (or set CLOUDFLARE_API_TOKEN)");
    return EXIT.failed;
  }
  let missing = needed.filter((name) => !present.includes(name));
  if (options.newSecrets) {
    const kept = REQUIRED_SECRETS.filter((name) => present.includes(name));
    if (kept.length > 0) {
      machine.err(
        `${kept.join(" and ")} already set: --new-secrets would lock out every client. Omit it, or delete the existing secrets first.`,
      );
      return EXIT.failed;
    }
    if ((await setNewSecrets(environment, machine)) !== EXIT.done) return EXIT.failed;
    missing = missing.filter((name) => !REQUIRED_SECRETS.some((other) => other === name));
  }
  if (missing.length === 0) return EXIT.done;
  for (const line of describeMissingSecrets(missing, options.environment)) machine.err(line);
  return EXIT.failed;
}

/** The names that wrangler listed: none for a Worker that does not exist yet; undefined if listing failed. */
function secretNames({ code, out, err }: Ran): string[] | undefined {
  // Cloudflare's code for a script that does not exist: the first deployment.
  if (code !== 0) return /\b10007\b|does not exist/i.test(`${out} ${err}`) ? [] : undefined;
  try {
    const list = JSON.parse(out.slice(out.indexOf("["))) as { readonly name: string }[];
    return list.map(({ name }) => name);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

async function setNewSecrets(environment: readonly string[], machine: Machine): Promise<ExitCode> {
  const { token, record } = makeToken({ name: "admin", scopes: ["admin"] });
  const secrets = { CLUSTER_KEY: randomBytes(32).toString("base64url"), API_TOKENS: JSON.stringify([record]) };
  const { code } = await machine.wrangler(["secret", "bulk", ...environment], "show", JSON.stringify(secrets));
  if (code !== 0) {
    machine.err("wrangler could not set the secrets: see above.");
    return EXIT.failed;
  }
  machine.out(`The admin token of this deployment, shown only once: ${token}`);
  return EXIT.done;
}

/** wrangler as this process's child, run by the same Node. */
export const processMachine: Machine = {
  async wrangler(words, output, input) {
    const script = new URL("../../node_modules/wrangler/bin/wrangler.js", import.meta.url).pathname;
    const stream = output === "show" ? "inherit" : "pipe";
    const child = spawn(process.execPath, [script, ...words], {
      cwd: new URL("../..", import.meta.url).pathname,
      stdio: [input === undefined ? "inherit" : "pipe", stream, stream],
      env: { WRANGLER_SEND_METRICS: "false", ...process.env },
    });
    if (input !== undefined) child.stdin?.end(input);
    const [out, err, code] = await Promise.all([
      child.stdout === null ? "" : text(child.stdout),
      child.stderr === null ? "" : text(child.stderr),
      new Promise<number>((resolve, reject) => child.once("error", reject).once("close", (exit) => resolve(exit ?? 1))),
    ]);
    return { code, out, err };
  },
  settings: (environment) =>
    unstable_readConfig({
      config: fileURLToPath(new URL("../../wrangler.toml", import.meta.url)),
      ...(environment === undefined ? {} : { env: environment }),
    }),
  out: (line) => process.stdout.write(`${line}\n`),
  err: (line) => process.stderr.write(`${line}\n`),
};

if (import.meta.main) {
  endWithReader();
  process.exitCode = await deploy(process.argv.slice(2), config, processMachine);
}
