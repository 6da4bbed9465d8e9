// What is said of packages: exact versions, a lockfile that names no host, and licences that go with MIT.

/** The parts of package.json that are looked at. */
export interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly scripts?: Readonly<Record<string, string>>;
}

export const exactVersions = ({ dependencies = {}, devDependencies = {} }: Manifest): string[] =>
  Object.entries({ ...dependencies, ...devDependencies })
    .filter(([, version]) => !/^\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(version))
    .map(([name, version]) => `${name} is wanted as ${version}, which is not one exact version`);

/** A lockfile that names where its packages came from ties every clone to that place. */
export const hostsInLockfile = (text: string): string[] =>
  [...text.matchAll(/"resolved"|"https?:\/\/[^"]*\.tgz"/g)].map(([found]) => `the lockfile holds ${found}`);

export interface LockedPackage {
  readonly dev?: boolean;
  readonly optional?: boolean;
}

/** Installed paths of the packages that a deployment or an installation may run: all but those for development alone. */
export const productionPaths = (packages: Readonly<Record<string, LockedPackage>>): string[] =>
  Object.entries(packages)
    .filter(([path, { dev }]) => path !== "" && dev !== true)
    .map(([path]) => path);

/** Licences that allow a program under the MIT licence to be made with the package and given away. */
const COMPATIBLE = new Set([
  "MIT",
  "MIT-0",
  "ISC",
  "0BSD",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "Apache-2.0",
  "BlueOak-1.0.0",
  "CC0-1.0",
  "Unlicense",
]);

/** Whether an SPDX expression leaves a compatible choice: one side of an OR, both of an AND. */
export const isCompatible = (licence: string): boolean =>
  licence
    .replace(/[()]/g, "")
    .split(/ OR /i)
    .some((choice) => choice.split(/ AND /i).every((name) => COMPATIBLE.has(name.trim())));
