/** The secret by which engines learn where the desk of our own mail sink is. */
export const MAIL_DESK_SECRET = "env:CROWDPROOF_MAIL_DESK";

/** Where a step that waits for a mail asks; nobody answers where no sink was opened (the discard port). */
export const MAIL_DESK = `\${${MAIL_DESK_SECRET}:-http://127.0.0.1:9}`;
