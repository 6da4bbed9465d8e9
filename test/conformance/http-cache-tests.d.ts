// What the conformance run uses of the public suite, which has no types of its own.

/** One test of the suite; what it asks and expects is the suite's own affair. */
interface SuiteTest {
  readonly id: string;
  readonly name: string;
  readonly kind?: "required" | "optimal" | "check";
  readonly depends_on?: readonly string[];
  readonly browser_only?: boolean;
  readonly requests: readonly Readonly<Record<string, unknown>>[];
  /** Set: every request and response of this test is printed. */
  dump?: boolean;
}
interface SuiteGroup {
  readonly id: string;
  readonly name: string;
  readonly tests: readonly SuiteTest[];
}

declare module "http-cache-tests/tests/index.mjs" {
  const groups: readonly SuiteGroup[];
  export default groups;
}
declare module "http-cache-tests/tests/surrogate-control.mjs" {
  const group: SuiteGroup;
  export default group;
}
declare module "http-cache-tests/client/runner.mjs" {
  export function runTests(
    groups: readonly SuiteGroup[],
    fetch: unknown,
    isBrowser: boolean,
    base: string,
    together?: number,
  ): Promise<void>;
  /** By test: true, or the name and the message of what went wrong. */
  export function getResults(): Readonly<Record<string, true | readonly [name: string, message: string]>>;
}
declare module "http-cache-tests/client/test.mjs" {
  /** Runs one test with the client that `runTests` was given. Never rejects: what came of it is among the results. */
  export function makeCacheTest(test: SuiteTest): Promise<void>;
}
declare module "http-cache-tests/server/handle-config.mjs" {
  const handle: import("./origin.node.ts").Handler;
  export default handle;
}
declare module "http-cache-tests/server/handle-state.mjs" {
  const handle: import("./origin.node.ts").Handler;
  export default handle;
}
declare module "http-cache-tests/server/handle-test.mjs" {
  const handle: import("./origin.node.ts").Handler;
  export default handle;
}
