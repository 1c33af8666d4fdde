// @ts-check
// What everybody chooses for themselves. It is kept by the tab alone, so that a
// reload keeps it.

import { find } from './page.js';

for (const option of /** @type {NodeListOf<HTMLInputElement>} */ (document.querySelectorAll('[data-option]'))) {
  option.checked = sessionStorage.getItem(option.name) !== null;
  option.addEventListener('change', () => {
    if (option.checked) sessionStorage.setItem(option.name, '');
    else sessionStorage.removeItem(option.name);
  });
}
for (const part of document.querySelectorAll('[data-scripted]')) /** @type {HTMLElement} */ (part).hidden = false;

option('vibration').closest('label')?.toggleAttribute('hidden', !('vibrate' in navigator));

/** The checkbox of an option. */
export function option(/** @type {string} */ name) {
  return /** @type {HTMLInputElement} */ (find(`[data-option][name="${name}"]`));
}
