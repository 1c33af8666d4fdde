// @ts-check
// What a room does not need before somebody touches its page. It is loaded then.

export { preview } from './preview.js';
export { scaled } from './scale.js';
