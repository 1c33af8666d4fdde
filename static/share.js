// @ts-check
// Hands the link on. The password goes another way.

import { find, word } from './page.js';

const HINT_MS = 5000; // is it shown

const hint = find('[data-copied]');
const link = /** @type {HTMLInputElement} */ (find('[data-share]'));
const invitation = /** @type {HTMLTextAreaElement} */ (find('#invitation'));
const sheet = find('[data-share-sheet]');
let fades = 0;

for (const button of /** @type {NodeListOf<HTMLButtonElement>} */ (document.querySelectorAll('[data-copy]'))) {
  const field = button.dataset.copy === 'share' ? link : invitation;
  button.hidden = false;
  button.addEventListener('click', async () => {
    hint.textContent = word((await copied(field)) ? 'copied' : 'copy-failed');
    clearTimeout(fades);
    fades = setTimeout(() => hint.replaceChildren(), HINT_MS);
  });
}

// What is unfolded in a small panel comes into view.
for (const more of document.querySelectorAll('.share-more')) {
  more.addEventListener('toggle', () => more.lastElementChild?.scrollIntoView({ block: 'nearest' }));
}

/** Browsers have no clipboard on plain http; the old command serves there. */
async function copied(/** @type {HTMLInputElement | HTMLTextAreaElement} */ field) {
  try {
    await navigator.clipboard.writeText(field.value);
    return true;
  } catch {
    const folded = field.closest('details');
    if (folded) folded.open = true;
    field.select();
    return document.execCommand('copy');
  }
}

if (navigator.share) {
  sheet.hidden = false;
  sheet.addEventListener('click', () => {
    navigator.share({ text: invitation.value }).catch(() => {}); // closed without sharing
  });
}
