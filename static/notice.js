// @ts-check
// Tells whoever looks elsewhere that something is new: never what, who or where.

import { later, loaded } from './need.js';
import { option } from './options.js';
import { find } from './page.js';

const QUIET_MS = 3000; // at least, between two notices

const icon = /** @type {HTMLLinkElement} */ (find('link[rel=icon]'));
const plainIcon = icon.href;
const mute = option('mute');
const ways = [option('sound'), option('vibration'), option('notification')];

let unread = 0;

/** Shows how many messages are unread in the tab's title and icon. */
export function showUnread(/** @type {number} */ n) {
  unread = n;
  document.title = n > 0 ? `(${n}) Mayfly` : 'Mayfly';
  if (n > 0) {
    later().then(({ numbered }) => (icon.href = unread > 0 ? numbered(unread) : plainIcon), () => {});
  } else {
    icon.href = plainIcon;
    loaded?.takeBack();
  }
}

let last = -Infinity;

/** Says that a message has come, in the ways that were chosen (ring.js). */
export function notice() {
  if (mute.checked || !ways.some((way) => way.checked) || performance.now() - last < QUIET_MS) return;
  last = performance.now();
  later().then(({ ring }) => ring(), () => {});
}

/** Nothing of a notice stays. */
export function withdraw() {
  showUnread(0);
  loaded?.silence();
  for (const way of ways) way.checked = false;
}
