// @ts-check
// Hands the link on. The password goes another way.

import { find, word } from './page.js';

const hint = find('[data-copy-hint]');
const link = /** @type {HTMLInputElement} */ (find('[data-share]'));
const invitation = /** @type {HTMLTextAreaElement} */ (find('#invitation'));
const sheet = find('[data-share-sheet]');

for (const button of /** @type {NodeListOf<HTMLButtonElement>} */ (document.querySelectorAll('[data-copy]'))) {
  const field = button.dataset.copy === 'share' ? link : invitation;
  const name = button.textContent;
  let back = 0;
  button.hidden = false;
  button.addEventListener('click', async () => {
    const done = await copied(field);
    hint.textContent = word(done ? 'copied' : 'copy-failed');
    if (!done) return;
    button.textContent = word('copied');
    clearTimeout(back);
    back = setTimeout(() => {
      button.textContent = name;
    }, 2000);
  });
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
