/** What is served while workers and programs are exchanged: answers at once, of bodies, and of a second. */

const encoder = new TextEncoder();

/** A second, in ten pieces. */
function slowly() {
  let pieces = 0;
  return new ReadableStream({
    async pull(controller) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      controller.enqueue(encoder.encode("0123456789"));
      if (++pieces === 10) controller.close();
    },
  });
}

/** Half a millisecond of a core. */
function work() {
  const end = performance.now() + 0.5;
  while (performance.now() < end);
}

export default {
  async fetch(request) {
    const { pathname } = new URL(request.url);
    if (pathname === "/stream") return new Response(slowly());
    if (pathname === "/work") work();
    if (request.method === "POST") return new Response(await request.bytes());
    return new Response("0123456789");
  },
};
