import X509

/// What a certificate may be used for, by the names of certificates.k8s.io.
package struct CertificateUsages: Sendable {
    let key: KeyUsage
    let extended: [ExtendedKeyUsage.Usage]

    /// - Throws: if one of the names is unknown.
    package init(_ names: [String]) throws(IdentityError) {
        var key = KeyUsage()
        var extended: [ExtendedKeyUsage.Usage] = []
        var unknown: [String] = []
        for name in names {
            if let change = Self.keyUsages[name] {
                change(&key)
            } else if let usage = Self.extendedUsages[name] {
                if !extended.contains(usage) { extended.append(usage) }
            } else {
                unknown.append(name)
            }
        }
        guard unknown.isEmpty else {
            throw IdentityError("unrecognized usage values: [\(unknown.joined(separator: " "))]")
        }
        self.key = key
        // The order of their object identifiers, whatever the request's: certificates are the same then.
        self.extended = Self.order.compactMap { name in
            Self.extendedUsages[name].flatMap { extended.contains($0) ? $0 : nil }
        }
    }

    private static let keyUsages: [String: @Sendable (inout KeyUsage) -> Void] = [
        "signing": { $0.digitalSignature = true },
        "digital signature": { $0.digitalSignature = true },
        "content commitment": { $0.nonRepudiation = true },
        "key encipherment": { $0.keyEncipherment = true },
        "key agreement": { $0.keyAgreement = true },
        "data encipherment": { $0.dataEncipherment = true },
        "cert sign": { $0.keyCertSign = true },
        "crl sign": { $0.cRLSign = true },
        "encipher only": { $0.encipherOnly = true },
        "decipher only": { $0.decipherOnly = true },
    ]

    private static let order = [
        "any", "server auth", "client auth", "code signing", "email protection", "ipsec end system", "ipsec tunnel",
        "ipsec user", "timestamping", "ocsp signing", "microsoft sgc", "netscape sgc",
    ]

    private static let extendedUsages: [String: ExtendedKeyUsage.Usage] = [
        "any": .any,
        "server auth": .serverAuth,
        "client auth": .clientAuth,
        "code signing": .codeSigning,
        "email protection": .emailProtection,
        "s/mime": .emailProtection,
        "ipsec end system": .init(oid: [1, 3, 6, 1, 5, 5, 7, 3, 5]),
        "ipsec tunnel": .init(oid: [1, 3, 6, 1, 5, 5, 7, 3, 6]),
        "ipsec user": .init(oid: [1, 3, 6, 1, 5, 5, 7, 3, 7]),
        "timestamping": .timeStamping,
        "ocsp signing": .ocspSigning,
        "microsoft sgc": .init(oid: [1, 3, 6, 1, 4, 1, 311, 10, 3, 3]),
        "netscape sgc": .init(oid: [2, 16, 840, 1, 113730, 4, 1]),
    ]
}
