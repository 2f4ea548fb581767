import FairleadHTTP

/// Where the server listens; at least one address.
struct ListeningAddresses: Sendable {
    /// For the owner alone.
    var plain: [HTTPAddress]
    var secure: [HTTPAddress]

    /// What the cluster's own objects say: the door with TLS, if there is one.
    var served: [HTTPAddress] { secure.isEmpty ? plain : secure }
}

extension HTTPAddress {
    var secureURL: String { "https://\(description)" }
}
