// @ts-check
// What hides the conversation while the page stays open: the privacy screen,
// which its reader chooses, and the cover of a page that cannot know the time.

import { option } from './options.js';
import { find } from './page.js';

const root = document.documentElement;
const room = find('[data-room]');
const veil = find('[data-veil]');

const chosen = option('privacy-screen');

/** @type {Element | null} */
let focused = null; // before the veil

function unveiled() {
  return veil.hidden;
}

/** Draws the privacy screen if it is chosen and the page has lost the focus. */
export function guard() {
  if (!chosen.checked || document.hasFocus() || !unveiled()) return;
  focused = document.activeElement;
  for (const dialog of document.querySelectorAll('dialog')) dialog.close();
  root.dataset.veiled = '';
  room.inert = true;
  veil.hidden = false;
  find('button', veil).focus();
}

function unveil() {
  delete root.dataset.veiled;
  room.inert = false;
  veil.hidden = true;
  if (focused instanceof HTMLElement) focused.focus({ preventScroll: true });
}

/** Takes the veil away for good: there is nothing left to hide. */
export function nothingToHide() {
  if (!unveiled()) unveil();
  chosen.checked = false;
}

// In a frame of the page the focus is still in the page.
addEventListener('blur', guard);
veil.addEventListener('click', unveil);

let held = false; // the key that has unveiled the page

addEventListener(
  'keydown',
  (event) => {
    held &&= event.repeat;
    if (held) return event.preventDefault();
    const modifier = ['Shift', 'Control', 'Alt', 'AltGraph', 'Meta', 'CapsLock', 'NumLock'].includes(event.key);
    if (unveiled() || modifier || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation();
    held = true;
    unveil();
  },
  true,
);

/**
 * Covers the page while nobody can look at it or its timers may stand still, so
 * that it has nothing to show when it is woken before its clocks were looked at.
 * @param {boolean} asleep
 */
export function cover(asleep) {
  root.toggleAttribute('data-asleep', asleep);
}

/** @type {Animation | undefined} */
let fuse;

/**
 * Lets the page go blank after some seconds even if its scripts stand still by
 * then, as behind a browser's own dialog: the browser draws by itself.
 * @param {number} seconds
 */
export function lightFuse(seconds) {
  douseFuse();
  fuse = room.animate({ opacity: [0, 0] }, { delay: seconds * 1000, duration: 1, fill: 'forwards' });
}

export function douseFuse() {
  fuse?.cancel();
}
