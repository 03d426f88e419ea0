/** @file Text inside a page. */

const ENTITIES: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
  "/": "&#47;", // so that no quoted address looks like one that the page loads
};

/** Text as HTML, in an element or between quotes. */
export const escape = (text: string): string => text.replace(/[&<>"'/]/g, (c) => ENTITIES[c]!);

/** A value as JSON inside a script element. */
export const json = (value: unknown): string =>
  JSON.stringify(value).replaceAll("<", "\\u003c").replaceAll("/", "\\/");

/** Numbers from −1 to 1 as base64, a byte each. */
export function bytes(values: ArrayLike<number>): string {
  let binary = "";
  for (let i = 0; i < values.length; i++) {
    binary += String.fromCharCode(Math.round(Math.min(1, Math.max(-1, values[i]!)) * 127) & 255);
  }
  return btoa(binary).replaceAll("/", "_"); // see json
}
