import FairleadModel

extension Kind {
    static let limitRange = Kind(
        "LimitRange", resource: "limitranges", shortNames: ["limits"], package: "core.v1", storageHash: "EBKMFVe6cwo=",
        strategy: LimitRangeStrategy())
}
