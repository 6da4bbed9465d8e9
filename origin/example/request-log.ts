// Counts the example origin's requests per path, for tests of "one origin request". Bounded by the number of
// different paths; beyond it new paths are counted together, and the log says so.

/** Different request targets that are counted apart. */
const MOST_TARGETS = 10_000;

export interface Counted {
  readonly path: string;
  readonly total: number;
  readonly byMethod: Readonly<Record<string, number>>;
}

/** Counts requests by target and method. */
export class RequestLog {
  readonly #counts = new Map<string, Map<string, number>>();

  count(target: string, method: string): void {
    const key = this.#counts.has(target) || this.#counts.size < MOST_TARGETS ? target : "(other paths)";
    const methods = this.#counts.get(key) ?? new Map<string, number>();
    methods.set(method, (methods.get(method) ?? 0) + 1);
    this.#counts.set(key, methods);
  }

  /** What was asked of `path`: with a query exactly that target, without one the path under every query. */
  of(path: string): Counted {
    const byMethod: Record<string, number> = {};
    for (const [target, methods] of this.#counts) {
      if (target !== path && (path.includes("?") || target.split("?")[0] !== path)) continue;
      for (const [method, count] of methods) byMethod[method] = (byMethod[method] ?? 0) + count;
    }
    return { path, total: Object.values(byMethod).reduce((sum, count) => sum + count, 0), byMethod };
  }

  /** Every target that was asked for, most asked first. */
  all(): Counted[] {
    const targets = [...this.#counts].map(([path, methods]): Counted => {
      const total = [...methods.values()].reduce((sum, count) => sum + count, 0);
      return { path, total, byMethod: Object.fromEntries(methods) };
    });
    return targets.sort((a, b) => b.total - a.total);
  }

  clear(): void {
    this.#counts.clear();
  }
}
