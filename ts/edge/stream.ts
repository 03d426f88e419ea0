/** @file A response that is written while it is read. */

/**
 * A response of one piece after another, made when the client takes it. Between two, other requests have their turn.
 *
 * @param done called once: after the last piece, after an error, or when the client has left
 */
export function streamed(type: string, pieces: Generator<string>, done: () => void): Response {
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        try {
          const { done: ended, value } = pieces.next();
          if (!ended) return controller.enqueue(encoder.encode(value));
        } catch (error) {
          done();
          throw error;
        }
        done();
        controller.close();
      },
      cancel() {
        pieces.return(undefined);
        done();
      },
    },
    { highWaterMark: 0 },
  );
  return new Response(body, { headers: { "content-type": type, "cache-control": "no-store" } });
}
