// @ts-check
// What a page needs only after a touch, or for what not every talk has: unread
// messages, media, great length. Any touch loads it, so that it is there when the
// line is not.

/** @typedef {typeof import('./later.js')} Later */

/** @type {Later | undefined} */
export let loaded;
/** @type {Promise<Later> | undefined} */
let loading;
let tries = 0;

/** Loads it, if that was not done yet. */
export function later() {
  // Browsers may keep a failure for an address, as they keep a module.
  const address = tries === 0 ? './later.js' : `./later.js?${tries}`;
  loading ??= import(address).then(
    (parts) => (loaded = parts),
    (error) => {
      tries++;
      loading = undefined;
      throw error;
    },
  );
  return loading;
}
for (const touch of ['pointerdown', 'keydown']) addEventListener(touch, () => loaded ?? later().catch(() => {}));
