/// The certificate authority of the cluster, which `kube-root-ca.crt` and token Secrets contain.
///
/// The server speaks plain HTTP, so nothing is ever signed with it, and its key was destroyed when it was made (ECDSA
/// P-256, subject `kubernetes` as with kubeadm, valid until 2120). It is there for clients that load the certificates of
/// their cluster when they start, and fail without any.
enum RootCertificate {
    static let pem = """
        -----BEGIN CERTIFICATE-----
        MIIBhzCCAS2gAwIBAgIUfgP/eZ8MohPRqBecdlOAWYx3sP4wCgYIKoZIzj0EAwIw
        FTETMBEGA1UEAwwKa3ViZXJuZXRlczAgFw0yMDAxMDEwMDAwMDBaGA8yMTIwMDEw
        MTAwMDAwMFowFTETMBEGA1UEAwwKa3ViZXJuZXRlczBZMBMGByqGSM49AgEGCCqG
        SM49AwEHA0IABEs5D1bAV4IlYnZg67xLhX0kgkAKaWfLSE9sDlOqUuTxeW8dCA3e
        RrL0vR5OhaWVXB8UH6jGD2RWVwM7PoVj0nSjWTBXMA8GA1UdEwEB/wQFMAMBAf8w
        DgYDVR0PAQH/BAQDAgKkMB0GA1UdDgQWBBSCzX3sNynLPAlOX///7Uf0A6GznjAV
        BgNVHREEDjAMggprdWJlcm5ldGVzMAoGCCqGSM49BAMCA0gAMEUCIGgWQnFO3OaV
        nlh57HMhoZ+3KpkLxzmGO/2Ij8ieQLHiAiEAs0Gad/79qLIiSkAXt4Eg1D1BlV65
        CdcwlfnyFD+89qM=
        -----END CERTIFICATE-----

        """
}
