// What a bench was asked that makes no sense: the message is all that is printed, with the usage, and the exit code is 2.

export class UsageError extends Error {}
