// @ts-check
// The wire, and what is on its way over it. Knows no page and no socket.

/**
 * @typedef {{id: string, alias: string, badge: string, state: 'here' | 'away' | 'offline'}} Person
 * @typedef {{type: 'welcome', you: string, seq: number, head: number, participants: Person[],
 *   room: {name: string, expires: string, left: number, lease: number, armed?: string}}} Welcome
 * @typedef {{type: 'message', seq: number, id: string, from: string, at: string, html: string}} RoomMessage
 * `at` is RFC 3339 in UTC; `html` was formatted by the server.
 * @typedef {{type: string, seq?: number, [field: string]: any}} WireObject
 */

/** The causes that close codes from 4500 on stand for: the room is over for this page. */
const causes = new Map([
  [4501, 'purged'],
  [4502, 'expired'],
  [4503, 'logged-out'],
  [4504, 'replaced'],
  [4505, 'kicked'],
  [4506, 'shutdown'],
]);

/**
 * Why a close code is final, or undefined if the page should come back.
 * @param {number} code
 * @returns {string | undefined}
 */
export function finalCause(code) {
  if (code < 4500 || code > 4999) return undefined;
  return causes.get(code) ?? 'gone';
}

/**
 * The objects of one frame: one per line.
 * @param {string} frame
 * @returns {WireObject[]}
 */
export function parse(frame) {
  return frame
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => JSON.parse(line));
}

/** A message id that nobody else has: 128 random bits. */
export function newID() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('');
}

/**
 * A moment that lies some seconds ahead, by the clock that gets there first: the
 * monotonic clock stops while a phone sleeps, the wall clock can be set back.
 */
export class Until {
  /** @param {number} seconds */
  constructor(seconds) {
    this.monotonic = performance.now() + seconds * 1000;
    this.wall = Date.now() + seconds * 1000;
  }

  /** Seconds left; not above 0 when the moment has come. */
  left() {
    return Math.min(this.monotonic - performance.now(), this.wall - Date.now()) / 1000;
  }
}

/**
 * @typedef {{id: string, text: string, picture: string, sent: boolean}} Outgoing
 * `picture` is the HTML of one, or ''; `sent` means that it went out on the present connection.
 */

/**
 * What was sent and is not confirmed yet, oldest first. One message at a time is
 * on its way, so they arrive in order; each keeps its id, so that none arrives twice.
 */
export class Outbox {
  constructor() {
    /** @type {Outgoing[]} */
    this.items = [];
  }

  add(/** @type {string} */ text, /** @type {string} */ picture) {
    const item = { id: newID(), text, picture, sent: false };
    this.items.push(item);
    return item;
  }

  /** The one to send now, if any. */
  next() {
    const first = this.items[0];
    return first && !first.sent ? first : undefined;
  }

  /** A new connection knows nothing of what went out before. */
  reconnected() {
    for (const item of this.items) item.sent = false;
  }

  /**
   * Takes out the item with this id: it was confirmed, refused or taken back.
   * @param {string} id
   */
  take(id) {
    const i = this.items.findIndex((item) => item.id === id);
    return i < 0 ? undefined : this.items.splice(i, 1)[0];
  }
}
