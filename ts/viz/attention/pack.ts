/** @file Numbers inside a page, as base64 in the order of bytes that every browser has. */

/** Numbers from 0 to 1, to within 1/131070. */
export const packShares = (values: ArrayLike<number>): string =>
  base64(new Uint8Array(Uint16Array.from(values, (v) => Math.round(v * 65535)).buffer));

export const unpackShares = (text: string): Float64Array =>
  Float64Array.from(new Uint16Array(bytesOf(text)), (v) => v / 65535);

/** Any numbers, as float32. */
export const packFloats = (values: ArrayLike<number>): string =>
  base64(new Uint8Array(Float32Array.from(values).buffer));

export const unpackFloats = (text: string): Float32Array => new Float32Array(bytesOf(text));

function base64(bytes: Uint8Array): string {
  let binary = "";
  for (let i = 0; i < bytes.length; i += 4096) {
    binary += String.fromCharCode(...bytes.subarray(i, i + 4096));
  }
  return btoa(binary).replaceAll("/", "_"); // which JSON in a page would escape
}

const bytesOf = (text: string): ArrayBuffer =>
  Uint8Array.from(atob(text.replaceAll("_", "/")), (c) => c.charCodeAt(0)).buffer;
