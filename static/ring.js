// @ts-check
// The ways in which a notice is given: a number on the icon, a sound, a vibration,
// a notification.

import { find, option, word } from './room.js';

const VIBRATION_MS = 120;
const TONE_HZ = [660, 880];
const TONE_SECONDS = 0.12;

const hint = find('[data-notice-hint]');
const sound = option('sound');
const vibration = option('vibration');
const notification = option('notification');

/** The icon with a number on it. */
export function numbered(/** @type {number} */ n) {
  const text = n > 99 ? '99+' : String(n);
  return `data:image/svg+xml,${encodeURIComponent(
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64"><rect width="64" height="64" rx="15" fill="#f6c65b"/>` +
      `<text x="32" y="45" font-family="sans-serif" font-weight="bold" font-size="${text.length > 2 ? 26 : 38}" text-anchor="middle" fill="#2b2000">${text}</text></svg>`,
  )}`;
}

/** Says that a message has come. */
export function ring() {
  if (vibration.checked) navigator.vibrate?.(VIBRATION_MS);
  if (document.visibilityState === 'visible' && document.hasFocus()) return;
  if (sound.checked) play();
  if (notification.checked) notify();
}

/** What was to be read has been. */
export function takeBack() {
  shown?.close();
}

/** Nothing stays. */
export function silence() {
  takeBack();
  audio?.close();
  audio = undefined;
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
if (navigator.userActivation?.hasBeenActive !== false) tune();
sound.addEventListener('change', () => {
  tune();
  if (sound.checked) play();
});

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

async function ask() {
  hint.textContent = '';
  if (!notification.checked) return shown?.close();
  if (!('Notification' in globalThis)) return refuse('notification-missing');
  if ((await Notification.requestPermission()) !== 'granted') refuse('notification-denied');
}
notification.addEventListener('change', ask);
if (notification.checked && navigator.userActivation?.isActive !== false) ask(); // the touch that chose it may have loaded this

function refuse(/** @type {string} */ key) {
  notification.checked = false;
  sessionStorage.removeItem(notification.name);
  hint.textContent = word(key);
}
