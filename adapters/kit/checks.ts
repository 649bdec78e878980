import { PortError } from '../../ports/index.ts';

const invalid = (message: string) => new PortError('INVALID_ARGUMENT', message);

/** Bounds shared by the ports, checked in one place so that every adapter refuses the same input with the same words. */
export function checkInteger(name: string, value: number, min: number, max: number): void {
  if (!Number.isSafeInteger(value) || value < min || value > max) throw invalid(`${name} must be an integer from ${min} to ${max}`);
}

export function checkText(name: string, value: string, bytesMax: number): void {
  const bytes = Buffer.byteLength(value);
  if (bytes < 1 || bytes > bytesMax) throw invalid(`${name} must be 1 to ${bytesMax} bytes`);
}

export function checkAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new PortError('CANCELLED', 'the caller gave up', { cause: signal.reason });
}
