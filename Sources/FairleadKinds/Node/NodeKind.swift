import FairleadModel

extension Kind {
    static let node = Kind(
        "Node", resource: "nodes", shortNames: ["no"], isNamespaced: false,
        subresources: [.proxy("NodeProxyOptions"), .status("Node")], package: "core.v1", storageFolder: "minions",
        storageHash: "XwShjMxG9Fs=", strategy: NodeStrategy(), columns: .nodes)
}
