package import FairleadModel
import SwiftASN1
import X509

/// Certificates as PEM texts, as clients write them into objects.
package enum CertificateText {
    /// Why these bytes are no certificates, in Kubernetes' words; nil if they are, or there are none.
    package static func fault(in bytes: [UInt8]) -> String? {
        if bytes.isEmpty { return nil }
        let blocks = PEMText.blocks(in: String(decoding: bytes, as: UTF8.self))
        for block in blocks {
            guard let document = try? PEMDocument(pemString: block) else { continue }  // as Go's decoder skips it
            guard document.discriminator == Certificate.defaultPEMDiscriminator else {
                return "only CERTIFICATE PEM blocks are allowed, found \(document.discriminator.goQuoted)"
            }
            // Why it is none is put in other words by each library.
            if (try? Certificate(pemDocument: document)) == nil { return "x509: malformed certificate" }
        }
        return blocks.isEmpty ? "must contain at least one CERTIFICATE PEM block" : nil
    }

    /// When the first certificate expires; nil if there is none that can be read.
    package static func expiration(of bytes: [UInt8]) -> Timestamp? {
        guard let block = PEMText.blocks(in: String(decoding: bytes, as: UTF8.self)).first else { return nil }
        return (try? Certificate(pemEncoded: block)).map { Timestamp($0.notValidAfter) }  // else: none that can be read
    }
}
