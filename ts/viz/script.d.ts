/** A file and what it imports, bundled for a page: see scripts/inline-script.mjs. */
declare module "script:*" {
  export const script: string;
}
