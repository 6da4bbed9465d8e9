// What the command line uses of cli-progress, which has no types of its own.
declare module "cli-progress" {
  export interface Options {
    readonly format?: string;
    readonly barsize?: number;
    readonly hideCursor?: boolean;
    readonly clearOnComplete?: boolean;
    readonly stream?: NodeJS.WritableStream;
  }
  export class SingleBar {
    constructor(options: Options);
    start(total: number, startValue: number): void;
    update(current: number): void;
    stop(): void;
  }
  const cliProgress: { readonly SingleBar: typeof SingleBar };
  export default cliProgress;
}
