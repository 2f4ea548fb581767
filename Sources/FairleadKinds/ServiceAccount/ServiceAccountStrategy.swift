import FairleadModel

/// The rules of ServiceAccounts: only the metadata are checked.
struct ServiceAccountStrategy: ResourceStrategy {
    func prepareForUpdate(_ object: inout Value, old: Value, _ context: StrategyContext) {}
    let answersDeletedObject = true
}
