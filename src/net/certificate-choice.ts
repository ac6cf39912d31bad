/**
 * Which certificates a client is shown: those that have the name which it asks for, one for each type of key, so that
 * TLS can go on with one that the client can verify. The one thing that always holds: whatever a client asks for, or
 * does not, it is shown a certificate.
 */
import { X509Certificate } from 'node:crypto';

/** A certificate chain and its key, PEM. */
export interface CertificatePair {
  readonly cert: string | Buffer;
  readonly key: string | Buffer;
}

export interface CertificateChoice {
  /** Pairs that are shown side by side, with a type of key of its own each. The first is for clients that name no host. */
  readonly sets: readonly (readonly CertificatePair[])[];
  /** The place in `sets` for the name that a client asks for (RFC 6066 §3), in upper or lower case. */
  placeFor(servername: string): number;
}

/** The exact name goes before a wildcard; among those alike, the one that comes first in `pairs`, of which there is one. */
export function chooseCertificates(pairs: readonly CertificatePair[]): CertificateChoice {
  const certificates = pairs.map(({ cert }) => new X509Certificate(cert));
  const names = certificates.map(namesOf);
  const types = certificates.map(({ publicKey }) => publicKey.asymmetricKeyType);

  const withName = (name: string): number[] =>
    [...names.keys()].filter((place) => names[place]?.includes(name));
  const covering = (name: string): number[] => [...withName(name), ...withName(wildcardFor(name))];
  const oneOfEachType = (places: readonly number[]): number[] =>
    places.filter((place, index) => places.findIndex((earlier) => types[earlier] === types[place]) === index);

  const sets = new Map<string, number[]>();
  const placeOf = (places: readonly number[]): number => {
    const chosen = oneOfEachType(places);
    const key = chosen.toSorted((a, b) => a - b).join();
    if (!sets.has(key)) sets.set(key, chosen);
    return [...sets.keys()].indexOf(key);
  };
  placeOf([0, ...(names[0] ?? []).flatMap(covering)]);
  const places = new Map([...new Set(names.flat())].map((name) => [name, placeOf(covering(name))]));

  return {
    sets: [...sets.values()].map((set) => set.map((place) => pairs[place]!)),
    placeFor(servername) {
      const wanted = servername.toLowerCase();
      return places.get(wanted) ?? places.get(wildcardFor(wanted)) ?? 0;
    },
  };
}

/** RFC 6125 §6.4.3: a wildcard stands for one whole leftmost label. */
function wildcardFor(name: string): string {
  const dot = name.indexOf('.');
  return dot > 0 ? `*${name.slice(dot)}` : '';
}

/**
 * In lower case. Addresses are among them, for some clients ask for one; the common name counts only where there are
 * no others (RFC 6125 §6.4.4).
 */
function namesOf({ subject, subjectAltName }: X509Certificate): string[] {
  const alternative = [...(subjectAltName ?? '').matchAll(/(?:DNS|IP Address):([^,\s]+)/g)];
  const found = alternative.length > 0 ? alternative : [...(subject ?? '').matchAll(/^CN=(\S+)$/gm)];
  return found.map((match) => match[1]!.toLowerCase());
}
