/** What an operator writes, once it is valid (schema.ts); what follows from it is the configuration (config.ts). */
import type { RefusedWords } from '../rewrite/refused.ts';
import type { CertificateFiles, Ciphers, Config, Hooks, Limits } from './config.ts';

/** The front: `starttls` is mode 0, `tls` mode 1, `starttls-required` mode 3. */
type ListenEncryption = 'starttls' | 'tls' | 'starttls-required';

interface WrittenServer {
  readonly host: string;
  readonly port?: number | undefined;
  readonly weight: number;
  readonly servername?: string | undefined;
}

/** `proxy.yaml` with each default that stands for itself filled in; those that hang on other keys are still open. */
export interface Written {
  readonly listen?:
    | readonly {
        address: string;
        port?: number | undefined;
        encryption?: ListenEncryption | undefined;
        proxyProtocol: readonly string[];
      }[]
    | undefined;
  readonly tls: {
    readonly certificates: readonly CertificateFiles[];
    readonly minVersion: 'TLSv1.2' | 'TLSv1.3';
    readonly ciphers?: Ciphers | undefined;
  };
  readonly upstream: {
    /** Either this or `servers`. */
    readonly host?: string | undefined;
    readonly servers?: readonly WrittenServer[] | undefined;
    readonly balance: Config['upstream']['balance'];
    readonly check: Config['upstream']['check'];
    readonly port?: number | undefined;
    readonly encryption?: 'none' | 'starttls' | 'tls' | undefined;
    readonly tls: {
      readonly ca?: string | undefined;
      readonly servername?: string | undefined;
      readonly verify: boolean;
    };
    readonly connectTimeout: number;
    readonly clientAddress: Config['upstream']['clientAddress'];
  };
  readonly hooks: { readonly script?: string | undefined } & Omit<Hooks, 'script'>;
  readonly refuse: RefusedWords;
  readonly limits: Limits;
  readonly workers: number | 'auto';
  readonly watch: boolean;
  readonly log: Config['log'];
  readonly admin?: { readonly address: string; readonly port: number } | undefined;
}
