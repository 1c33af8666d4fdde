// @ts-check
// Connects, reconnects, and tells when it is over for good.

import { finalCause, newID, parse } from './protocol.js';

const SILENCE_MS = 45_000; // the server speaks every 15 s
const HEARD_MS = 20_000; // a longer silence is an absence, whatever the page was doing
const BACKOFF_MIN_MS = 500;
const BACKOFF_MAX_MS = 15_000;

/**
 * @typedef {import('./protocol.js').WireObject} WireObject
 * @typedef {'connecting' | 'connected' | 'reconnecting' | 'offline' | 'busy'} Status
 * @typedef {{
 *   last: () => number | undefined, // seq to resume after; undefined on a page's first connection
 *   object: (o: WireObject) => void,
 *   status: (s: Status) => void,
 *   over: (cause: string) => void, // the room is over for this page; called once
 * }} Listener
 */

export class Socket {
  /**
   * @param {string} path of the room
   * @param {Listener} listener
   */
  constructor(path, listener) {
    this.path = path;
    this.listener = listener;
    // A handshake of this page that a bad line delivers late must not end the newer
    // connection for good, as one of another tab does.
    this.page = newID();
    this.tries = 0; // since the last welcome
    this.blocked = 0; // of them, in a row, when all but the WebSocket came through
    this.heard = 0; // when the server last spoke, by both clocks
    this.heardWall = 0;
    this.stopped = false;
    /** @type {WebSocket | undefined} */
    this.ws = undefined;
    this.timer = 0;
  }

  /** Opens a connection now, in place of any that there is. */
  connect() {
    if (this.stopped) return;
    clearTimeout(this.timer);
    this.drop();
    this.listener.status(this.tries === 0 && this.listener.last() === undefined ? 'connecting' : 'reconnecting');
    const url = new URL(`${this.path}/ws`, location.href);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    url.searchParams.set('page', this.page);
    const last = this.listener.last();
    if (last !== undefined) url.searchParams.set('after', String(last));
    const ws = new WebSocket(url);
    this.ws = ws;
    this.hear();
    let opened = false;
    ws.onopen = () => {
      opened = true;
    };
    ws.onmessage = (event) => {
      this.hear();
      for (const o of parse(event.data)) {
        if (this.ws !== ws) return; // an earlier object ended it
        if (o.type === 'welcome') {
          this.tries = 0;
          this.blocked = 0;
          this.listener.status('connected');
        }
        this.listener.object(o);
      }
    };
    ws.onclose = (event) => {
      this.ws = undefined;
      const cause = finalCause(event.code);
      if (cause) {
        this.over(cause);
      } else if (opened) {
        this.retry('reconnecting');
      } else {
        this.ask();
      }
    };
  }

  /** When the server was there last, by the wall clock; a page that slept learns late of a loss. */
  heardAt() {
    const now = Date.now();
    return this.heardWall > 0 && now - this.heardWall > HEARD_MS ? this.heardWall : now;
  }

  /** Sends an object if there is a connection; it may still be lost. */
  send(/** @type {object} */ o) {
    if (!this.open()) return false;
    this.ws?.send(JSON.stringify(o));
    return true;
  }

  open() {
    return this.ws?.readyState === WebSocket.OPEN;
  }

  /** To be called every few seconds and after a sleep: notices a dead line. */
  check() {
    if (this.stopped) return;
    const silence = Math.max(performance.now() - this.heard, Date.now() - this.heardWall);
    if (this.ws && silence > SILENCE_MS) {
      this.drop();
      this.retry('reconnecting');
    }
  }

  /** Tries again at once if it is waiting to. */
  hurry() {
    if (!this.ws && !this.stopped) this.connect();
  }

  /** Ends it for good. */
  stop() {
    this.stopped = true;
    clearTimeout(this.timer);
    this.drop();
  }

  hear() {
    this.heard = performance.now();
    this.heardWall = Date.now();
  }

  drop() {
    if (!this.ws) return;
    this.ws.onopen = this.ws.onmessage = this.ws.onclose = null;
    this.ws.close();
    this.ws = undefined;
  }

  over(/** @type {string} */ cause) {
    if (this.stopped) return;
    this.stop();
    this.listener.over(cause);
  }

  retry(/** @type {Status} */ status) {
    if (this.stopped) return;
    this.listener.status(navigator.onLine ? status : 'offline');
    const most = Math.min(BACKOFF_MAX_MS, BACKOFF_MIN_MS * 2 ** this.tries);
    this.tries++;
    this.timer = setTimeout(() => this.connect(), most / 2 + (Math.random() * most) / 2);
  }

  /** A script cannot see why a handshake failed, so it asks. */
  async ask() {
    try {
      const answer = await fetch(`${this.path}/session`, { cache: 'no-store', signal: AbortSignal.timeout(10_000) });
      if (answer.status === 401) this.over('lease');
      else if (answer.status === 404) this.over('gone');
      else {
        this.blocked++;
        this.retry('busy');
      }
    } catch {
      this.blocked = 0;
      this.retry('reconnecting');
    }
  }
}
