package import FairleadModel

extension CertificateAuthority {
    private static let certificateFile = "ca.crt"
    private static let keyFile = "ca.key"
    /// An authority with less than this left is renewed at the next start.
    private static let renewalMargin: Double = 2 * 365 * 86_400

    /// The authority that a folder keeps; a new one at the first start. One that is about to expire gets a new
    /// certificate for the same key, so that what it has signed stays valid.
    ///
    /// - Parameter folder: nil to keep nothing.
    package static func open(in folder: KeyFolder?, at now: Timestamp) throws(IdentityError) -> CertificateAuthority {
        guard let folder else { return try CertificateAuthority(at: now) }
        try folder.prepare()
        let key = try folder.read(keyFile)
        let certificate = try folder.read(certificateFile)
        guard let key, let certificate else {
            guard key == nil, certificate == nil else {
                throw IdentityError(
                    "of \(keyFile) and \(certificateFile) one is missing in \(folder.path): put it back, or remove the "
                        + "other to get a new authority, which no old certificate will belong to")
            }
            let new = try CertificateAuthority(at: now)
            try folder.write(keyFile, new.keyPEM)
            try folder.write(certificateFile, new.rootPEM)
            return new
        }
        let kept = try CertificateAuthority(certificatePEM: certificate, keyPEM: key)
        guard kept.expiration.since(now) < renewalMargin else { return kept }
        let renewed = try CertificateAuthority(at: now, continuing: kept)
        try folder.write(certificateFile, renewed.rootPEM)
        return renewed
    }
}
