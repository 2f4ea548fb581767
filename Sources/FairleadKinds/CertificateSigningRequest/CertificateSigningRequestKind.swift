import FairleadModel

extension Kind {
    static let certificateSigningRequest = Kind(
        "CertificateSigningRequest", group: "certificates.k8s.io", resource: "certificatesigningrequests",
        shortNames: ["csr"], isNamespaced: false,
        subresources: [.part("approval", "CertificateSigningRequest"), .status("CertificateSigningRequest")],
        package: "certificates.v1", storageHash: "95fRKMXA+00=", strategy: CertificateSigningRequestStrategy(),
        columns: TablePrinter([
            .name, .age, TableColumn("SignerName"), TableColumn("Requestor"), TableColumn("RequestedDuration"),
            TableColumn("Condition"),
        ]) { subject in
            let seconds = subject["spec", "expirationSeconds"]?.int
            return [
                subject.name, subject.age, subject.text("spec", "signerName", or: "<none>"),
                subject.text("spec", "username"),
                .string(seconds.map { HumanDuration.text(Double($0)) } ?? "<none>"),
                .string(CertificateSigningRequestStrategy.state(of: subject.object)),
            ]
        })
}
