import FairleadModel

/// Allocates the node ports for one write of one Service.
///
/// A number is taken for all protocols; it is up to the caller to let ports of one Service share it.
struct NodePortAllocator {
    private let context: StrategyContext
    /// Taken by this write, but not in any snapshot yet.
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

    /// A dry run checks only whether the port is taken, not the range.
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

    /// A dry run shows numbers outside the usual range, which cannot be mistaken for real ones.
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
