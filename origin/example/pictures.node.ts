// The shop's pictures, drawn from a product's number: SVG as text, and PNG for what wants a bitmap. No files, no libraries:
// the PNG is the smallest that the specification allows (W3C PNG, sections 5 and 11).

import { crc32, deflateSync } from "node:zlib";
import type { Product } from "./catalogue.ts";

/** A product's emblem: a rose of as many rays as its version and number say. */
export function drawSvg(product: Product): string {
  const rays = 5 + ((product.id + product.version) % 8);
  const spokes = Array.from({ length: rays }, (_, index) => {
    const angle = (index * 360) / rays;
    return `<path d="M0 -78 L14 0 L0 22 L-14 0 Z" transform="rotate(${angle})" fill="hsl(${product.hue} 60% ${index % 2 ? 72 : 48}%)"/>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="-100 -100 200 200" role="img" aria-label="${product.name}">`,
    `<rect x="-100" y="-100" width="200" height="200" fill="hsl(${product.hue} 45% 94%)"/>`,
    `<circle r="86" fill="none" stroke="hsl(${product.hue} 40% 60%)" stroke-width="3"/>`,
    ...spokes,
    `<circle r="9" fill="hsl(${product.hue} 50% 25%)"/>`,
    `<text y="96" text-anchor="middle" font-family="sans-serif" font-size="11" fill="#555">v${product.version}</text>`,
    "</svg>\n",
  ].join("\n");
}

/** A square picture of the product's colour, fading from corner to corner. */
export function drawPng(product: Product, size = 128): Uint8Array {
  const rows = new Uint8Array(size * (1 + size * 3));
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      // Each row begins with its filter type, which stays 0 (none).
      const at = y * (1 + size * 3) + 1 + x * 3;
      const light = 90 + Math.round((120 * (x + y)) / (2 * size));
      rows[at] = light;
      rows[at + 1] = (light + product.hue) % 256;
      rows[at + 2] = (255 - light + product.version * 8) % 256;
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(size, 0);
  header.writeUInt32BE(size, 4);
  // Eight bits for each of red, green and blue; deflate, adaptive filters, not interlaced.
  header.set([8, 2, 0, 0, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([
    signature,
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(rows)),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Uint8Array): Buffer {
  const named = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(data.length, 0);
  frame.writeUInt32BE(crc32(named), 4);
  return Buffer.concat([frame.subarray(0, 4), named, frame.subarray(4)]);
}
