/** The public face of the wire. */
export { argumentsStandApart } from './argument-ends.ts';
export { type Astring, readAstring, skipParenthesised } from './astring.ts';
export * from './bytes.ts';
export {
  beginsCapabilities,
  type CapabilitySpan,
  capabilityWords,
  findCapabilities,
  splitWords,
} from './capability.ts';
export { type CommandHead, readCommandHead, readListArguments, readTag } from './command.ts';
export type { LineMarks, LineTest } from './complete-lines.ts';
export { type WireFault, type WireFaultCode, wireFault } from './errors.ts';
export { Framer, type Sender } from './framer.ts';
export * as wireLimits from './limits.ts';
export { isListVerb, type ListResponse, readListResponse } from './list.ts';
export { asSynchronising, type Literal, readLiteralMark } from './literal.ts';
export {
  fullVerb,
  type MailboxArguments,
  quoted,
  readMailboxArguments,
} from './mailbox-arguments.ts';
export { canonicalName, decodeMailboxName, encodeMailboxName } from './mailbox-name.ts';
export { replaceStrings, startOfOpenString } from './quoted-strings.ts';
export { isStatusWord, type ResponseHead, readResponseCode, readResponseHead } from './response.ts';
export type { FaultSegment, LineSegment, LiteralSegment, Segment, Unfinished } from './segment.ts';
