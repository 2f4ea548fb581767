import FairleadModel

/// The rules of ServiceAccounts: only the metadata are checked.
struct ServiceAccountStrategy: ResourceStrategy {
    func prepareForCreate(_ object: inout Value, _ context: StrategyContext) { Self.cleanReferences(&object) }

    func prepareForUpdate(_ object: inout Value, old: Value, _ context: StrategyContext) {
        Self.cleanReferences(&object)
    }

    /// Of references to Secrets only the names are kept.
    private static func cleanReferences(_ object: inout Value) {
        guard let secrets = object["secrets"]?.array else { return }
        object["secrets"] = .array(secrets.map { $0["name"].map { ["name": $0] } ?? [:] })
    }

    let answersDeletedObject = true
}
