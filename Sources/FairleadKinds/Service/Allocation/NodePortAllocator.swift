import FairleadModel

/// Node ports for one write of one Service.
///
/// A number is taken for all protocols; that the ports of one Service share it is the caller's business.
struct NodePortAllocator {
    private let context: StrategyContext
    /// Taken by this write, but in no snapshot yet.
    private var taken: Set<Int> = []
    private var highest: Int?

    init(_ context: StrategyContext) { self.context = context }

    private func isHeld(_ number: Int) -> Bool {
        taken.contains(number) || !context.snapshot.isFree(AllocationClaims.key(nodePort: number))
    }

    private mutating func record(_ number: Int) {
        taken.insert(number)
        highest = max(highest ?? number, number)
    }

    /// A dry run looks only at what is taken, not at the range.
    mutating func take(_ number: Int) throws(AllocationFailure) {
        let range = context.configuration.nodePortRange
        if !context.isDryRun, !range.contains(number) {
            throw AllocationFailure(
                message: "provided port is not in the valid range. The range of valid ports is "
                    + "\(range.lowerBound)-\(range.upperBound)")
        }
        if isHeld(number) { throw AllocationFailure(message: "provided port is already allocated") }
        record(number)
    }

    /// A dry run shows numbers beyond the range, which nobody can mistake for real ones.
    mutating func next() throws(AllocationFailure) -> Int {
        if context.isDryRun {
            let number = (highest ?? 32768) +| 1
            record(number)
            return number
        }
        let range = context.configuration.nodePortRange
        let band = AllocationBand(size: UInt128(range.count), minimum: 16, step: 32, maximum: 128)
        guard
            let offset = band.next(
                context.environment, isFree: { offset in !isHeld(range.lowerBound + Int(offset)) })
        else { throw AllocationFailure(message: "range is full") }
        let number = range.lowerBound + Int(offset)
        record(number)
        return number
    }
}
