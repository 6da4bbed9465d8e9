// `meridian sign URL`: signs a URL, or a whole folder, for a route with `signed` (format: config/spelling/signed-url.ts). It asks no server
// and reads no configuration: the secret comes from the environment, under the name that the configuration uses, so that it
// does not appear in the shell's history. It prints the URL, or with --cookie the cookie's value.

import { createHmac } from "node:crypto";
import { type Command, InvalidArgumentError } from "commander";
import { normaliseUrl } from "../../../config/spelling/normal-url.ts";
import {
  type Grant,
  KEY_ID,
  SIGNABLE_PREFIX,
  SIGNATURE_COOKIE,
  SIGNATURE_PARAMETERS,
  signatureParameters,
  signedTarget,
  signedUrlText,
} from "../../../config/spelling/signed-url.ts";
import { parseIpAddress } from "../../../config/world/ip-address.ts";
import { clientNetwork } from "../../../config/world/ip-network.ts";
import { EXIT } from "../exit-codes.ts";
import { processTerminal, type Terminal } from "../terminal.node.ts";

interface SignOptions {
  readonly key: string;
  readonly secretName: string;
  /** Seconds since 1970. */
  readonly expires: number;
  /** `true` stands for the URL's own folder. */
  readonly prefix?: string | true;
  readonly address?: string;
  readonly cookie?: boolean;
  readonly json?: boolean;
}

/** Adds `sign`. */
export function register(program: Command, terminal: Terminal = processTerminal()): void {
  program
    .command("sign <url>")
    .description("sign a URL for a route that requires signatures")
    .requiredOption("--key <id>", "the key's id in the route's `signed.keys`", parseKeyId)
    .requiredOption("--secret-name <name>", "the environment variable that holds the key's secret")
    .requiredOption(
      "--expires <time>",
      "lifetime (90s, 15m, 1h, 7d) or expiry time (2026-12-31T23:00:00Z)",
      parseExpiry,
    )
    .option("--prefix [folder]", "allow all paths below this one (default: the URL's own folder)")
    .option("--address <ip>", "allow only this client: an IPv4 address, or the /64 of an IPv6 address", parseAddress)
    .option("--cookie", `print the value of the cookie ${SIGNATURE_COOKIE} instead, for players that drop queries`)
    .option("--json", "print one JSON object: { url, cookie, expires }")
    .addHelpText(
      "after",
      "\nExamples:\n  URL_KEY=... meridian sign https://shop.example/files/a.pdf --key 2026 --secret-name URL_KEY --expires 1h" +
        "\n  URL_KEY=... meridian sign https://shop.example/films/7/index.m3u8 --key 2026 --secret-name URL_KEY --expires 4h --prefix",
    )
    .action((url: string, options: SignOptions, command: Command) => sign(url, options, command, terminal));
}

function sign(text: string, options: SignOptions, command: Command, terminal: Terminal): void {
  const usage: (detail: string) => never = (detail) => command.error(`error: ${detail}`, { exitCode: EXIT.usage });
  const normal = normaliseUrl(text);
  if (normal.kind === "invalid") usage(`${text} cannot be signed: ${normal.detail}`);
  const taken = Object.values(SIGNATURE_PARAMETERS).find((name) => new URL(normal.url).searchParams.has(name));
  if (taken !== undefined) usage(`${text} already has a parameter ${taken}`);
  const { environment } = terminal;
  const secret = Object.hasOwn(environment, options.secretName) ? environment[options.secretName] : undefined;
  if (secret === undefined || secret === "") {
    usage(`the environment variable ${options.secretName} is not set; set it to the deployment's secret`);
  }

  const { host, pathname } = new URL(normal.url);
  const target = normal.url.slice(normal.url.indexOf("/", normal.url.indexOf("//") + 2));
  const path = target.split("?", 1)[0] ?? pathname;
  const prefix = options.prefix === true ? path.slice(0, path.lastIndexOf("/") + 1) : options.prefix;
  if (prefix !== undefined && !SIGNABLE_PREFIX.test(prefix)) {
    usage(`--prefix must be a folder that begins and ends with a slash, such as /films/7/, not ${prefix}`);
  }
  if (prefix !== undefined && !path.startsWith(prefix)) usage(`${path} is not below ${prefix}`);

  const grant: Grant = {
    host,
    scope: prefix === undefined ? { kind: "url", target: signedTarget(target) } : { kind: "prefix", prefix },
    expires: options.expires,
    network: options.address,
  };
  const signature = createHmac("sha256", secret).update(signedUrlText(grant)).digest("base64url");
  const cookie = signatureParameters(grant, options.key, signature);
  const url = `${normal.url}${normal.url.includes("?") ? "&" : "?"}${cookie}`;
  if (options.json) {
    terminal.out(JSON.stringify({ url, cookie, expires: new Date(options.expires * 1000).toISOString() }));
  } else terminal.out(options.cookie ? cookie : url);
  terminal.exit(EXIT.done);
}

function parseKeyId(text: string): string {
  if (!KEY_ID.test(text)) throw new InvalidArgumentError("Must be 1 to 32 letters, digits, - or _.");
  return text;
}

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

function parseExpiry(text: string): number {
  const [, amount, unit] = /^(\d{1,9})([smhd])$/.exec(text) ?? [];
  const lasts = amount === undefined || unit === undefined ? undefined : Number(amount) * (UNITS[unit] ?? 0);
  const at = lasts === undefined ? Date.parse(text) / 1000 : Date.now() / 1000 + lasts;
  if (!/^\d/.test(text) || !Number.isFinite(at) || lasts === 0 || at > 99_999_999_999) {
    throw new InvalidArgumentError(
      "Must be a duration such as 90s, 15m, 1h or 7d, or an instant such as 2026-12-31T23:00:00Z.",
    );
  }
  return Math.ceil(at);
}

function parseAddress(text: string): string {
  const address = parseIpAddress(text);
  if (address === undefined) throw new InvalidArgumentError("Must be an IPv4 or IPv6 address.");
  return clientNetwork(address.text);
}
