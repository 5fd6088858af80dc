/** The attribute of a replayed message: the id of the quarantine document or dead letter that it comes from. */
export const REPLAY_ATTRIBUTE = 'replayOf';
