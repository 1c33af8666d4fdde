// @ts-check
// What a page does not need before somebody touches it. It is loaded then, so that
// it is there when the line is not.

/** @type {typeof import('./later.js') | undefined} */
export let loaded;
export const later = async () => (loaded ??= await import('./later.js'));
for (const touch of ['pointerdown', 'keydown']) addEventListener(touch, () => later().catch(() => {}), { once: true });
