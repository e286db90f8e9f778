import { X509Certificate } from 'node:crypto';
import { FileError } from '@mandate/ports';

/** For a file of one or several certificates (PEM), as {@link watchFile} wants it: the text itself. @throws FileError */
export function parseCertificates(text: string): string {
  const certificates = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  if (certificates.length === 0) throw new FileError(['has no PEM certificate']);
  certificates.forEach((pem, index) => {
    try {
      new X509Certificate(pem);
    } catch {
      throw new FileError([`certificate ${index + 1} cannot be read`]);
    }
  });
  return text;
}
