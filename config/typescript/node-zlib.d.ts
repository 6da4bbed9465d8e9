// What Meridian uses of `node:zlib` in workerd, which has it under `nodejs_compat`; the runtime's own types leave it out, and
// those of Node would let a Worker use all of Node.

declare module "node:zlib" {
  interface Coder {
    write(chunk: Uint8Array, written: () => void): unknown;
    end(): unknown;
    flush(kind: number, flushed: () => void): void;
    destroy(): unknown;
    on(event: "data", take: (chunk: Uint8Array) => void): unknown;
    on(event: "end", ended: () => void): unknown;
    on(event: "error", failed: (cause: Error) => void): unknown;
  }
  interface Params {
    readonly params: Readonly<Record<number, number>>;
  }
  export function brotliCompressSync(plain: Uint8Array, options: Params): Uint8Array;
  export function gzipSync(plain: Uint8Array, options: { readonly level: number }): Uint8Array;
  export function zstdCompressSync(plain: Uint8Array, options: Params): Uint8Array;
  export function createBrotliCompress(options: Params): Coder;
  export function createBrotliDecompress(): Coder;
  export function createGunzip(): Coder;
  export function createGzip(options: { readonly level: number }): Coder;
  export function createZstdCompress(options: Params): Coder;
  export function createZstdDecompress(): Coder;
  export const constants: Readonly<
    Record<
      | "BROTLI_OPERATION_FLUSH"
      | "BROTLI_PARAM_LGWIN"
      | "BROTLI_PARAM_QUALITY"
      | "BROTLI_PARAM_SIZE_HINT"
      | "ZSTD_c_compressionLevel"
      | "ZSTD_c_windowLog"
      | "ZSTD_e_flush"
      | "Z_SYNC_FLUSH",
      number
    >
  >;
}
