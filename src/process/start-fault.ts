/** A fault that keeps the proxy from starting, said for the operator. */
export class StartFault extends Error {}
