/** Where a client connects and how: the same description for Dovecot itself and for a port of the proxy. */

export interface Endpoint {
  /** A name that the certificate carries. */
  readonly host: string;
  readonly port: number;
  readonly security: 'none' | 'starttls' | 'tls';
  /** Absolute path of the PEM file of the authority to trust. */
  readonly ca: string;
}

export interface Account {
  readonly user: string;
  readonly password: string;
}
