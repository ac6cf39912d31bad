/** What the admin port shows: what those who serve tell, and what only the process that opens the ports knows. */
import { X509Certificate } from 'node:crypto';
import type { HookError } from '../hooks/hook-host.ts';
import type { CertificatePair } from '../net/certificate-choice.ts';
import type { FrameMetrics, MetricsRoom } from '../observe/metrics.ts';
import type { Serving } from './serving.ts';

export class Monitor {
  /** Reloads since the start. */
  readonly reloads: Record<'ok' | 'refused', number> = { ok: 0, refused: 0 };
  readonly #serving: Serving;
  readonly #loadMetrics: () => Promise<MetricsRoom>;
  readonly #certificates: () => readonly CertificatePair[];
  #metrics: FrameMetrics | undefined;

  /** `certificates` gives what clients are shown at the moment. */
  constructor(
    serving: Serving,
    loadMetrics: () => Promise<MetricsRoom>,
    certificates: () => readonly CertificatePair[],
  ) {
    this.#serving = serving;
    this.#loadMetrics = loadMetrics;
    this.#certificates = certificates;
  }

  /** All figures, as Prometheus wants them. */
  async metrics(): Promise<{ readonly type: string; readonly text: string }> {
    const { createFrameMetrics, exposition } = await this.#loadMetrics();
    const { figures, processes } = await this.#serving.report();
    this.#metrics ??= createFrameMetrics();
    this.#metrics.reloads(this.reloads);
    this.#metrics.certificates(this.#certificates().map(described));
    this.#metrics.processes(processes.up, processes.restarts);
    return exposition([await this.#metrics.read(), ...figures]);
  }

  /** What went wrong in the script, the latest first. */
  async errors(): Promise<readonly HookError[]> {
    return (await this.#serving.report()).errors;
  }
}

/** By its first name, which is an operator's word for it, and the type of its key. */
function described({ cert }: CertificatePair): { readonly name: string; readonly expires: number } {
  const { subject, subjectAltName, publicKey, validTo } = new X509Certificate(cert);
  const name = /(?:DNS|IP Address):([^,\s]+)/.exec(subjectAltName ?? '')?.[1] ?? subject ?? 'unnamed';
  return { name: `${name} (${publicKey.asymmetricKeyType})`, expires: Date.parse(validTo) };
}
