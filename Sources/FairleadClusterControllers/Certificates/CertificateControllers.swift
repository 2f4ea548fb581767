package import FairleadClient
package import FairleadIdentity

/// The controllers of CertificateSigningRequests.
package enum CertificateControllers {
    package static let all: [ControllerDescriptor<Settings>] = [
        CertificateSigningController.descriptor, CertificateCleanerController.descriptor,
    ]

    /// What they need beyond their context.
    package struct Settings: Sendable {
        /// Who signs.
        package var authority: CertificateAuthority

        package init(authority: CertificateAuthority) { self.authority = authority }
    }
}
