// @ts-check
// The toolbar of the composer and its keys. What they insert is in insert.js.

import { later, loaded } from './need.js';
import { find, word } from './page.js';

const bar = find('[data-toolbar]');
const toggle = find('[data-toolbar-toggle]');
const text = /** @type {HTMLTextAreaElement} */ (find('textarea[name=html]'));
const mac = /^(Mac|iP)/.test(navigator.platform); // there Ctrl moves the cursor
const buttons = /** @type {HTMLButtonElement[]} */ ([...bar.querySelectorAll('button')]);

/** Writes this formatting around what is selected. */
async function apply(/** @type {string} */ name) {
  try {
    (loaded ?? (await later())).insert(name); // at once, if it can: somebody types on
  } catch {
    find('[data-hint]').textContent = word('not-loaded');
  }
}

/** @type {Map<string, string>} */
const keys = new Map(); // "Shift+X" -> "strike"

for (const button of buttons) {
  const { insert, keys: short = '' } = button.dataset;
  // The cursor stays in the text, and so does the keyboard of a phone.
  button.addEventListener('mousedown', (event) => event.preventDefault());
  if (!insert) continue;
  keys.set(short, insert);
  button.title = `${button.ariaLabel} (${mac ? '⌘' : 'Ctrl+'}${short})`;
  button.setAttribute('aria-keyshortcuts', `${mac ? 'Meta' : 'Control'}+${short}`);
  button.addEventListener('click', () => apply(insert));
}

text.addEventListener('keydown', (event) => {
  if (!(mac ? event.metaKey : event.ctrlKey) || event.altKey) return;
  // Where a layout has no such letter or digit, the key in its place counts.
  const shift = event.shiftKey ? 'Shift+' : '';
  const name = keys.get(shift + event.key.toUpperCase()) ?? keys.get(shift + event.code.replace(/^(Key|Digit)/, ''));
  if (!name) return;
  event.preventDefault();
  apply(name);
});

function show(/** @type {boolean} */ open) {
  bar.hidden = !open;
  toggle.setAttribute('aria-expanded', String(open));
}
toggle.hidden = false;
toggle.addEventListener('mousedown', (event) => event.preventDefault());
toggle.addEventListener('click', () => show(bar.hidden));
show(matchMedia('(min-width: 60rem)').matches);

/** Has a picture taken in when somebody chooses one. */
export function onPicture(/** @type {(file: File) => void} */ take) {
  const file = /** @type {HTMLInputElement} */ (find('[data-picture-file]'));
  find('[data-picture-choose]').addEventListener('click', () => file.click());
  file.addEventListener('change', () => {
    if (file.files?.[0]) take(file.files[0]);
    file.value = '';
  });
}
