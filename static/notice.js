// @ts-check
// Tells whoever looks elsewhere that something is new: never what, who or where.

import { option } from './options.js';
import { find, word } from './page.js';

const QUIET_MS = 3000; // at least, between two notices
const VIBRATION_MS = 120;
const TONE_HZ = [660, 880];
const TONE_SECONDS = 0.12;

const icon = /** @type {HTMLLinkElement} */ (find('link[rel=icon]'));
const plainIcon = icon.href;
const hint = find('[data-notice-hint]');
const mute = option('mute');
const sound = option('sound');
const vibration = option('vibration');
const notification = option('notification');

/** Shows how many messages are unread in the tab's title and icon. */
export function showUnread(/** @type {number} */ n) {
  document.title = n > 0 ? `(${n}) Mayfly` : 'Mayfly';
  icon.href = n > 0 ? numbered(n) : plainIcon;
  if (n === 0) shown?.close();
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

/** Says that a message has come, in the ways that were chosen. */
export function notice() {
  if (mute.checked || performance.now() - last < QUIET_MS) return;
  last = performance.now();
  if (vibration.checked) navigator.vibrate?.(VIBRATION_MS);
  if (document.visibilityState === 'visible' && document.hasFocus()) return;
  if (sound.checked) play();
  if (notification.checked) notify();
}

/** Nothing of a notice stays. */
export function withdraw() {
  showUnread(0);
  audio?.close();
  audio = undefined;
  for (const chosen of [sound, vibration, notification]) chosen.checked = false;
}

/** @type {AudioContext | undefined} */
let audio;

function play() {
  if (!audio) return;
  const begin = audio.currentTime;
  const loud = audio.createGain();
  loud.gain.setValueAtTime(0.15, begin);
  loud.gain.linearRampToValueAtTime(0, begin + TONE_SECONDS * TONE_HZ.length);
  loud.connect(audio.destination);
  TONE_HZ.forEach((hz, i) => {
    const tone = /** @type {AudioContext} */ (audio).createOscillator();
    tone.frequency.value = hz;
    tone.connect(loud);
    tone.start(begin + i * TONE_SECONDS);
    tone.stop(begin + (i + 1) * TONE_SECONDS);
  });
}

// A browser plays nothing before somebody has touched the page.
function tune() {
  if (sound.checked) (audio ??= new AudioContext()).resume();
}
addEventListener('pointerdown', tune);
addEventListener('keydown', tune);
sound.addEventListener('change', () => {
  tune();
  if (sound.checked) play();
});
vibration.closest('label')?.toggleAttribute('hidden', !('vibrate' in navigator));

/** @type {Notification | undefined} */
let shown;

function notify() {
  try {
    shown?.close();
    shown = new Notification(word('notified'), { tag: 'mayfly', silent: true });
    shown.onclick = () => focus();
  } catch {
    refuse('notification-missing'); // as in Chrome on Android
  }
}

notification.addEventListener('change', async () => {
  hint.textContent = '';
  if (!notification.checked) return shown?.close();
  if (!('Notification' in globalThis)) return refuse('notification-missing');
  if ((await Notification.requestPermission()) !== 'granted') refuse('notification-denied');
});

function refuse(/** @type {string} */ key) {
  notification.checked = false;
  sessionStorage.removeItem(notification.name);
  hint.textContent = word(key);
}
