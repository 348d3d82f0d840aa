/** Subscribe to the events of Loanstream. */

export { fromEnvironment } from "./connection.js";
export { Continuity, Gap, Remade } from "./continuity.js";
export { eventOf, IDENTITY_TYPE } from "./envelope.js";
export type { Envelope, EventRecord, GenericEvent, KnownEvent, LoanstreamEvent } from "./envelope.js";
export * from "./generated/events.js";
export { checkIdempotent } from "./idempotency.js";
export { FilePositions, MemoryPositions, placeOf } from "./positions.js";
export type { Identity, Position, Positions } from "./positions.js";
export { replay } from "./recordings.js";
export { subscribe } from "./subscription.js";
export type { Context, SubscribeOptions } from "./subscription.js";
export { EVENT_TYPES, faultOf } from "./validation.js";
