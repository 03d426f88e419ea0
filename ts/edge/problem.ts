/** @file What a client did wrong, and what it is told. */

/** An answer other than the one that was asked for. */
export class Problem extends Error {
  constructor(
    /** Of HTTP. */
    readonly status: number,
    message: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }

  toResponse(): Response {
    const { status, headers } = this;
    return Response.json({ error: this.message }, { status, headers });
  }
}

/** Where the request's body is not as it should be. */
export const bad = (message: string): Problem => new Problem(400, message);
