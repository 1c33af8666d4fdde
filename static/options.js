// @ts-check
// What everybody chooses for themselves. It is kept by the tab alone, so that a
// reload keeps it.

for (const option of /** @type {NodeListOf<HTMLInputElement>} */ (document.querySelectorAll('[data-option]'))) {
  option.checked = sessionStorage.getItem(option.name) !== null;
  option.addEventListener('change', () => {
    if (option.checked) sessionStorage.setItem(option.name, '');
    else sessionStorage.removeItem(option.name);
  });
}
for (const part of document.querySelectorAll('[data-scripted]')) /** @type {HTMLElement} */ (part).hidden = false;

option('vibration').closest('label')?.toggleAttribute('hidden', !('vibrate' in navigator));

/**
 * The checkbox of an option.
 * @param {string} name
 * @returns {HTMLInputElement}
 */
export function option(name) {
  const found = document.querySelector(`[data-option][name="${name}"]`);
  if (!(found instanceof HTMLInputElement)) throw new Error(`the page has no option ${name}`);
  return found;
}
