/** Whether only the bounded part of the proof tier runs, as in `.ci/run`: fewer cases and seeds, the same assertions. */
export const isBounded = process.env.PROOF === 'bounded';
