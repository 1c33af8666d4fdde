// @ts-check
// The dead man's switch: arming it, tapping in time, and what everybody sees.

import { find, span, word } from './page.js';

const WARN_SECONDS = 60;

/**
 * @typedef {{
 *   send: (o: object) => boolean, // whether there is a connection
 *   left: (at: string) => number, // seconds until a time of the server's
 *   note: (sentence: string) => void,
 * }} Host
 */

export class DeadMansSwitch {
  /** @param {Host} host */
  constructor(host) {
    this.host = host;
    this.bar = find('[data-armed]');
    // When the earliest of all fires, and one's own. The page begins with what it
    // brings along, for a connection may not come.
    /** @type {string | undefined} */
    this.any = this.bar.dataset.any;
    /** @type {string | undefined} */
    this.own = this.bar.dataset.own;
    /** @type {object | undefined} */
    this.wanted = undefined; // what is not confirmed yet
    this.warned = false;
    this.tapMinutes = /** @type {HTMLInputElement} */ (find('[data-tap-form] [name=minutes]'));
    for (const name of ['arm', 'tap', 'disarm']) {
      const form = /** @type {HTMLFormElement} */ (find(`[data-${name}-form]`));
      form.addEventListener('submit', (event) => {
        event.preventDefault();
        const minutes = Number(new FormData(form).get('minutes'));
        this.want(name === 'disarm' ? { type: 'disarm' } : { type: 'arm', minutes });
      });
    }
  }

  /** Sends what is wanted, now and with every new connection, until it is confirmed. */
  want(/** @type {object | undefined} */ wanted = this.wanted) {
    this.wanted = wanted;
    if (wanted && !this.host.send(wanted)) this.host.note(word('switch-waits'));
    this.draw();
  }

  /** A connection begins; the state of one's own switch follows if it is armed. */
  welcome(/** @type {string | undefined} */ armed) {
    this.any = armed;
    this.own = undefined;
    this.want();
  }

  /** Somebody armed, tapped or disarmed: this is when the earliest switch fires. */
  armed(/** @type {string | undefined} */ at) {
    if (!this.any !== !at) this.host.note(word(at ? 'armed' : 'disarmed'));
    this.any = at;
    this.draw();
  }

  /** The server's word on one's own switch. */
  confirmed(/** @type {{at?: string, minutes?: number}} */ o) {
    this.own = o.at;
    this.wanted = undefined;
    this.warned = false;
    if (o.minutes) this.tapMinutes.value = String(o.minutes);
    this.draw();
  }

  /** To be called every second. */
  draw() {
    const any = find('[data-armed-any]', this.bar);
    const own = find('[data-armed-own]', this.bar);
    if (!this.own && own.contains(document.activeElement)) find('#message').focus(); // its button is about to go
    own.hidden = !this.own;
    any.hidden = !this.any || this.any === this.own;
    this.bar.hidden = own.hidden && any.hidden;
    if (this.any) any.textContent = word('armed-any', { left: span(this.host.left(this.any)) });
    if (!this.own) return;
    find('[data-armed-own-text]', own).textContent = word('armed-own', { left: span(this.host.left(this.own)) });
    if (!this.warned && this.host.left(this.own) <= WARN_SECONDS) {
      this.warned = true;
      this.host.note(word('armed-soon'));
    }
  }
}
