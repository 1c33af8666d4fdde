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

/** Shows how many messages are unread in the tab's title and icon. */
export function showUnread(/** @type {number} */ n) {
  document.title = n > 0 ? `(${n}) Mayfly` : 'Mayfly';
  icon.href = n > 0 ? numbered(n) : plainIcon;
  if (n === 0) loaded?.takeBack();
}

/** The icon with a number on it. */
function numbered(/** @type {number} */ n) {
  const text = n > 99 ? '99+' : String(n);
  return `data:image/svg+xml,${encodeURIComponent(
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64"><rect width="64" height="64" rx="15" fill="#f6c65b"/>` +
      `<text x="32" y="45" font-family="sans-serif" font-weight="bold" font-size="${text.length > 2 ? 26 : 38}" text-anchor="middle" fill="#2b2000">${text}</text></svg>`,
  )}`;
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
