import FairleadModel

/// The rules of ServiceAccounts: the metadata are all that is checked.
struct ServiceAccountStrategy: ResourceStrategy {
    func prepareForUpdate(_ object: inout Value, old: Value, _ context: StrategyContext) {}
    let answersDeletedObject = true
}
