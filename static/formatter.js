// @ts-check
// A worker that formats a message as the server would, by the server's own code
// (format/wasm), so that nothing of it has to leave before it is sent.

/** What Go asks of a system that has nothing but a clock and random numbers. */
const BAD_FILE = 8;

/** @type {WebAssembly.Memory} */
let memory;
const view = () => new DataView(memory.buffer);

/** @type {Record<string, (...args: any[]) => number>} */
const system = {
  args_sizes_get: (count, size) => none(count, size),
  environ_sizes_get: (count, size) => none(count, size),
  args_get: () => 0,
  environ_get: () => 0,
  clock_time_get: (_, __, at) => {
    view().setBigUint64(at, BigInt(Math.round(performance.now() * 1e6)), true);
    return 0;
  },
  random_get: (at, n) => {
    crypto.getRandomValues(new Uint8Array(memory.buffer, at, n));
    return 0;
  },
  sched_yield: () => 0,
  proc_exit: () => {
    throw new Error('the formatter stopped');
  },
};

function none(/** @type {number} */ count, /** @type {number} */ size) {
  view().setUint32(count, 0, true);
  view().setUint32(size, 0, true);
  return 0;
}

const imports = { wasi_snapshot_preview1: new Proxy(system, { get: (known, name) => known[String(name)] ?? (() => BAD_FILE) }) };

async function load() {
  const answer = fetch(new URL('format.wasm', location.href));
  const { instance } = await WebAssembly.instantiateStreaming(answer, imports);
  const go = /** @type {any} */ (instance.exports);
  memory = go.memory;
  go._initialize();
  return go;
}

async function format(/** @type {string} */ html, /** @type {number} */ limitBytes) {
  const go = await load();
  const source = new TextEncoder().encode(html);
  const at = go.place(source.length);
  new Uint8Array(memory.buffer).set(source, at);
  const found = go.message(limitBytes);
  const answer = new Uint8Array(memory.buffer, Number(found >> 32n), Number(found & 0xffffffffn));
  return JSON.parse(new TextDecoder().decode(answer));
}

// A worker formats one message. What fails in a promise is no error of the worker.
addEventListener('message', (/** @type {MessageEvent<{html: string, limitBytes: number}>} */ { data }) => {
  format(data.html, data.limitBytes).then(postMessage, () => postMessage({ html: '', dropped: [], problem: 'preview-failed' }));
});
